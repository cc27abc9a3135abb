"""What a rule document says, in every format."""

import re
from dataclasses import replace

import numpy as np
import pytest
from documents.stand_ins import Page, people, sums, with_evidence
from handmade import network, rows_in, rules_of

import relurules as rr
from relurules.documents.build import build_document
from relurules.documents.document import Card, Chart, Conditions, Formulas
from relurules.errors import UnsupportedError
from relurules.ir import Head, RuleSet, Tradeoff
from relurules.wording.phrases import Phrase, write_ascii

FORMATS = {"markdown": "rules.md", "html": "rules.html", "latex": "rules.tex"}


def cards(rules: RuleSet) -> list[Card]:
    return [
        card for section in build_document(rules, "html", None).sections for card in section.cards
    ]


def said(rules: RuleSet, **options: str) -> str:
    return Page(str(rr.emit(rules, "html", **options))).said


def number(phrase: Phrase) -> float:
    return float(write_ascii(phrase).replace(",", "").replace("+", ""))


@pytest.mark.parametrize("target", FORMATS)
def test_one_file_that_is_the_same_each_time(target: str) -> None:
    first, second = (rr.emit(people(), target, title="Who pays?") for _ in range(2))
    assert list(first.files) == [FORMATS[target]]
    assert first.files == second.files
    assert "Who pays?" in str(first)


def test_everything_is_there() -> None:
    text = said(people(), title="Who pays?")
    for part in (
        "Who pays?",
        "pays and defaults",
        "SHA-256 " + "ab" * 32,
        "SHA-256 " + "cd" * 32,
        "relurules 9.9.9",
        "model.onnx",
        "What is proven",
        ("anywhere in the domain, the outputs of the rules are those of the network as traced"),
        "every row of the domain has a rule",
        "AUC 0.76",
        "log loss 0.44",
        "Observed default = 1, share",
        "A typical row has",
        "IF all of these hold",
        "THEN",
        "18 to 80",
        ("whole numbers in the data"),
        ("a missing value counts as 3.5"),
        "'cook' or 'smith'",
        "Limits of use",
        "no causal effect",
        "Words",
        ("the row of the data that is nearest"),
        (
            "relurules extract model.onnx --data DATA --target default --time-limit 60.0 --out "
            "rules.json"
        ),
        "relurules emit rules.json --to html --title 'Who pays?' --out .",
        "neuron 1 of layer hand",
    ):
        assert part in text, part


def test_without_evidence_its_parts_are_left_out() -> None:
    text = said(sums())
    for part in ("typical row", "Observed", "Data digest", "What is measured", "Rows of a rule"):
        assert part not in text
    assert "S1 = b + 0.5 · a \u2212 0.25 · c" in text
    assert "the weighted sum S1 is at least" in text
    assert "Sums used in the conditions" in text


def test_conditions_are_in_words_and_symbols_and_as_a_typical_row_has_them() -> None:
    rules = people()
    for card in cards(rules):
        conditions = card.blocks[0]
        assert isinstance(conditions, Conditions)
        assert len(conditions.rows) >= 1
        assert all(
            len(row) == len(conditions.header) == (3 if card.share else 2)
            for row in conditions.rows
        )


def test_the_arithmetic_of_a_typical_row_adds_up() -> None:
    rules = people()
    assert rules.evidence is not None
    charts = 0
    for card, facts in zip(cards(rules), rules.evidence.rules, strict=True):
        for chart in (block for block in card.blocks if isinstance(block, Chart)):
            charts += 1
            *terms, total = chart.bars
            products = [number(bar.cells[3]) for bar in terms]
            moved = [number(bar.amount) for bar in terms[1:]]
            tolerance = 0.002 * len(terms)
            assert facts.typical is not None
            score = rules.predict_scores(facts.typical[None])[0, 0]
            assert number(total.cells[3]) == pytest.approx(score, abs=0.002)
            assert sum(products) == pytest.approx(score, abs=tolerance)
            assert sum(moved) == pytest.approx(number(total.amount), abs=tolerance)
            own = rules.rules[card.number - 1].map
            mean = float(own.weights[0] @ rules.evidence.means + own.constants[0])
            assert number(total.amount) == pytest.approx(score - mean, abs=0.002)
            assert max(abs(bar.share or 0) for bar in terms) == pytest.approx(1)
            assert all(
                np.sign(bar.share) == np.sign(number(bar.amount))
                for bar in terms
                if bar.share and number(bar.amount)
            )
    assert charts == sum(facts.typical is not None for facts in rules.evidence.rules) > 1


def test_the_outcome_of_the_typical_row_is_what_the_rules_predict() -> None:
    rules = people()
    assert rules.evidence is not None
    text = said(rules)
    for facts in rules.evidence.rules:
        if facts.typical is not None:
            pays, defaults = rules.predict(facts.typical[None])[0]
            assert (
                f"pays = {pays:.4g} and defaults = {defaults:.4g}." in text
                or max(pays, defaults) > 0.9999
            )


def test_rules_come_by_coverage() -> None:
    rules = people()
    assert rules.evidence is not None
    page = str(rr.emit(rules, "markdown"))
    table = page.partition("## The rules")[2].partition("## ")[0]
    shares = [
        float(line.split("|")[3].strip(" \u00a0%"))
        for line in table.splitlines()
        if line.startswith("| [Rule")
    ]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) == len(rules)


def test_decisions_have_a_class_instead_of_a_formula() -> None:
    net = network([[1, 2, -0.5], [0.5, 1, 3]], [-1, 0.3], [[1, 1], [-1, 2]], C=np.ones((2, 3)))
    domain = rr.Domain.box([-1] * 3, [1] * 3, ["a", "b", "c"])
    rules = rules_of(net, domain, ["good", "bad"], decision="argmax")
    assert rules.decision is not None
    assert {0.0, 1.0} == set(rules.predict(rows_in(domain, 200))[:, 0])
    for card, rule in zip(cards(rules), rules, strict=True):
        (formulas,) = (block for block in card.blocks if isinstance(block, Formulas))
        number = int(rule.map.constants.argmax())
        assert [write_ascii(value) for _, value in formulas.items] == [
            f"'{rules.decision.classes[number]}' (class {number})"
        ]
    text = said(rules)
    assert "THEN the answer is its class" in text
    assert "From scores to outputs" not in text
    X = rows_in(rules.domain, 30)
    assert "For the typical row: class is good (class 0)." in said(
        with_evidence(rules, X, np.ones(30))
    )


def test_bounds_are_told_and_rounded_up() -> None:
    rules = replace(sums(), score_error=0.0123456, output_error=0.00123456)
    text = said(rules)
    assert "at most 0.00124, anywhere in the domain" in text
    assert "differ from those of the network as traced by at most 0.00124" in text
    assert "no bound is known" in said(replace(sums(), score_error=float("inf")))
    linked = rules_of(
        network([[1.0]], [0], [[1]], slope=0.9999),
        rr.Domain.box([-1], [1]),
        heads=[Head("sigmoid", (0,))],
    )
    assert ("the scores of the rules differ" in said(linked)) == (linked.output_error is None)


def test_what_fewer_rules_would_cost() -> None:
    rules = replace(sums(), tradeoffs=tuple(Tradeoff(100 - i, 0.001 * i) for i in range(100)))
    table = str(rr.emit(rules, "markdown")).split("with fewer rules:")[1].partition("##")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(lines) == 20
    assert lines[0].split("|")[1].strip() == "100"
    assert lines[-1].split("|")[1].strip() == "1"


def test_incomplete_rules_say_so() -> None:
    text = said(replace(sums(), complete=False))
    assert "The search for linear regions was ended early" in text
    assert "every row of the domain has a rule" not in text
    assert "At most one rule applies" in text


def test_few_rows_and_rows_outside_are_pointed_out() -> None:
    text = said(people())
    assert "fewer than 30 rows" in text
    assert "outside the domain" in text


def test_one_rule_without_conditions() -> None:
    rules = rules_of(network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[2, 0]], c=[1]))
    text = said(rules)
    assert "ALWAYS" in text
    assert "a single formula" in text
    assert "any number" in text


def test_many_scores_and_many_terms_are_cut_and_counted() -> None:
    net = network(
        np.ones((1, 40)), [0], np.ones((5, 1)), C=np.random.default_rng(0).normal(size=(5, 40))
    )
    rules = rules_of(net, rr.Domain.box([-1] * 40, [1] * 40))
    X = rows_in(rules.domain, 50)
    text = said(with_evidence(rules, X, np.ones(50)))
    assert "The first 3 of 5 scores are shown." in text
    assert "28 more terms" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [({"form": "tree"}, "no form 'tree'"), ({"dialect": "sqlite"}, "no dialect 'sqlite'")],
)
def test_refuses_forms_and_dialects(options: dict[str, str], message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        rr.emit(sums(), "html", **options)  # type: ignore[arg-type]


def test_titles_are_for_documents() -> None:
    with pytest.raises(UnsupportedError, match="no title; supported by: markdown, html, latex"):
        rr.emit(sums(), "sql", title="T")


def test_open_sides_are_said_so() -> None:
    net = network([[1, 2, -0.5]], [-1], [[1]], C=[[1, 1, 0]])
    domain = rr.Domain.box([-np.inf, 0, 3], [np.inf, np.inf, 3.5], ["a", "b", "c"])
    text = said(rules_of(net, domain))
    assert "a any number b at least 0 c 3 to 3.5" in text
    assert "Possible outputs y0 any number" in text or "Possible outputs y0 at least" in text
    assert "Working with the numbers of this page" not in text


def test_bounds_of_columns_have_all_their_digits_and_ranges_are_rounded_outwards() -> None:
    net = network([[1.0]], [-5.0], [[1 / 3]], C=[[1 / 7]])
    rules = rules_of(net, rr.Domain.box([-1684259.0], [1684259.25], ["x"]))
    text = said(rules)
    assert "-1,684,259 to 1,684,259.25" in text.replace("\u2212", "-")
    shown = re.findall(
        r"Possible outputs y0 (\S+) to (\S+)", text.replace("\u2212", "-").replace(",", "")
    )
    assert len(shown) == len(rules) == 2
    for (low, high), exact in zip(shown, rules.ranges()[:, 0], strict=True):
        assert -0.01 * abs(exact[0]) < float(low) - exact[0] <= 1e-9 * abs(exact[0])
        assert -1e-9 * abs(exact[1]) <= float(high) - exact[1] < 0.01 * abs(exact[1])


def test_commands_that_make_it_again() -> None:
    import inspect

    from relurules.cli import main
    from relurules.documents.closing_sections import _OPTIONS

    assert set(_OPTIONS) <= set(inspect.signature(main.extract).parameters)
    base = people()
    rules = replace(base, provenance=replace(base.provenance, settings={"threshold": 1.0}))
    told = (
        "relurules.extract('model.onnx', domain=DOMAIN, data=DATA, y=RESPONSE, "
        "threshold=1.0).save('rules.json')"
    )
    assert told in said(rules)
    rules = replace(
        base, evidence=None, provenance=replace(base.provenance, model="Sequential", settings={})
    )
    assert "relurules.extract(MODEL, domain=DOMAIN, data=DATA).save('rules.json')" in said(rules)


def test_what_counts_as_1_and_what_numbers_vary_by() -> None:
    base = people()
    assert base.evidence is not None
    assert "Observed default = late, share" in said(
        replace(base, evidence=replace(base.evidence, positive="late"))
    )
    text = said(replace(base, evidence=replace(base.evidence, task="regression")))
    assert "Observed default, mean" in text
    assert "standard deviation" in text
