"""What the file carries so that its rules can be tried: scorer, data and policy."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from additive_models import make_additive
from documents.stand_ins import Page, people
from typer.testing import CliRunner

import relurules as rr
from relurules.cli.main import app
from relurules.documents.try_page.answers import list_pieces
from relurules.documents.try_page.columns import choose_start, describe_columns
from relurules.documents.try_page.csv_format import describe_csv
from relurules.documents.try_page.cuts import list_cuts
from relurules.documents.try_page.page import SCRIPTS, join_scripts, write_json
from relurules.ir import AdditiveRules, Head
from relurules.ir.class_labels import make_labels
from relurules.wording import phrases as p

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "try"
RULES = {
    "two": lambda: make_additive("two")[0],
    "softmax": lambda: make_additive("softmax")[0],
    "score": lambda: make_additive("score", data=False)[0],
    "groups": lambda: make_additive("two", hidden=(4, 2))[0],
    "partition": people,
}


def read_data(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="try-data">(.*?)</script>', text, re.S)
    assert found is not None
    return dict(json.loads(found[1]))


def read_scripts(text: str) -> list[str]:
    return re.findall(r'<script type="module">(.*?)</script>', text, re.S)


def hash_text(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("name", RULES)
def test_the_policy_lets_nothing_in_but_what_is_in_the_file(name: str) -> None:
    text = str(rr.emit(RULES[name](), "html"))
    page = Page(text)
    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv")]
    directives = dict(part.split(" ", 1) for part in str(policy).split("; "))
    (script,), (style,) = read_scripts(text), re.findall(r"<style>(.*?)</style>", text, re.S)
    assert directives == {
        "default-src": "'none'",
        "script-src": hash_text(script),
        "style-src": hash_text(style),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert len(page.all("script")) == 2
    for tag, attributes in page.tags:
        assert not {"style", "src", "srcset", "action"} & set(attributes), tag
        assert not [key for key in attributes if key.startswith("on")]
        assert str(attributes.get("href", "#")).startswith("#")


@pytest.mark.parametrize("name", RULES)
def test_without_script_it_is_the_document_alone(name: str) -> None:
    rules = RULES[name]()
    tried, plain = str(rr.emit(rules, "html")), str(rr.emit(rules, "html", script=False))
    for part in ("<script", "Content-Security-Policy", "try-"):
        assert part in tried
        assert part not in plain
    assert (
        plain.partition("</header>")[2].partition("</main>")[0].removeprefix("\n<main>\n") in tried
    )


@pytest.mark.parametrize("name", RULES)
def test_the_scorer_is_the_javascript_target(name: str) -> None:
    rules = RULES[name]()
    (script,) = read_scripts(str(rr.emit(rules, "html")))
    number = "lines" if isinstance(rules, AdditiveRules) else "rule"
    form = "lines" if isinstance(rules, AdditiveRules) else "tree"
    wanted = ["outputs", "contributions", "reasons", number]
    wanted += ["class"] if rules.class_test is not None else []
    own = str(rr.emit(rules, "javascript", form=form, columns=wanted))
    lines = {line.strip() for line in own.splitlines()}
    assert len(lines - {line.strip() for line in script.splitlines()}) <= 1  # the last comment


def test_sixteen_lines_are_less_than_400_kb() -> None:
    rules, _ = make_additive("two", hidden=(24,))
    assert len(rules) >= 16
    assert len(str(rr.emit(rules, "html")).encode()) < 400_000


def test_numbers_are_exact() -> None:
    rules, _ = make_additive("two", seed=3)
    data = read_data(str(rr.emit(rules, "html")))
    assert {(*c["at"], *c["by"], c["bound"]) for c in data["cuts"]} == {
        (*np.flatnonzero(normal).tolist(), *normal[normal != 0].tolist(), bound)
        for normal, bound in zip(rules.normals, rules.bounds.tolist(), strict=True)
    }
    for column, place in zip(data["columns"], rules.domain.places, strict=True):
        if not column["choices"]:
            assert column["low"] == rules.domain.lower[place.start]
            assert column["high"] == rules.domain.upper[place.start]


def test_cuts_of_trees_groups_and_inequalities() -> None:
    rules = people()
    assert len(list_cuts(rules)) == len(
        {*map(tuple, np.column_stack([rules.tree.normals, rules.tree.offsets]).tolist())}
    )
    groups, _ = make_additive("two", hidden=(4, 2))
    assert groups.groups
    assert len(list_cuts(groups)) > len(groups)
    cut = replace(groups, domain=groups.domain.where("age + debt <= 70"))
    assert list_cuts(cut)[-1]["bound"] == 70.0


def test_it_starts_at_a_typical_row() -> None:
    rules, _ = make_additive("two")
    assert rules.evidence is not None
    np.testing.assert_array_equal(choose_start(rules), rules.evidence.typical)
    facts = people().evidence
    assert facts is not None
    largest = max(facts.rules, key=lambda each: each.rows)
    np.testing.assert_array_equal(choose_start(people()), largest.typical)

    bare, _ = make_additive("score", data=False)
    start = choose_start(bare)
    assert bare.domain.contains(start[None]).all()
    assert not np.isnan(
        bare.predict(bare.domain.encode(start[None]) if False else start[None])
    ).any()


def test_columns_as_they_are_asked_for() -> None:
    age, job, debt = describe_columns(people())
    assert (age["whole"], age["low"], age["high"], age["fill"]) == (True, 18.0, 80.0, None)
    assert [choice["label"] for choice in job["choices"]] == ["clerk", "cook or smith", "missing"]
    assert [choice["value"] for choice in job["choices"]] == ["clerk", "cook", None]
    assert job["known"] == [["clerk", 0], ["cook", 1], ["smith", 1]]
    assert (job["missing"], job["other"], job["text"]) == (2, -1, True)
    assert debt["fill"] == 3.5

    bare, _ = make_additive("score", data=False)
    open_ended = replace(bare, domain=rr.Domain.over(bare.domain.columns))
    for column in describe_columns(open_ended):
        if column["choices"]:
            continue
        assert column["low"] is column["high"] is None
        assert column["from"] < column["value"] < column["to"]


def test_a_file_without_a_schema_is_as_by_default() -> None:
    rules = people()
    found = describe_csv(rules)
    assert (found["sep"], found["decimal"], found["thousands"], found["encoding"]) == (
        ",",
        ".",
        "",
        "utf-8",
    )
    assert found["missing"] == [["age", ("",)], ["job", ("",)], ["debt", ("",)]]
    assert found["dates"] == []


def test_texts_end_no_script() -> None:
    hostile = 'a = "</script>"; // <!-- <SCRIPT>'
    joined = join_scripts(hostile)
    assert not re.search(r"</|<!--|<script", joined, re.IGNORECASE)
    assert r'a = "<\/script>"; // <\!-- <\SCRIPT>' in joined
    text = write_json({"a": ["</script><!--", "&", 0.1, "\u2028"]})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"a": ["</script><!--", "&", 0.1, "\u2028"]}


def test_a_sum_is_linked_where_a_rule_names_it() -> None:
    said = (*p.text("if "), *p.score("S1"), *p.text(" "), *p.number("3"))
    assert list_pieces(said) == [("if ", None), ("S1", "sum-S1"), (" 3", None)]


def test_what_javascript_cannot_hold_is_left_out() -> None:
    rules, _ = make_additive("two")
    text = str(rr.emit(replace(rules, labels=make_labels((1, 2**60))), "html"))
    assert read_data(text)["labels"] is None
    head = Head("step", (0,))
    label = replace(rules, heads=(head,), outputs=("y",), labels=make_labels((1, 2**60)))
    text = str(rr.emit(label, "html"))
    assert "<script" not in text
    assert "The score as a sum" in text


def test_scripts_are_all_there_and_short() -> None:
    files = sorted(path.stem for path in TEMPLATES.glob("*.js"))
    assert files == sorted(SCRIPTS)
    for path in TEMPLATES.glob("*.js"):
        lines = path.read_text().splitlines()
        assert len(lines) <= 300, path.name
        assert max(map(len, lines)) <= 100, path.name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|eval\(|Function\(|fetch\(", path.read_text()
        )


def test_the_command_line_leaves_it_out(tmp_path: Path) -> None:
    people().save(tmp_path / "rules.json")
    for option, scripts in (("--script", 2), ("--no-script", 0)):
        ended = CliRunner().invoke(
            app, ["emit", str(tmp_path / "rules.json"), "--to", "html", option]
        )
        assert ended.exit_code == 0
        assert ended.stdout.count("<script") == scripts
