"""What results show of themselves: one line, and a box in a notebook."""

from typing import Any

import numpy as np
import pytest
from handmade import graph, random_network, rules_of

import relurules as rr
from relurules.files.notebook import format_notebook_html

BOX = rr.Domain.box([-1] * 6, [1] * 6, list("abcdef"))


def make_results() -> dict[str, Any]:
    rules = rules_of(random_network(0, 6, 3, 1), BOX, ["score"])
    rows = np.random.default_rng(0).uniform(-1, 1, (50, 6))
    artifact = rr.emit(rules, "python")
    model = graph(random_network(0, 6, 3, 1), ["score"])
    return {
        "RuleSet": rules,
        "Artifact": artifact,
        "Report": rr.verify(artifact, model, rows),
        "Explanation": rr.explain(rules, rows[:1]),
        "Answer": rr.ask(rules, "range"),
        "Difference": rr.diff(rules, rules),
    }


@pytest.mark.parametrize("kind", list(make_results()))
def test_one_line_and_a_box(kind: str) -> None:
    result = make_results()[kind]
    line = repr(result)
    assert line.startswith(f"<{kind}: ")
    assert "\n" not in line
    assert len(line) < 300
    html = result._repr_html_()
    assert html.startswith("<div>")
    assert html.endswith("</div>")
    assert "<script" not in html
    assert 'class="' not in html


def test_rules_say_how_many_of_what_and_in_which_columns() -> None:
    rules = make_results()["RuleSet"]
    assert repr(rules) == f"<RuleSet: {len(rules)} rules for score of a, b, c, d and 2 more>"


def test_texts_are_escaped_and_cut() -> None:
    html = format_notebook_html("<b>", "\n".join(["a < b & c"] + ["x"] * 100))
    assert "<b><b>" not in html
    assert "a &lt; b &amp; c" in html
    assert "... 41 more lines" in html


def test_the_package_lists_its_names() -> None:
    assert set(rr.__all__) <= set(dir(rr))
