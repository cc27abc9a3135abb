"""Score.java in Java and Scorer.cs in Mono, compiled with warnings as errors, beside the rules:
rows that fight back, every form, every link.
"""

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from executed_targets import require_target
from handmade import graph, layered
from hostile_additive import make_hostile, make_rows
from sklearn.linear_model import LinearRegression
from test_raw_columns import NAME, VALUES, make_text_rules
from tied_reasons import make_tied_reasons

import relurules as rr
from relurules.emitting import line_plan, plan
from relurules.emitting.classes.printer import escape_comment
from relurules.errors import UnsupportedError
from relurules.ir import RuleSet
from relurules.ir.class_labels import make_labels
from relurules.links.class_functions import JAVA_LINKS, SHARP_LINKS
from relurules.links.table import LINKS
from relurules.verifying.engines import run_artifact

#: Of a network that makes several rules.
SEED = 6
CLASSED = ("outputs", "class")


@pytest.fixture(params=["java", "csharp"])
def target(request: pytest.FixtureRequest) -> str:
    require_target(request.param)
    return str(request.param)


@pytest.mark.parametrize(
    ("link", "groups", "outside"),
    [
        ("many", (2,), "null"),
        ("two", (), "clamp"),
        ("class", (), "exact"),
    ],
)
def test_hostile_lines(target: str, link: str, groups: tuple[int, ...], outside: str) -> None:
    rules = make_hostile(link, groups=groups)
    columns = ["outputs"] + (["class"] if link in ("two", "pair") else [])
    if outside != "exact":
        columns += ["lines"] + (["contributions", "reasons"] if link != "class" else [])
    artifact = rr.emit(rules, target, outside=outside, columns=columns)
    report = rr.verify(artifact, rules, make_rows(rules, count=20))
    assert report, report
    assert report.relative < 1e-12
    assert not any("compared" in remark for remark in report.remarks)


def test_a_part_of_one_of_several_scores_compiles_without_warnings(target: str) -> None:
    frame = pd.DataFrame({"a": np.linspace(-1, 1, 9), "b": np.linspace(0, 1, 9) ** 2})
    model = LinearRegression().fit(frame, frame)
    model.coef_ = np.array([[2.0, 0.0], [0.0, 3.0]])
    rules = rr.extract(model, data=frame, form="additive")
    artifact = rr.emit(rules, target, columns=["outputs", "contributions"])
    assert rr.verify(artifact, rules, frame)


def test_tables_of_lines_and_groups(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_plan, "_WRITTEN", 2)
    monkeypatch.setattr(plan, "_WRITTEN", 2)
    rules = make_hostile("two", groups=(3, 2))
    artifact = rr.emit(rules, target, columns=["outputs", "lines", "contributions"])
    assert "LINES[k]" in str(artifact)
    assert rr.verify(artifact, rules, make_rows(rules, count=20))


@pytest.fixture(scope="module")
def partition() -> RuleSet:
    """A network over an age, a column of strange texts, and one of codes."""
    return make_text_rules([value for value in VALUES if value], SEED)


def make_table() -> pd.DataFrame:
    rows = [
        (age, value, rank)
        for value in [*(value for value in VALUES if value), None, "unknown", "A "]
        for age in (30.0, None, 99.0, float(np.nextafter(99.0, 100.0)), np.inf)
        for rank in (1.0, 3.5, None)
    ]
    return pd.DataFrame(rows, columns=["age", NAME, "rank"]).astype({NAME: object})


@pytest.mark.parametrize("form", ["rules", "network", "walk"])
def test_every_form(
    target: str, form: str, partition: RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    if form == "walk":
        monkeypatch.setattr(plan, "_WRITTEN", 2)
    asked = "tree" if form == "walk" else form
    told = ["outputs", "rule"] + (["contributions", "reasons"] if form != "walk" else [])
    artifact = rr.emit(partition, target, form=asked, columns=told)
    assert ("MAPS" in str(artifact)) == (form == "walk")
    assert artifact.outside == ("exact" if form == "network" else "null")
    assert rr.verify(artifact, partition, make_table())


def test_a_class_is_called_as_the_readme_says(tmp_path: Path, target: str) -> None:
    if target != "java":
        pytest.skip("one language is enough")
    rules = make_hostile("two")
    rr.emit(rules, "java", columns=["outputs", "class"]).write(tmp_path)
    (tmp_path / "Call.java").write_text("""\
public final class Call {
    public static void main(String[] arguments) {
        java.util.Map<String, Object> row = new java.util.HashMap<>();
        for (String name : Score.FEATURES) {
            row.put(name, 1.0);
        }
        try {
            Score.score(row);
        } catch (IllegalArgumentException error) {
            System.out.println(error.getMessage());
        }
        row.remove("big");
        row.put("line_1", "u");
        try {
            Score.score(row);
        } catch (IllegalArgumentException error) {
            System.out.println(error.getMessage());
        }
    }
}
""")
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", ".", "Call"]
    subprocess.run(["javac", "Call.java", "Score.java"], cwd=tmp_path, check=True)
    ran = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines() == [
        "line_1 must be a text, found java.lang.Double", "the row lacks big",
    ]  # fmt: skip


def test_comments_hold_nothing_that_java_reads() -> None:
    assert escape_comment("a\\u000ab") == "a\\u005cu000ab"
    assert escape_comment("\U0001f600 ü") == "\\ud83d\\ude00 \\u00fc"


def test_every_link_is_written() -> None:
    assert set(JAVA_LINKS) == set(SHARP_LINKS) == set(LINKS)


def test_a_change_is_seen(target: str) -> None:
    rules = make_hostile("score")
    artifact = rr.emit(rules, target)
    number = repr(abs(float(rules.slopes[0, 0])))
    name, text = next(iter(artifact.files.items()))
    assert number in text
    worse = text.replace(number, repr(float(number) * (1 + 1e-6)))
    assert not rr.verify(replace(artifact, files={name: worse}), rules, make_rows(rules, count=5))


@pytest.mark.parametrize("form", ["partition", "additive"])
def test_reasons_are_those_of_python(target: str, form: str) -> None:
    """Ties, rows at the reference, on thresholds and beside them, missing values; two scores."""
    for direction in ("higher", "lower") if target == "java" else ("higher",):
        artifact, python, rows = make_tied_reasons(target, form, direction)
        (_, own), (_, wanted) = (run_artifact(each, rows) for each in (artifact, python))
        reasons = [name for name in wanted.extras if name.startswith("reason_")]
        assert len(reasons) == 4
        for name in reasons:
            assert list(own.extras[name]) == list(wanted.extras[name]), (name, direction)
            assert None in own.extras[name]


def test_what_classes_have_not() -> None:
    wide = rr.extract(
        graph(layered(0, 400, [20], 1)), domain=rr.Domain.box([0] * 400, [1] * 400),
        form="additive",
    )  # fmt: skip
    with pytest.raises(UnsupportedError, match="a method of Java is limited"):
        rr.emit(wide, "csharp")


def test_labels_as_literals() -> None:
    rules = make_hostile("two")
    for labels, wanted in (((1, 2), "1L, 2L"), ((False, True), "false, true")):
        text = str(rr.emit(replace(rules, labels=make_labels(labels)), "java", columns=CLASSED))
        assert f"CLASSES = {{ {wanted} }}" in text
