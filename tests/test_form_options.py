"""Options of `extract` that one form has no use for: an error, or a warning where nothing was to be
done; what documents and code call lines that were fitted; what documents answer.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from additive_models import make_additive
from handmade import graph, layered
from typer.testing import CliRunner

import relurules as rr
from relurules.cli.main import app
from relurules.errors import UnsupportedError, UnusedOptionWarning
from relurules.pipeline.form_options import OPTION_USES
from relurules.training.estimators import ReLURulesRegressor

BOX = rr.Domain.box([-2, -1], [1, 3], ["a", "b"])


@pytest.mark.parametrize("option", [{"checkpoint": "state.npz"}, {"decision": 0.0}])
def test_lines_refuse_what_they_have_no_use_for(option: dict[str, object]) -> None:
    (name,) = option
    with pytest.raises(UnsupportedError, match=rf"{name} with form='additive'.*form='partition'"):
        rr.extract(graph(layered(0, 2, (4,), 1)), domain=BOX, form="additive", **option)
    assert not OPTION_USES[name].groups


@pytest.mark.parametrize(
    "option", [{"max_regions": 5}, {"memory_limit": 1.0}, {"jobs": 2}, {"solver": "highs"}]
)
def test_options_of_a_search_say_that_nothing_is_searched(option: dict[str, object]) -> None:
    (name,) = option
    with pytest.warns(UnusedOptionWarning, match=f"{name}: of no use here"):
        rr.extract(graph(layered(0, 2, (4,), 1)), domain=BOX, form="additive", **option)


def test_options_of_a_search_are_for_groups() -> None:
    deep = graph(layered(0, 2, (3, 2), 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rr.extract(deep, domain=BOX, form="additive", max_regions=500, solver="highs")
        assert found.groups
        rr.extract(graph(layered(0, 2, (4,), 1)), domain=BOX, form="additive", time_limit=60.0)


def test_the_command_line_says_so_too(tmp_path: Path) -> None:
    rules, frame = make_additive("score")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    estimator = ReLURulesRegressor(form="additive", max_rules=2, random_state=0)
    estimator.fit(frame[["income", "debt"]], frame["age"])
    model = tmp_path / "model.json"
    from relurules.tracing.model_weights import format_model_json

    model.write_text(format_model_json(rr.trace(estimator)), encoding="utf-8")
    asked = ["extract", str(model), "--data", str(tmp_path / "rows.csv"), "--form", "additive"]
    asked += ["--out", str(tmp_path / "rules.json")]
    said = CliRunner().invoke(app, [*asked, "--max-regions", "9"])
    assert said.exit_code == 0, said.output
    assert "note: max_regions: of no use here" in said.output
    refused = CliRunner().invoke(app, [*asked, "--checkpoint", str(tmp_path / "state")])
    assert isinstance(refused.exception, UnsupportedError)
    assert rules.complete


def test_fitted_lines_are_no_network(tmp_path: Path) -> None:
    _, frame = make_additive("score")
    X, y = frame[["income", "debt"]], frame["age"]
    estimator = ReLURulesRegressor(form="additive", max_rules=2, random_state=0).fit(X, y)
    rules = rr.extract(estimator, data=X, form="additive")
    rules.save(tmp_path / "rules.json")
    assert json.loads((tmp_path / "rules.json").read_text())["provenance"]["fitted"] is True

    loaded = rr.load(tmp_path / "rules.json")
    for target in ("markdown", "text", "python", "sql", "c"):
        for said in (loaded, loaded.to_partition()):
            text = "\n".join(rr.emit(said, target).files.values()).lower()
            assert "fitted" in text or target == "sql", target
            assert "trained neural network answers" not in text
            assert "network as traced" not in text
            assert "network itself" not in text
            assert "the network had" not in text


def test_networks_are_called_so() -> None:
    rules = rr.extract(graph(layered(0, 2, (4,), 1)), domain=BOX, form="additive")
    assert not rules.provenance.fitted
    assert "what a trained neural network answers" in str(rr.emit(rules, "markdown"))
    assert "The lines are the network itself" in str(rr.emit(rules, "text"))


@pytest.mark.parametrize("link", ["score", "two"])
def test_documents_of_lines_answer_what_those_of_rules_do(link: str) -> None:
    rules, frame = make_additive(link, hidden=(4,))
    page = str(rr.emit(rules, "markdown"))
    asked = rr.ask(rules, "range", output=rules.outputs[0])
    assert "## Questions" in page
    assert asked.statement.split(",")[0].replace("_", "\\_") in page
    assert "goes with every number column" in page
    values = rules.predict_numbers(frame)
    assert np.isfinite(values).all()
