"""score.pmml in JPMML-Evaluator, beside the rules: every link, strange columns, and rows that fight
back.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from engines_apart import CHECK_SCHEMA, PmmlServer, open_jpmml, run_apart
from handmade import graph, layered, network, random_network, rules_of
from hostile_additive import HEADS, make_hostile, make_rows
from sklearn.neural_network import MLPClassifier
from test_raw_columns import NAME, make_text_rules
from tied_reasons import make_tied_reasons

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.emitting.pmml.links import PRINTERS
from relurules.errors import InputError, UnsupportedError
from relurules.ir import AdditiveRules, Artifact, Head, RuleSet
from relurules.links.table import LINKS
from relurules.verifying import engines


@pytest.fixture(scope="module")
def jpmml() -> Iterator[PmmlServer]:
    with open_jpmml() as server:
        yield server


@pytest.fixture(autouse=True)
def engine(jpmml: PmmlServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """`verify` runs PMML while a test does."""
    monkeypatch.setitem(engines.ENGINES, "jpmml", engines.Engine(jpmml.run, "pmml"))  # type: ignore[arg-type]


def keep_small(rows: pd.DataFrame) -> pd.DataFrame:
    """Without rows whose sums overflow: JPMML refuses to compute with what is infinite."""
    numbers = rows.select_dtypes("number")
    return rows[~((numbers.abs() > 1e300) & np.isfinite(numbers)).any(axis=1)]


@pytest.mark.parametrize("link", list(HEADS))
def test_hostile_lines(link: str) -> None:
    """Kinks, one ulp beside bounds, far outside, missing, infinite, unknown."""
    for groups, ways in (((), ("null", "exact")), ((2, 3), ("clamp",))):
        rules = make_hostile(link, seed=3, groups=groups)
        given = ("outputs", "class") if link in ("two", "pair") else ("outputs",)
        for outside in ways:
            rows = make_rows(rules, count=20)
            artifact = rr.emit(rules, "pmml", outside=outside, columns=given)
            assert (artifact.form, artifact.outside) == ("lines", outside)
            report = rr.verify(artifact, rules, keep_small(rows) if outside == "exact" else rows)
            assert report, (outside, report)
            assert report.relative < 1e-12


def make_rules() -> RuleSet:
    """A network over an age, a column of strange texts, and one of codes."""
    return make_text_rules(["it's", 'a "b"', "ünï", "<&>", "a--b"], 12)


def make_table(rules: RuleSet) -> pd.DataFrame:
    known = [v for v in rules.domain.columns[1].lookup if v is not None]
    ages = [30.0, None, 99.0, float(np.nextafter(99.0, 100.0)), 17.0, np.inf]
    rows = [
        (ages[i % len(ages)], value, rank)
        for i, (value, rank) in enumerate(
            (v, r) for v in [*known, None, "unknown", "IT'S"] for r in [1.0, 2.0, 3.5, 9.0, None]
        )
    ]
    return pd.DataFrame(rows, columns=["age", NAME, "rank"]).astype({NAME: object})


@pytest.fixture(scope="module")
def partition() -> RuleSet:
    return make_rules()


@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_texts_codes_and_missing_values_in_every_form(form: str, partition: RuleSet) -> None:
    rows = make_table(partition)
    for outside in ("null", "clamp"):
        told = ("rule", "contributions", "reasons")[: 1 + 2 * (form == "rules")]
        columns = ("outputs",) if form == "network" else ("outputs", *told)
        artifact = rr.emit(partition, "pmml", form=form, outside=outside, columns=columns)
        assert rr.verify(artifact, partition, rows)


def test_the_network_goes_on_outside_the_domain(partition: RuleSet) -> None:
    artifact = rr.emit(partition, "pmml", outside="exact", columns=("outputs",))
    assert artifact.form == "network"
    rows = make_table(partition)
    report = rr.verify(artifact, partition, rows)
    assert report
    assert 0 < report.outside < int((partition.apply(rows) == 0).sum())


def test_rows_on_thresholds_and_beside_them() -> None:
    """Every bound of one column, and the doubles next to it, meet one rule in every form."""
    domain = rr.Domain.box([-2, -2], [2, 2])
    net = network(np.eye(2)[[0, 0, 1]], [0.3, -0.7, 0.1], [[1.0, -2.0, 0.5]])
    rules = rr.extract(graph(net), domain=domain)
    kinks = np.array([-0.3, 0.7, -0.1, 2.0, -2.0])
    near = [*kinks, *np.nextafter(kinks, np.inf), *np.nextafter(kinks, -np.inf)]
    X = np.array([(a, b) for a in near for b in near[::3]] + [(3.0, 0.0), (np.nan, 0.0)])
    for form in ("rules", "tree"):
        for columns in (("outputs",), ("outputs", "rule")):
            artifact = rr.emit(rules, "pmml", form=form, columns=columns)
            assert rr.verify(artifact, rules, X)


def test_incomplete_rules_leave_rows_without_results(jpmml: PmmlServer) -> None:
    rng = np.random.default_rng(1)
    domain = rr.Domain.box([-3, -3], [3, 3])
    rules = rr.extract(graph(random_network(8, d=2, K=8)), domain=domain, max_regions=3)
    assert not rules.complete
    X = rng.uniform(-3, 3, (60, 2))
    expected = rules.predict(X)[:, 0]
    assert 0 < np.isnan(expected).sum() < 60
    for form in ("rules", "tree"):
        artifact = rr.emit(rules, "pmml", form=form, columns=("outputs", "rule"))
        table = dict(zip(domain.names, X.T.tolist(), strict=True))
        found = [row[rules.outputs[0]] for row in jpmml.evaluate(artifact, table)]
        assert [value is None for value in found] == np.isnan(expected).tolist()
        given = np.array([np.nan if value is None else value for value in found])
        assert np.allclose(given, expected, rtol=1e-12, equal_nan=True)
    with pytest.raises(UnsupportedError, match="a part of the domain alone"):
        rr.emit(rules, "pmml", form="network", columns=("outputs",), outside="null")


def test_contributions_and_scores_are_those_of_the_rules() -> None:
    for groups in ((), (2,)):
        rules = make_hostile("two", seed=5, groups=groups)
        artifact = rr.emit(rules, "pmml", columns=("outputs", "score", "contributions", "reasons"))
        rows = make_rows(rules, count=20)
        assert rr.verify(artifact, rules, rows)
        assert not rr.verify(artifact, make_hostile("two", seed=6, groups=groups), rows)


@pytest.mark.parametrize("form", ["partition", "additive"])
def test_reasons_are_those_of_python(form: str, jpmml: PmmlServer) -> None:
    """Ties, rows at the reference, on thresholds and beside them, missing values; two scores."""
    artifact, python, rows = make_tied_reasons("pmml", form)
    (_, own), (_, wanted) = (engines.run_artifact(each, rows) for each in (artifact, python))
    reasons = [name for name in wanted.extras if name.startswith("reason_")]
    assert len(reasons) == 4
    for name in reasons:
        assert list(own.extras[name]) == list(wanted.extras[name]), name


@pytest.mark.parametrize("labels", [("no", "yes"), (1, 2), (False, True)])
def test_classes_by_the_labels_of_the_model(labels: tuple[Any, ...], jpmml: PmmlServer) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = np.array([labels[int(v > 0)] for v in X[:, 0] + abs(X[:, 1])])
    model = MLPClassifier((3,), solver="lbfgs", max_iter=2000, random_state=0).fit(X, y)
    told = model.predict(X).tolist()
    for form in ("partition", "additive"):
        rules = rr.extract(model, data=X, form=form)
        artifact = rr.emit(rules, "pmml", columns=("outputs", "class"))
        table = dict(zip(rules.domain.names, X.T.tolist(), strict=True))
        assert [row["class"] for row in jpmml.evaluate(artifact, table)] == told
        assert rr.verify(artifact, model, X)


def test_the_file_says_what_it_is(tmp_path: Path, partition: RuleSet) -> None:
    artifact = rr.emit(partition, "pmml")
    (path,) = artifact.write(tmp_path)
    again = Artifact.read(path)
    assert (again.target, again.form, again.outputs) == ("pmml", "rules", partition.outputs)
    assert again.domain.columns == partition.domain.columns
    root = ElementTree.parse(path).getroot()
    assert root.attrib["version"] == "4.4"
    assert rr.emit(make_rules(), "pmml").files == artifact.files


def test_files_are_as_the_schema_has_them(tmp_path: Path, partition: RuleSet) -> None:
    lines = make_hostile("many", groups=(2,))
    made: list[tuple[Any, str | None]] = [(partition, "rules"), (partition, "tree"), (lines, None)]
    for k, (rules, form) in enumerate(made):
        columns = ("outputs", "reasons") if rules is lines else ("outputs", "rule", "reasons")
        rr.emit(rules, "pmml", form=form, columns=columns).write(tmp_path / f"{k}")
    files = [str(path) for path in sorted(tmp_path.rglob("*.pmml"))]
    assert len(files) == 3
    run_apart("lxml", [str(CHECK_SCHEMA), *files])


def test_constant_rules_and_many_lines() -> None:
    for net in (network(np.zeros((0, 2)), [], np.zeros((1, 0)), c=[5.0]), layered(3, 2, [40], 1)):
        rules = rr.extract(graph(net), domain=rr.Domain.box([0, 0], [1, 1]), form="additive")
        X = np.array([[0.5, 0.25], [2.0, 0.0], [np.nan, 0.0], [1.0, 1.0]])
        assert rr.verify(rr.emit(rules, "pmml"), rules, X)


def test_every_link_is_printed() -> None:
    assert set(PRINTERS) == set(LINKS)


@pytest.mark.parametrize("text", ["", " a", "b ", "tab\there", "line\nend"])
def test_texts_that_readers_of_xml_change(text: str) -> None:
    columns = (Column("c", (Category((text,)), Category(("a",)), Category(missing=True))),)
    rules = rules_of(random_network(1, d=3, K=2), rr.Domain.over(columns))
    with pytest.raises(UnsupportedError, match="readers of XML change"):
        rr.emit(rules, "pmml")


def test_what_pmml_has_not(partition: RuleSet) -> None:
    with pytest.raises(UnsupportedError, match="no column 'lines' in 'pmml'"):
        rr.emit(partition, "pmml", columns=("outputs", "lines"))
    with pytest.raises(UnsupportedError, match="neurons don't tell the number of the rule"):
        rr.emit(partition, "pmml", form="network", columns=("outputs", "rule"))


def test_two_fields_of_one_name() -> None:
    domain = rr.Domain.box([0, 0], [1, 1], ["class", "b"])
    model = graph(random_network(1, d=2, K=2), ("p",), (Head("sigmoid", (0,)),))
    rules: AdditiveRules = rr.extract(model, domain=domain, form="additive")
    with pytest.raises(InputError, match="would be the name of two fields"):
        rr.emit(rules, "pmml", columns=("outputs", "class"))
