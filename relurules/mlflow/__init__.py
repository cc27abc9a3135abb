"""Rules as models of MLflow: logged with their SQL, document, certificate and rules file, loaded as
rules, or by `mlflow.pyfunc` as any other model. Nothing is pickled.

    rr.mlflow.log_model(rules, "risk", certificate=certificate)
    rules = rr.mlflow.load_model("models:/m-0123")
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from relurules.codec.any_rules import format_any_rules, load_any_rules
from relurules.domain.columns import Column, list_table_columns
from relurules.emitting.dbt.unit_rows import choose_unit_rows
from relurules.emitting.request import EmitOptions
from relurules.emitting.sql.outputs import OutputColumn
from relurules.errors import DataError, UnsupportedError
from relurules.files.version import VERSION
from relurules.files.writing import write_all
from relurules.ir import AdditiveRules, Certificate, RuleSet
from relurules.pipeline.artefacts import emit_rules

if TYPE_CHECKING:
    import pandas as pd

_RULES, _FOLDER = "rules.json", "rules"
#: What MLflow imports to load a model.
_LOADER = "relurules.mlflow"
#: What we say to MLflow ourselves.
_OWN = ("loader_module", "data_path", "python_model", "artifacts", "signature")


def log_model(
    rules: RuleSet | AdditiveRules,
    name: str = "rules",
    *,
    certificate: Certificate | None = None,
    input_example: Any = None,
    sql: Mapping[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Log rules in the run of MLflow that is active, or a new one; MLflow's ModelInfo.

    certificate: what `prove` gave for these rules. input_example: rows of the table, a frame; None
    for three made up in the domain. sql: dialect, table and key of score.sql, as `emit` has them.
    options: of `mlflow.pyfunc.log_model`. UnsupportedError without MLflow; DataError for options
    that are said here already.
    """
    pyfunc = _import_pyfunc()

    return _write(rules, certificate, input_example, sql, options,
                  lambda told: pyfunc.log_model(name=name, **told))  # fmt: skip


def save_model(
    rules: RuleSet | AdditiveRules,
    path: str | Path,
    *,
    certificate: Certificate | None = None,
    input_example: Any = None,
    sql: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """As `log_model`, into a folder that isn't there yet."""
    pyfunc = _import_pyfunc()

    _write(rules, certificate, input_example, sql, options,
           lambda told: pyfunc.save_model(path=str(path), **told))  # fmt: skip


def load_model(model_uri: str) -> RuleSet | AdditiveRules:
    """The rules of a model that was logged or saved; model_uri: as MLflow has them, or a path.

    UnsupportedError for a model of anything else.
    """
    _import_pyfunc()
    from mlflow.artifacts import download_artifacts
    from mlflow.models import Model

    folder = download_artifacts(artifact_uri=str(model_uri))
    told = Model.load(folder).flavors.get("python_function", {})
    if told.get("loader_module") != _LOADER:
        raise UnsupportedError(
            f"{model_uri} is a model of {told.get('loader_module', 'no Python function')}; "
            "supported: models that rr.mlflow.log_model logged"
        )

    return load_any_rules(Path(folder) / told["data"] / _RULES)


class RulesModel:
    """What `mlflow.pyfunc.load_model` calls: a frame of the outputs, NaN for rows without."""

    def __init__(self, rules: RuleSet | AdditiveRules) -> None:
        self.rules = rules

    def predict(self, table: Any, params: Mapping[str, Any] | None = None) -> "pd.DataFrame":  # noqa: ARG002  # MLflow gives it
        """The outputs by name, one row for each of the table."""
        import pandas as pd

        found = self.rules.predict(table)
        return pd.DataFrame(found, columns=list(self.rules.outputs)).infer_objects()


def _load_pyfunc(path: str) -> RulesModel:
    """What MLflow calls by this name; path: the folder of `_write`."""
    return RulesModel(load_any_rules(Path(path) / _RULES))


def _import_pyfunc() -> Any:
    if find_spec("mlflow") is None:
        raise UnsupportedError("rr.mlflow needs MLflow: pip install 'relurules[mlflow]'")

    import mlflow.pyfunc

    return mlflow.pyfunc


def _write(
    rules: RuleSet | AdditiveRules,
    certificate: Certificate | None,
    example: Any,
    sql: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    write: Any,
) -> Any:
    """Have MLflow write the model; write: takes its options."""
    if taken := [name for name in options if name in _OWN]:
        raise DataError(f"{taken[0]} is what rr.mlflow says itself; leave it out")

    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / _FOLDER
        write_all(folder, _list_files(rules, certificate, sql or {}))
        return write(
            {
                "pip_requirements": [f"relurules=={VERSION}"],
                **options,
                "loader_module": _LOADER,
                "data_path": str(folder),
                "signature": _make_signature(rules),
                "input_example": _make_example(rules) if example is None else example,
            }
        )


def _list_files(
    rules: RuleSet | AdditiveRules, certificate: Certificate | None, sql: Mapping[str, Any]
) -> dict[str, str | bytes]:
    """Rules file, document, SQL and certificate."""
    told = {"key": tuple(sql.get("key", ()))}
    asked = EmitOptions(**{**sql, **told})

    files: dict[str, str | bytes] = {_RULES: format_any_rules(rules)}
    files |= dict(emit_rules(rules, "html").files)
    files |= dict(emit_rules(rules, "sql", asked).files)
    if certificate is not None:
        with TemporaryDirectory() as temporary:
            path = Path(temporary) / "certificate.json"
            certificate.save(path)
            files[path.name] = path.read_bytes()

    return files


def _make_signature(rules: RuleSet | AdditiveRules) -> Any:
    """The columns of the table that are read, and the outputs."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    table = list_table_columns(rules.domain.columns)
    read = [ColSpec(_name_type(column), name) for name, column in table.items()]
    kind = rules.labels.kind if rules.tells_label and rules.labels is not None else float
    given = {str: "string", bool: "boolean", int: "long"}.get(kind, "double")

    return ModelSignature(Schema(read), Schema([ColSpec(given, name) for name in rules.outputs]))


def _name_type(column: Column) -> str:
    return "string" if any(isinstance(value, str) for value in column.lookup) else "double"


def _make_example(rules: RuleSet | AdditiveRules) -> "pd.DataFrame":
    """Three rows at most, of different rules or lines."""
    import pandas as pd

    outputs = [OutputColumn(name, "output", i) for i, name in enumerate(rules.outputs)]
    rows = choose_unit_rows(rules, outputs, outside="", missing="").given[:3]
    table = list_table_columns(rules.domain.columns)

    types = {
        name: object if _name_type(column) == "string" else float for name, column in table.items()
    }

    return pd.DataFrame(rows, columns=list(table)).astype(types)
