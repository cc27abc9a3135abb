"""Symbolic rule extraction from ReLU/PReLU networks: exact rules, SQL, Python and C.

    import relurules as rr

    rules = rr.extract(model, data=frame)      # trained network -> rules
    # text, markdown, html, latex, sql, python, numpy, c, javascript, bigquery, java, csharp, onnx,
    # pmml, dbt
    print(rr.emit(rules, "text"))
    rr.verify(rr.emit(rules, "sql"), model, frame)

Nothing heavy is imported before it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from relurules.files.version import VERSION

if TYPE_CHECKING:
    from relurules import mlflow as mlflow
    from relurules.api import (
        add_evidence,
        ask,
        check,
        check_answer,
        count,
        diff,
        document,
        edit,
        emit,
        explain,
        extract,
        fit,
        linearize,
        load,
        monitor,
        monitor_sql,
        partition,
        plot,
        prove,
        prove_answer,
        reached,
        read_batches,
        score,
        scorecard,
        stream,
        trace,
        validate,
        verify,
        write_vnnlib,
    )
    from relurules.domain import Domain
    from relurules.errors import RelurulesError
    from relurules.ir import AdditiveRules, Certificate, RuleSet
    from relurules.proofs.read_back import check_artifact
    from relurules.rounding import bound_rounding
    from relurules.training.estimators import ReLURulesClassifier, ReLURulesRegressor

__version__ = VERSION

#: Public name -> module that defines it.
_HOME = {
    "AdditiveRules": "ir",
    "Certificate": "ir",
    "Domain": "domain",
    "ReLURulesClassifier": "training.estimators",
    "ReLURulesRegressor": "training.estimators",
    "RelurulesError": "errors",
    "RuleSet": "ir",
    "add_evidence": "api",
    "ask": "api",
    "bound_rounding": "rounding",
    "check": "api",
    "check_answer": "api",
    "check_artifact": "proofs.read_back",
    "count": "api",
    "diff": "api",
    "document": "api",
    "edit": "api",
    "emit": "api",
    "explain": "api",
    "extract": "api",
    "fit": "api",
    "linearize": "api",
    "load": "api",
    "monitor": "api",
    "monitor_sql": "api",
    "partition": "api",
    "plot": "api",
    "prove": "api",
    "prove_answer": "api",
    "reached": "api",
    "read_batches": "api",
    "score": "api",
    "scorecard": "api",
    "stream": "api",
    "trace": "api",
    "validate": "api",
    "verify": "api",
    "write_vnnlib": "api",
}

__all__ = [
    "AdditiveRules",
    "Certificate",
    "Domain",
    "ReLURulesClassifier",
    "ReLURulesRegressor",
    "RelurulesError",
    "RuleSet",
    "__version__",
    "add_evidence",
    "ask",
    "bound_rounding",
    "check",
    "check_answer",
    "check_artifact",
    "count",
    "diff",
    "document",
    "edit",
    "emit",
    "explain",
    "extract",
    "fit",
    "linearize",
    "load",
    "monitor",
    "monitor_sql",
    "partition",
    "plot",
    "prove",
    "prove_answer",
    "reached",
    "read_batches",
    "score",
    "scorecard",
    "stream",
    "trace",
    "validate",
    "verify",
    "write_vnnlib",
]


def __dir__() -> list[str]:
    """The public names, which are imported when they are asked for."""
    return sorted({*globals(), *__all__} - {"Any", "TYPE_CHECKING", "import_module"})


def __getattr__(name: str) -> Any:
    if name == "mlflow":  # a module, which needs a package of its own
        return import_module("relurules.mlflow")
    if name not in _HOME:
        raise AttributeError(f"module 'relurules' has no attribute {name!r}")
    return getattr(import_module(f"relurules.{_HOME[name]}"), name)
