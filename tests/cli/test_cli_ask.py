"""`relurules ask` and `relurules diff` on files."""

import json
from pathlib import Path

import pytest
from handmade import additive_of, network, rules_of

import relurules as rr
from relurules.cli.main import run

DOMAIN = rr.Domain.box([0, 0], [10, 5], ["pay", "debt"])


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.json"
    rules_of(network([[1.0, -1.0]], [0.0], [[2.0]]), DOMAIN, ["limit"]).save(path)
    return str(path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["range"], "limit lies between 0 and 20 anywhere"),
        (["range", "--given", "pay <= 3"], "limit lies between 0 and 6 where pay <= 3"),
        (["bounded", "--at-most", "20.5"], "Yes: limit is at most 20.5"),
        (["monotone", "--feature", "debt"], "Yes: limit never rises where debt rises"),
        (["effect", "--feature", "pay", "--value", "5", "--value", "7"], "by at most 4"),
        (["reach", "--at-least", "30"], "No: limit >= 30 can't be reached"),
        (["lipschitz"], "is at most 20 per unit of l1"),
        (
            ["counterfactual", "--row", "pay=2,debt=2", "--at-least", "2", "--keep", "debt"],
            "is 0.1 away",
        ),
    ],
)
def test_questions(
    rules: str, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert run(["ask", rules, *options]) == 0
    assert said in capsys.readouterr().out
    assert run(["ask", rules, *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["question"] == options[0]


def test_what_cant_be_asked(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", rules, "rnage"]) == 2
    assert "supported: range, bounded" in capsys.readouterr().err
    assert run(["ask", rules, "effect", "--feature", "pay", "--value", "1"]) == 2
    assert run(["ask", rules, "counterfactual", "--row", "pay=1,debt=1", "--scale", "pay"]) == 2


def test_rows_of_the_data_are_shown(
    rules: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("pay,debt\n1,1\n10,0\n4,1\n")
    assert run(["ask", rules, "range", "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert "largest: limit = 20 (row 1 of the data, rule " in out
    assert "smallest: limit = 0 (row 0 of the data, rule " in out
    other = tmp_path / "other.json"
    rules_of(network([[1.0, -1.0]], [0.0], [[2.1]]), DOMAIN, ["limit"]).save(other)
    assert run(["diff", rules, str(other), "--data", str(data)]) == 1
    assert "by 1 at row 1 of the data, pay = 10, debt = 0" in capsys.readouterr().out


def test_diff(rules: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.json"
    rules_of(network([[1.0, -1.0]], [0.0], [[2.1]]), DOMAIN, ["limit"]).save(other)
    assert run(["diff", rules, rules]) == 0
    assert "equivalent: on every part" in capsys.readouterr().out
    page = tmp_path / "diff.html"
    assert run(["diff", rules, str(other), "--html", str(page), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["bound"] == pytest.approx(1.0)
    assert "How far scores differ" in page.read_text(encoding="utf-8")
    assert run(["diff", rules, str(other), "--tolerance", "1.001"]) == 0
    rules_of(network([[1.0, -1.0]], [0.0], [[2.0]]), DOMAIN, ["score"]).save(other)
    assert run(["diff", rules, str(other)]) == 2


def test_the_document_answers(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emit", rules, "--to", "markdown"]) == 0
    text = capsys.readouterr().out
    assert "Questions" in text
    assert "How limit goes with every number column" in text


@pytest.fixture
def lines(tmp_path: Path) -> str:
    path = tmp_path / "lines.json"
    additive_of(network([[1.0, -1.0]], [0.0], [[2.0]]), DOMAIN, ["limit"]).save(path)
    return str(path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["range"], "limit lies between 0 and 20 anywhere"),
        (["bounded", "--at-most", "20.5"], "Yes: limit is at most 20.5"),
        (["monotone", "--feature", "debt"], "Yes: limit never rises where debt rises"),
        (["effect", "--feature", "pay", "--value", "5", "--value", "7"], "by at most 4"),
        (["reach", "--at-least", "30"], "No: limit >= 30 can't be reached"),
        (["counterfactual", "--row", "pay=2,debt=2", "--at-least", "2"], "is 0.1 away"),
    ],
)
def test_lines_answer_in_the_same_words(
    lines: str, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert run(["ask", lines, *options]) == 0
    assert said in capsys.readouterr().out
    assert run(["ask", lines, *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["question"] == options[0]


def test_lines_are_compared(rules: str, lines: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", rules, lines]) == 0
    assert "equivalent" in capsys.readouterr().out
    other = Path(lines).with_name("other.json")
    additive_of(network([[1.0, -1.0]], [0.0], [[2.5]]), DOMAIN, ["limit"]).save(other)
    page = other.with_suffix(".html")
    assert run(["diff", lines, str(other), "--html", str(page)]) == 1
    out = capsys.readouterr().out
    assert "limit differs by at most 5" in out
    assert "line 1 is now line 1, off by up to 5" in out
    assert "other.json has 1 line" in page.read_text()
