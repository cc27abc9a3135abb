"""The document with cover, validation and origins: what it shows is what was measured."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from additive_models import make_additive, make_frame

import relurules as rr
from relurules.documents.annex_iv import TO_DO, build_annex_iv
from relurules.documents.cover import MISSING
from relurules.documents.document import Document, LinePlot, Section, Table
from relurules.documents.formats import PRINTERS
from relurules.documents.line_plot_svg import draw_plot_file
from relurules.documents.model_card import build_model_card
from relurules.documents.monitoring import build_monitor_document, print_monitor_html
from relurules.documents.validated import ValidatedRules, build_validated_document
from relurules.documents.validation_plots import Axis, list_plots
from relurules.errors import InputError
from relurules.validation import ValidationOptions, ValidationReport, monitor_rules, validate_rules
from relurules.validation.about import About, Approver, parse_about, read_about
from relurules.validation.origins import FileDigest, Origins
from relurules.validation.report import FitFindings, FrontStep, OtherModel
from relurules.wording.phrases import write_ascii

ORIGINS = Origins(
    command="relurules document rules.json --out there",
    files=(FileDigest("training rows", "train.csv", "ab" * 32),),
    versions={"relurules": "9.9.9"},
    training={"seed": 3},
    training_files={"rules.json": "cd" * 32},
)
ABOUT = About(
    purpose="Tell who pays.",
    owner="The bank",
    limits=("Not for children",),
    approvers=(Approver("A. Signer", "Head of validation"),),
)
KNOWN = FitFindings(
    front=(FrontStep(1, "AUC", 0.7, False), FrontStep(4, "AUC", 0.8, True)),
    others=(OtherModel("boosting", "test", "AUC", 0.81),),
)


def make_parts(rules: Any) -> dict[str, Any]:
    found = {}
    for number, name in enumerate(("training", "test"), 5):
        frame = make_frame(300, number)
        share = rules.predict(frame)[:, 0]
        drawn = np.random.default_rng(number).uniform(size=300) < np.nan_to_num(share)
        found[name] = frame.assign(bad=np.where(drawn, "yes", "no"))
    return found


@pytest.fixture(scope="module", params=["lines", "rules"])
def found(request: pytest.FixtureRequest) -> ValidatedRules:
    rules: Any = make_additive("two", hidden=(5,))[0]
    rules = rules if request.param == "lines" else rules.to_partition()
    options = ValidationOptions(target="bad", groups=("purpose",), rounds=20, least=20)
    report = validate_rules(rules, make_parts(rules), options, KNOWN)
    return ValidatedRules(
        rules=rules, title="Who pays?", origins=ORIGINS, report=report, about=ABOUT
    )


def find_tables(document: Document, anchor: str) -> list[Table]:
    section = next(one for one in document.sections if one.anchor == anchor)
    return [block for block in section.blocks if isinstance(block, Table)]


def read_report(found: ValidatedRules) -> ValidationReport:
    assert found.report is not None
    return found.report


def write(cell: Any) -> str:
    return write_ascii(cell).replace("\u2212", "-")


def test_sections_stand_where_they_are_looked_for(found: ValidatedRules) -> None:
    anchors = [section.anchor for section in build_validated_document(found).sections]
    assert anchors[0] == "cover"
    assert anchors[-1] == "origins"
    own = ["validation", "curves", "front", "groups", "movement", "noise"]
    assert [anchor for anchor in anchors if anchor in own] == own
    assert anchors.index("noise") < anchors.index("domain")


def test_figures_in_the_document_are_those_of_the_report(found: ValidatedRules) -> None:
    document, report = build_validated_document(found), read_report(found)
    rules = next(t for t in find_tables(document, "validation") if "the rules" in t.caption)
    shown = {
        (write(row[0]), part): write(cell)
        for row in rules.rows
        for part, cell in zip(("training", "test"), row[1:], strict=True)
    }
    for one in report.figures:
        if one.model == "the rules":
            said = shown[one.metric, one.part]
            value, *ends = map(float, re.findall(r"-?[\d.]+", said))
            assert value == pytest.approx(one.value, abs=5.1e-5)
            if one.low is not None:
                assert ends == pytest.approx([one.low, one.high], abs=5.1e-5)


def test_bands_and_groups_in_the_document_are_those_of_the_report(found: ValidatedRules) -> None:
    document, report = build_validated_document(found), read_report(found)
    bands = find_tables(document, "curves")[1]
    own = [one for one in report.bands if one.part == "test"]
    assert [int(write(row[2])) for row in bands.rows] == [one.rows for one in own]
    came = [float(write(row[5]).split("\u00a0")[0]) for row in bands.rows]
    assert came == pytest.approx([100 * one.outcome for one in own], abs=0.0501)

    groups = find_tables(document, "groups")[1]
    ratio = groups.header.index("Ratio")
    shown = {write(row[0]).split(" ")[0]: row for row in groups.rows}
    for one in report.groups:
        if one.part == "test":
            row = shown[one.group]
            assert float(write(row[ratio])) == pytest.approx(one.impact_ratio, abs=0.00501)
            ends = [one.ratio_low, one.ratio_high]
            said = write(row[ratio + 1]).split(" to ")
            assert (
                said == ["\u2013"]
                if ends[0] is None
                else [float(text) for text in said] == pytest.approx(ends, abs=0.00501)
            )


def test_the_worst_group_is_named(found: ValidatedRules) -> None:
    report = read_report(found)
    own = [one for one in report.groups if one.part == "test" and not one.few]
    worst = min(own, key=lambda one: one.impact_ratio or 0.0)
    text = PRINTERS["markdown"].print(build_validated_document(found))
    assert f"the lowest ratio is that of group \u201c{worst.group}\u201d" in text


@pytest.mark.parametrize("name", list(PRINTERS))
def test_every_format_has_the_command_the_signer_and_what_is_missing(
    found: ValidatedRules, name: str
) -> None:
    text = PRINTERS[name].print(build_validated_document(found))
    plain = text.replace("{-}", "-")
    assert "relurules document rules.json --out there" in plain
    assert "A. Signer" in text
    assert MISSING in text  # nobody has said the legal basis
    assert "ab" * 32 in text


def test_texts_of_people_are_escaped(found: ValidatedRules) -> None:
    about = replace(ABOUT, purpose="<script>alert(1)</script>", owner=r"\input{x} & $y$")
    document = build_validated_document(replace(found, about=about))
    assert "<script>alert" not in PRINTERS["html"].print(document)
    assert r"\input{x}" not in PRINTERS["latex"].print(document)
    assert "<script>" not in PRINTERS["markdown"].print(document)


def test_the_model_card_and_the_annex_mark_what_is_missing(found: ValidatedRules) -> None:
    card = PRINTERS["markdown"].print(build_model_card(found))
    assert "Tell who pays." in card
    assert f"Contact: {MISSING}" in card
    annex = PRINTERS["markdown"].print(build_annex_iv(found))
    assert f"2(h), cybersecurity measures: {TO_DO}" in annex
    assert "signed: MISSING" in annex
    assert "purpose: Tell who pays; owner: The bank; version: MISSING" in annex

    nothing = ValidatedRules(rules=found.rules, title="t", origins=ORIGINS)
    bare = PRINTERS["markdown"].print(build_annex_iv(nothing))
    assert f"3(a), capabilities and limits, accuracy overall: {TO_DO}" in bare
    anchors = [section.anchor for section in build_validated_document(nothing).sections]
    assert "cover" not in anchors
    assert "validation" not in anchors


def test_pictures_are_well_formed_and_end_where_the_figures_do(found: ValidatedRules) -> None:
    plots = list_plots(read_report(found))
    assert set(plots) == {"roc", "calibration", "scores", "front", "contributions"}
    for plot in plots.values():
        ElementTree.fromstring(draw_plot_file(plot))
        for line in plot.lines:
            assert all(-1e-9 <= x <= 1 + 1e-9 for corner in line.corners for x in corner)
    curve = plots["roc"].lines[1].corners
    assert curve[0] == (0.0, 0.0)
    assert curve[-1] == (1.0, 1.0)
    areas = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(curve))
    (area,) = [
        one.value
        for one in read_report(found).figures
        if (one.model, one.part, one.metric) == ("the rules", "training", "AUC")
    ]
    assert areas == pytest.approx(area, abs=0.01)


def test_axes_hold_all_values_between_round_ends() -> None:
    axis = Axis([0.713, 0.79])
    assert axis.ticks[0] == (0.0, "0.7")
    assert axis.ticks[-1] == (1.0, "0.8")
    assert 0 < axis.place(0.713) < axis.place(0.79) < 1
    assert Axis([5.0]).place(5.0) == 0.0
    assert Axis([np.nan, np.inf, 2.0, 4.0]).ends == (2.0, 4.0)


def test_the_page_of_monitoring_says_what_is_above_limits() -> None:
    rules, data = make_additive("two", hidden=(5,))
    older = data.assign(age=np.minimum(data.age + 25, data.age.max()), month="2026-01")
    report = monitor_rules(rules, older, data, by="month")
    sections: tuple[Section, ...] = build_monitor_document(report, "Watch", "the command").sections
    assert [one.anchor for one in sections] == ["verdict", "movement", "periods", "rates", "again"]
    assert sections[0].title == "Above limits"
    page = print_monitor_html(report, "Watch", "the <command>")
    assert "age: PSI" in page
    assert "the &lt;command&gt;" in page
    calm = build_monitor_document(monitor_rules(rules, data, data), "Watch", "c").sections
    assert calm[0].title == "Within limits"


def test_about_is_read_and_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "about.toml"
    path.write_text(
        'purpose = "To tell."\nlimits = "None"\nversion = 2\n'
        '[[approvers]]\nname = "A"\nrole = "Head"\n'
    )
    found = read_about(path)
    assert found.limits == ("None",)
    assert found.version == "2"
    assert found.approvers == (Approver("A", "Head"),)
    assert parse_about({"approvers": ["B", {"name": "C", "date": "2026-01-02"}]}).approvers == (
        Approver("B"), Approver("C", date="2026-01-02"),
    )  # fmt: skip
    for text, said in (
        ('purpos = "x"', "no entry 'purpos' is known; there are title, purpose"),
        ("purpose = true", "purpose: expected a text"),
        ("purpose", "is no TOML that can be read"),
        ('[[approvers]]\nrole = "Head"', "expected a name, or a table with name, role"),
        ('approvers = "A"', "expected a list of names"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_about(path)


def test_a_document_in_python_is_written_whole(tmp_path: Path) -> None:
    rules: Any = make_additive("two", hidden=(5,))[0]
    parts = make_parts(rules)
    paths = rr.document(
        rules, tmp_path / "out", data=parts["training"], test=parts["test"], y="bad",
        groups=["purpose"], about={"purpose": "To tell."}, resamples=10,
    )  # fmt: skip
    names = {str(path.relative_to(tmp_path / "out")) for path in paths}
    assert {
        "rules.html", "rules.md", "rules.tex", "model_card.md", "annex_iv.md", "validation.json",
        "data/figures.csv", "data/groups.csv", "figures/roc.svg", "figures/calibration.svg",
    } <= names  # fmt: skip
    text = (tmp_path / "out" / "rules.md").read_text()
    assert "data=DATA, test=TEST, y='bad'" in text
    report = rr.validate(rules, parts, "bad", rounds=10)
    assert report.figures
    assert rr.monitor(rules, parts["test"], parts["test"])


def test_plots_of_latex_are_balanced(found: ValidatedRules) -> None:
    text = PRINTERS["latex"].print(build_validated_document(found))
    assert text.count(r"\begin{picture}") == text.count(r"\end{picture}")
    plots = [
        block
        for section in build_validated_document(found).sections
        for block in section.blocks
        if isinstance(block, LinePlot)
    ]
    assert len(plots) == 5


def test_cells_of_latex_tables_are_as_many_as_their_headers(found: ValidatedRules) -> None:
    """A share of 22.1 % must not comment out the rest of its row."""
    text = PRINTERS["latex"].print(build_validated_document(found))
    assert not re.search(r"(?<!\\)%", text)
    assert r"\%" in text
