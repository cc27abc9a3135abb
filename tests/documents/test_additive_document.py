"""The document of additive rules, in every format, each number against the rules."""

import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from additive_models import make_additive
from documents.stand_ins import MADE, Page
from handmade import graph, network

import relurules as rr
from relurules.documents.build import build_document
from relurules.documents.document import Chart, CurvePlot, HeatMap, PartCard, Section, Table
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules
from relurules.wording.phrases import write_ascii

FORMATS = {"markdown": "rules.md", "html": "rules.html", "latex": "rules.tex"}


@cache
def make_rules(link: str = "two", seed: int = 0, **options: object) -> AdditiveRules:
    rules, _ = make_additive(link, seed=seed, **options)
    return replace(rules, provenance=MADE)


def hostile() -> AdditiveRules:
    names = ["</b><script>", "a|b_&%$#{}\\"]
    net = network(
        np.array([[1.0, 0.0], [0.5, 1.0]]), np.array([-0.2, 0.1]), np.array([[1.0, 2.0]]),
        C=np.array([[0.1, 0.3]]),
    )  # fmt: skip
    domain = rr.Domain.box([-1.0, -1.0], [1.0, 1.0], names)
    data = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    traced = replace(graph(net, ["<i>y_1"]), features=domain.names, columns=domain.columns)
    rules = rr.extract(traced, domain=domain, data=data, form="additive")
    assert isinstance(rules, AdditiveRules)
    return rules


RULES = {
    "two": make_rules,
    "softmax": lambda: make_rules("softmax"),
    "score": lambda: make_rules("score", data=False),
    "groups": lambda: make_rules("two", hidden=(4, 2)),
    "sets": lambda: make_rules("two", reads=3),
    "hostile": hostile,
}


def find_section(rules: AdditiveRules, anchor: str) -> Section:
    sections = build_document(rules, "html", None).sections
    return next(section for section in sections if section.anchor == anchor)


def find_cards(rules: AdditiveRules) -> list[PartCard]:
    return list(find_section(rules, "columns").parts)


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("name", RULES)
def test_one_file_that_is_the_same_each_time(target: str, name: str) -> None:
    rules = RULES[name]()
    anew = replace(rules)  # of which nothing is known yet
    first, second = (rr.emit(one, target, title="Who pays?") for one in (rules, anew))
    assert list(first.files) == [FORMATS[target]]
    assert first.files == second.files
    assert first.form == "lines"
    assert "Who pays?" in str(first)


def test_everything_is_there() -> None:
    rules = make_rules()
    text = Page(str(rr.emit(rules, "html", title="Who pays?"))).said
    for part in (
        "The score as a sum",
        f"{len(rules)} lines that add up say what a trained neural network answers for p_yes.",
        "what the mean of the rows has. Every column then adds its points.",
        "A typical row worked out",
        "p_yes = sigmoid(score)",
        "Column by column",
        "SHA-256 " + "ab" * 32,
        "anywhere in the domain, the scores of the rules are those of the network as traced",
        "Points and lines are computed from its weights; nothing is fitted.",
        "no search was cut short",
        "every column's points rounded to",
        "changes a score by at most",
        "A row outside this domain, or with a missing value, has no output.",
        "The typical row is a row of the data as it is.",
        "where it starts, and all points added up",
        "Appendix: where the lines come from",
        "relurules emit rules.json --to html --title 'Who pays?' --out .",
    ):
        assert part in text, part
    for absent in ("rule 0", "Rule by rule", "IF all"):
        assert absent not in text


def test_other_forms_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="has no form 'rules'; supported: lines"):
        rr.emit(make_rules(), "html", form="rules")


@pytest.mark.parametrize("name", ["two", "sets", "groups"])
def test_the_typical_row_comes_to_its_score(name: str) -> None:
    rules = RULES[name]()
    assert rules.evidence is not None
    assert rules.evidence.typical is not None
    (chart,) = (b for b in find_section(rules, "worked").blocks if isinstance(b, Chart))
    numbers = [
        float(write_ascii(bar.amount).replace(",", "").replace("+", "")) for bar in chart.bars
    ]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=1e-9)
    row = rules.evidence.typical[None]
    exact = float(rules.evaluate_parts(row).sum() + rules.base.constants[0])
    assert numbers[-1] == pytest.approx(exact, abs=0.002)


def test_tables_hold_the_curves() -> None:
    """Points at both ends are the curve's own, to the decimals shown."""
    rules = make_rules()
    (table,) = (b for b in find_section(rules, "score").blocks if isinstance(b, Table))
    name, found = "", dict[str, list[tuple[float, float, float, float]]]()
    for cells in table.rows:
        name = cells[0][0].text.split(" ", 1)[-1] if cells[0] else name
        ends = re.fullmatch(r"([-\d.,]+) to ([-\d.,]+).*", write_ascii(cells[1]))
        if name in rules.curves and ends:
            points = [float(one.replace(",", "")) for one in write_ascii(cells[2]).split(" to ")]
            low, high = (float(end.replace(",", "")) for end in ends.groups())
            found.setdefault(name, []).append((low, high, points[0], points[-1]))
    assert set(found) == set(rules.curves)
    for column, stretches in found.items():
        for low, high, first, last in stretches:
            at = rules.curves[column].evaluate(np.array([low, high]))[:, 0]
            assert at == pytest.approx([first, last], abs=2e-3)
        assert all(a[1] == b[0] for a, b in pairwise(stretches))


def test_whole_numbers_have_whole_ends() -> None:
    net = network(np.array([[1.0]]), np.array([-40.5]), np.array([[2.0]]), C=[[1.0]])
    domain = replace(rr.Domain.box([18.0], [80.0], ["age"]), integer=np.array([True]))
    traced = replace(graph(net), features=domain.names, columns=domain.columns)
    rules = rr.extract(traced, domain=domain, form="additive")
    (table,) = (b for b in find_section(rules, "score").blocks if isinstance(b, Table))
    assert [write_ascii(row[1]) for row in table.rows] == ["18 to 40", "40 to 41", "41 to 80"]
    text = Page(str(rr.emit(rules, "html"))).said
    assert "Columns of whole numbers have tables with whole ends" in text


def test_pictures_are_of_the_curves_and_grids() -> None:
    rules = make_rules("softmax", reads=2)
    cards = find_cards(rules)
    plots = {
        card.title[0].text: block
        for card in cards for block in card.blocks if isinstance(block, CurvePlot)
    }  # fmt: skip
    maps = [block for card in cards for block in card.blocks if isinstance(block, HeatMap)]
    assert plots
    assert len(maps) == 3 * sum(len(part.columns) == 2 for part in rules.parts)
    for name, plot in plots.items():
        assert plot.names == rules.scores
        assert len(plot.curves) == 3
        assert plot.bars
        j = next(part for part in rules.parts if part.name == name).coordinates[0]
        low, high = rules.domain.lower[j], rules.domain.upper[j]
        inner = [x for x in rules.curves[name].breakpoints if low < x < high]
        assert len(plot.curves[0]) == len(inner) + 2
        for place, height in (point for curve in plot.curves for point in curve):
            assert 0 <= height <= 1
            assert -1e-9 <= place <= 1 + 1e-9
    for grid in maps:
        cells = [cell for _, row in grid.rows for cell in row]
        assert max(abs(cell.share) for cell in cells) in (pytest.approx(1.0), 0.0)


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("name", RULES)
def test_html_for_every_reader(name: str, *, script: bool) -> None:
    page = Page(str(rr.emit(RULES[name](), "html", script=script)))
    assert not page.open
    assert len(page.all("script")) == 2 * script
    assert not {tag for tag, _ in page.tags} & {"i", "link", "img", "iframe", "object"}
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = [str(attributes["id"]) for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {str(attributes["href"])[1:] for attributes in page.all("a")} <= set(ids)
    assert all("scope" in attributes for attributes in page.all("th"))
    assert all(attributes.get("aria-hidden") == "true" for attributes in page.all("svg"))


@pytest.mark.parametrize("name", RULES)
def test_markdown_keeps_its_shape(name: str) -> None:
    text = str(rr.emit(RULES[name](), "markdown"))
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.M)
    assert len(tables) > 3
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not on this machine")
@pytest.mark.parametrize("name", RULES)
def test_latex_compiles(name: str, tmp_path: Path) -> None:
    rr.emit(RULES[name](), "latex").write(tmp_path)
    ended = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "rules.tex"],
        cwd=tmp_path, capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-2000:].decode(errors="replace")
