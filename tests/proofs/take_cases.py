"""Chords and changes of lines, drawn and by hand: certificates of one leaf, and what they show."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from answer_cases import stamp
from file_copies import copy_content

COLUMNS, LINES = 3, 5
SEEDS = range(40)


def _draw_number(rng: np.random.Generator, over: int) -> float:
    """A number of which all that follows is a number of few digits."""
    return float(rng.integers(-2 * over, 2 * over + 1) or 1) / over


def make_line_rules(lines: list[Any]) -> dict[str, Any]:
    """Additive rules over columns from -1 to 1."""
    features = [
        {"name": f"x{j}", "lower": -1.0, "upper": 1.0, "integer": False} for j in range(COLUMNS)
    ]
    return {
        "format": "relurules.additive", "version": 1, "outputs": ["y"], "features": features,
        "constraints": [], "neuron_groups": [], "lines": lines,
        "base": {"y": {"constant": 0.5, "coefficients": {"x0": 0.25}}},
    }  # fmt: skip


def draw_rules(rng: np.random.Generator) -> dict[str, Any]:
    return make_line_rules([
        {
            "coefficients": {f"x{j}": _draw_number(rng, 4) for j in range(COLUMNS)},
            "above": _draw_number(rng, 8) / 2,
            "slopes": {"y": _draw_number(rng, 4)},
        }
        for _ in range(LINES)
    ])  # fmt: skip


def draw_takes(rng: np.random.Generator) -> list[Any]:
    """A chord or a change of every line, in any order; changes are from lines with a chord."""
    order = rng.permutation(LINES).tolist()
    chords = order[: int(rng.integers(1, LINES + 1))]
    share = (rng.integers(0, 9, size=LINES) / 8.0).tolist()
    takes: list[Any] = [["chord", k, share[k], [], []] for k in chords]
    takes += [
        ["change", k, int(rng.choice(chords)), share[k], [], []] for k in order[len(chords) :]
    ]
    return [takes[i] for i in rng.permutation(LINES)]


def claim(rules: dict[str, Any], takes: list[Any], high: float, **part: Any) -> Any:
    """The certificate of one part with one tree of one leaf."""
    own: dict[str, Any] = {
        "columns": list(range(COLUMNS)), "lines": list(range(len(rules["lines"]))), "low": None,
        "high": high, "trees": [[takes, "leaf"]], **part,
    }  # fmt: skip
    found = {
        "format": "relurules.answer", "version": 1, "question": "range", "weights": [1.0],
        "given": {"bounds": {}, "constraints": []}, "low": None, "high": high + 0.5,
        "lowest": None, "highest": None, "parts": [own],
    }  # fmt: skip
    return stamp(found, rules), rules


Affine = dict[str | None, Fraction]


def _add(one: Affine, other: Affine, times: Fraction) -> Affine:
    return {
        key: one.get(key, Fraction(0)) + times * other.get(key, Fraction(0))
        for key in {*one, *other}
    }


def _span(form: Affine) -> tuple[Fraction, Fraction]:
    """How far a form may be below and above 0 in the box."""
    reach = sum((abs(value) for key, value in form.items() if key), Fraction(0))
    constant = form.get(None, Fraction(0))
    return max(Fraction(0), reach - constant), max(Fraction(0), reach + constant)


def find_high(rules: dict[str, Any], takes: list[Any]) -> Fraction:
    """What the score less its constant is at most by these takes, in rationals."""
    z: list[Affine] = [
        {None: -Fraction(line["above"])} | {n: Fraction(v) for n, v in line["coefficients"].items()}
        for line in rules["lines"]
    ]
    weights = [Fraction(line["slopes"]["y"]) for line in rules["lines"]]
    total: Affine = {"x0": Fraction(0.25)}
    changes = [take for take in takes if take[0] == "change"]
    for _, k, other, share, _, _ in changes:
        weights[other] += weights[k]
        form, part = _add(z[k], z[other], Fraction(-1)), Fraction(share)
        under, over = _span(form)
        beyond = max((1 - part) * over, part * under)
        least = -max(part * over, (1 - part) * under)
        total = _add(total, {None: Fraction(1)}, weights[k] * (beyond if weights[k] > 0 else least))
        total = _add(total, form, weights[k] * part)

    for _, k, share, _, _ in (take for take in takes if take[0] == "chord"):
        part = Fraction(share)
        under, over = _span(z[k])
        beyond = max((1 - part) * over, part * under)
        total = _add(total, z[k], weights[k] * part)
        total = _add(total, {None: Fraction(1)}, max(Fraction(0), weights[k]) * beyond)

    reach = sum((abs(value) for key, value in total.items() if key), Fraction(0))
    return reach + total[None]


TWO_LINES = make_line_rules([
    {"coefficients": {"x0": 1.0}, "above": 0.0, "slopes": {"y": 1.0}},
    {"coefficients": {"x0": 1.0}, "above": 0.5, "slopes": {"y": -1.0}},
])  # fmt: skip


def take_case(*takes: Any, high: float = 9.0, **part: Any) -> Callable[[], Any]:
    return lambda: claim(TWO_LINES, list(takes), high, **part)


def make_chord(k: Any, share: Any = 0.5) -> list[Any]:
    return ["chord", k, share, [], []]


def make_change(k: Any, other: Any, share: Any = 0.5) -> list[Any]:
    return ["change", k, other, share, [], []]


#: Name of a case -> its files, and words of why it is refused.
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a share above 1": (take_case(make_chord(0, 1.5), make_chord(1)), "isn't from 0 to 1"),
    "a share below 0": (take_case(make_chord(0, -0.5), make_chord(1)), "isn't from 0 to 1"),
    "a share that is a text": (take_case(make_chord(0, "1"), make_chord(1)), "is no number"),
    "a share that is true": (take_case(make_chord(0, True), make_chord(1)), "is no number"),
    "a neuron that there isn't": (take_case(make_chord(2), make_chord(1)), "neuron 2 of 2"),
    "a neuron with a point": (take_case(make_chord(0.0), make_chord(1)), "counted from 0"),
    "a change from itself": (take_case(make_change(0, 0), make_chord(1)), "a change too"),
    "changes from one another": (take_case(make_change(0, 1), make_change(1, 0)), "a change too"),
    "only a change": (take_case(make_change(1, 0)), ""),
    "a line that isn't told": (take_case(make_chord(1)), "isn't told"),
    "a chord of too few entries": (take_case(["chord", 0, 0.5, []], make_chord(1)), "laid out"),
    "a chord of too many": (take_case(["chord", 0, 0.5, [], [], []], make_chord(1)), "laid out"),
    "multipliers of no row": (take_case(["chord", 0, 0.5, [0, 1.0], []], make_chord(1)), "rows"),
    "multipliers that are none": (take_case(["chord", 0, 0.5, None, []], make_chord(1)), "no list"),
    "another name": (take_case(["arc", 0, 0.5, [], []], make_chord(1)), "without a number"),
    "two trees for one end": (
        take_case(trees=[[[make_chord(0), make_chord(1)], "leaf"]] * 2), "2 trees for 1 ends"
    ),
    "no tree": (take_case(trees=[]), "0 trees for 1 ends"),
    "trees that are none": (take_case(trees=None), "is no list"),
}  # fmt: skip
REFUSED["only a change"] = (take_case(make_change(1, 0), high=0.74), "within the range")


def _name_column(name: Any) -> Callable[[], Any]:
    extra = {"name": name, "lower": 0.0, "upper": 1.0, "integer": False}
    rules = {**TWO_LINES, "features": [*TWO_LINES["features"], extra]}
    return lambda: claim(rules, [make_chord(0), make_chord(1)], 9.0)


REFUSED |= {
    f"a column with the name {name}": (_name_column(name), "name is no text")
    for name in (1, None, True)
}


def draw_take_cases() -> list[Any]:
    """Files of claims that takes just show, or don't; with shares of many digits; by hand."""
    cases = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        rules, takes = draw_rules(rng), draw_takes(rng)
        high = float(find_high(rules, takes))
        cases += [claim(rules, takes, v) for v in (high, math.nextafter(high, -math.inf))]
        changed = copy_content(takes)
        changed[0][-3] = float(rng.uniform())
        cases += [claim(rules, changed, value) for value in (high, high + 0.01, high + 1.0)]

    return cases + [make() for make, _ in REFUSED.values()]
