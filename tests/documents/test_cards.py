"""Numbers of a rule's card, each worked out again from the rules and the data's figures."""

from dataclasses import replace

import numpy as np
import pytest
from documents.stand_ins import people, with_evidence
from handmade import random_network, rows_in, rules_of

import relurules as rr
from relurules.documents.cards import build_card, phrase_class, phrase_row_value, spell_metric
from relurules.documents.context import build_context
from relurules.documents.document import Card, Chart, Facts, Formulas
from relurules.ir import Condition, HalfSpace, RuleSet
from relurules.wording.phrases import Phrase, write_ascii


def cards(rules: RuleSet) -> list[Card]:
    context = build_context(rules)
    return [build_card(context, read) for read in context.reading.rules]


def number(phrase: Phrase) -> float:
    return float(write_ascii(phrase).replace(",", "").replace("+", ""))


def plain(seed: int) -> RuleSet:
    box = rr.Domain.box([-1] * 3, [2] * 3, ["a", "b", "c"])
    rules = rules_of(random_network(seed, 3, 4, 1), box)
    X = rows_in(box, 300, seed)
    return with_evidence(rules, X, np.sin(X[:, 0]))


@pytest.mark.parametrize("seed", range(4))
def test_every_term_of_the_arithmetic(seed: int) -> None:
    rules = plain(seed)
    assert rules.evidence is not None
    means = rules.evidence.means
    for card, facts in zip(cards(rules), rules.evidence.rules, strict=True):
        own = rules.rules[card.number - 1].map
        for chart in (block for block in card.blocks if isinstance(block, Chart)):
            constant, *terms, total = chart.bars
            assert facts.typical is not None
            assert number(constant.cells[3]) == pytest.approx(own.constants[0], abs=0.01)
            moves = {}
            for bar in terms:
                j = "abc".index(write_ascii(bar.cells[0]))
                weight, value = own.weights[0, j], facts.typical[j]
                assert number(bar.cells[1]) == pytest.approx(value, rel=1e-5)
                assert number(bar.cells[3]) == pytest.approx(weight * value, abs=0.01)
                assert number(bar.cells[4]) == pytest.approx(means[j], rel=6e-3)
                moves[j] = weight * (value - means[j])
                assert number(bar.amount) == pytest.approx(moves[j], abs=0.01)
                sign, size = write_ascii(bar.cells[2])[0], write_ascii(bar.cells[2])[1:]
                shown = float(size.replace("-", "").replace(" ", ""))
                coefficient = 1 / shown if sign == "\u00f7" else shown
                assert coefficient == pytest.approx(abs(weight), rel=1e-2)
                assert ("-" in size) == (weight < 0)
            assert set(moves) == set(np.flatnonzero(own.weights[0]))
            sizes = [abs(move) for move in moves.values()]
            assert sizes == sorted(sizes, reverse=True)
            for bar, (_, move) in zip(terms, moves.items(), strict=True):
                assert bar.share == pytest.approx(move / max(sizes))
            score = float(own.weights[0] @ facts.typical + own.constants[0])
            assert number(total.cells[3]) == pytest.approx(score, abs=0.01)
            assert number(total.cells[4]) == pytest.approx(score - sum(moves.values()), abs=0.01)


def test_what_was_observed_on_the_rule_s_rows() -> None:
    rules = people()
    assert rules.evidence is not None
    regression = replace(rules, evidence=replace(rules.evidence, task="regression"))
    for one in (rules, regression):
        for card, facts in zip(cards(one), rules.evidence.rules, strict=True):
            (items,) = (dict(b.items) for b in card.blocks if isinstance(b, Facts))
            if facts.mean is None:
                assert not any(label.startswith("Observed") for label in items)
                continue
            label = "Observed default = 1" if one is rules else "Observed default"
            said = write_ascii(items[label])
            assert float(said.split()[1].strip(",")) == pytest.approx(facts.mean, abs=5e-5)
            assert said.startswith("share" if one is rules else "mean")
            if one is regression:
                assert float(said.split()[-1]) == pytest.approx(facts.deviation, abs=5e-5)
            assert write_ascii(items["On its own rows"]) == "AUC 0.7"


def test_formulas_give_the_scores() -> None:
    """As printed, computed by Python."""
    rules = plain(2)
    X = rows_in(rules.domain, 200, 7)
    told, scores = rules.apply(X), rules.predict_scores(X)[:, 0]
    for card in cards(rules):
        (formulas,) = (b for b in card.blocks if isinstance(b, Formulas))
        ((_, phrase),) = formulas.items
        text = write_ascii(phrase).replace(",", "")
        for x, score in zip(X[told == card.number], scores[told == card.number], strict=True):
            found = eval(text, {}, dict(zip("abc", x.tolist(), strict=True)))
            assert found == pytest.approx(score, abs=1e-3)


@pytest.mark.parametrize("seed", range(30))
def test_what_a_row_has_is_shown_to_pass_the_test(seed: int) -> None:
    """However near to the bound: a >= 0.5 b + 3, sums and single columns."""
    rng = np.random.default_rng(seed)
    base = rules_of(random_network(0, 2, 1, 1), rr.Domain.box([-9, -9], [9, 9], ["a", "b"]))
    row = rng.uniform(-8, 8, 2)
    normal = np.array([1.0, -rng.uniform(0.1, 0.9)]) if seed % 3 else np.array([1.0, 0.0])
    if seed % 3 == 1:
        normal[1] *= -1
    holds, near = bool(rng.integers(2)), 10.0 ** -rng.integers(1, 9)
    bound = float(normal @ row) + (-near if holds else near)
    condition = Condition(HalfSpace(normal, bound, None, 0), holds)
    rules = replace(base, rules=(replace(base.rules[0], conditions=(condition,)),))
    context = build_context(rules)
    ((test,),) = (read.tests for read in context.reading.rules)
    said = write_ascii(phrase_row_value(test, row, context))
    if seed % 3 == 0:
        assert said.startswith("a = ")
        shown = float(said.removeprefix("a = "))
        assert (shown >= bound) == holds
    elif "the sum is" in said:
        assert seed % 3 == 1
        assert (float(said.split("the sum is ")[1]) >= bound) == holds
    else:
        right = float(said.split("the right side is ")[1])
        assert (row[0] >= right) == holds
        assert right == pytest.approx(row[0] - normal @ row + bound, rel=1e-3, abs=1e-6)
        assert float(said.split("a = ")[1].split(",")[0]) == pytest.approx(row[0], rel=1e-5)


def test_classes_by_number_and_name() -> None:
    box = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])
    rules = rules_of(random_network(2, 2, 4, 2), box, ["good", "bad"], decision="argmax")
    context = build_context(rules)
    for rule in rules:
        i = int(rule.map.constants.argmax())
        assert write_ascii(phrase_class(context, rule.number)) == (
            f"'{('good', 'bad')[i]}' (class {i})"
        )
    assert [spell_metric(name) for name in ("R2", "AUC")] == ["R\u00b2", "AUC"]
