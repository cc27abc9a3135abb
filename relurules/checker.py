"""Checks a certificate: that rules are a model, up to a bound, for every point of a domain.

    python check.py certificate.json rules.json model.json

Needs Python alone, and believes neither the program that made the certificate nor any floating point: the model's and
the rules' numbers are taken as the exact rationals that they are, and all that follows is arithmetic of integers.

A form is a list of integers [coefficients of the n coordinates u, constant, radius], in units of 2**-BITS: the true
function is within the radius of the affine one, and every rounding goes into the radius. A column x = middle + half u
has -1 <= u <= 1; of a one-hot group exactly one member is 1. A cell is the domain cut by rows >= 0. For multipliers
y >= 0, form <= form + y rows on the cell, and what that can be at most over the box is read off its coefficients: so
any multipliers whatever give a bound, good ones a good bound. All that a certificate does is to propose them.

For each rule it holds a tree that starts with the domain cut by the rule's printed conditions:
    [takes, "split", k, negative, positive]   cuts by the sign of neuron k
    [takes, "category", j, is, isn't]         cuts by member j of a one-hot group
    [takes, "empty", [row, y, ...]]           nothing is left: the rows' sum is negative everywhere
    [takes, "leaf", [row, y, ...], ...]       all neurons are affine here: what the rule's scores may be off
takes: neurons, k + 1 or -(k + 1), whose z is (almost) nowhere negative, or positive, as [number, row, y, ...] shows, or
the number alone. Where z passes 0 by e, the PReLU is off by no more than |1 - slope| e, and that is counted.
That the rules cover the domain is seen by their tree: each way down to a rule passes all its conditions; a way that
does not has a tree of its own, among `paths`.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from operator import mul
from pathlib import Path
from typing import Any, NamedTuple

FORMAT, VERSION = "relurules.certificate", 1
#: Digits of a form behind the point, and of multipliers.
BITS, FINE = 192, 64
ONE = 1 << BITS

Form = list[int]
Row = list[int]
Sparse = dict[int, Fraction]  # columns as j, neurons as ~k


class RefusedError(Exception):
    """The certificate shows less than it says."""


class Verdict(NamedTuple):
    """What a check found; true when it holds.

    bound: |model - rules| is nowhere more, for any score; of decisions, the margin above which they are the model's.
    bounds: for each rule how far every score may be above it and below, or how far every other class ahead. leaves: of
    the certificate; covers: whether every point of the domain has a rule; model: from which of its numbers the proof
    starts; why: what was wrong, if anything.
    """

    holds: bool
    bound: float
    bounds: tuple[tuple[float, ...], ...] = ()
    leaves: int = 0
    covers: bool = True
    decision: bool = False
    model: str = ""
    why: str = ""

    def __bool__(self) -> bool:
        """True when the certificate holds."""
        return self.holds


def digest(value: Any) -> str:
    """SHA-256 of plain JSON values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def digests(rules: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, str]:
    """What a certificate is about."""
    domain, said = ("features", "constraints", "groups", "columns"), (
        "outputs", "heads", "decision", "complete", "max_error", "score_error", "splits", "rules",
    )  # fmt: skip
    return {
        "model": digest(model),
        "domain": digest({name: rules.get(name) for name in domain}),
        "rules": digest({name: rules.get(name) for name in said}),
    }


# The model, exactly


class Unit(NamedTuple):
    """A neuron's z, or a score: what it is of the columns and of earlier neurons, exactly. slope: of its PReLU."""

    inputs: Sparse
    constant: Fraction
    reads: Sparse
    slope: Fraction


def units(model: Mapping[str, Any]) -> tuple[list[Unit], list[Unit]]:
    """All neurons in order, and the scores."""
    neurons: list[Unit] = []
    signals: list[tuple[Sparse, Fraction]] = [({j: Fraction(1)}, Fraction(0)) for j in range(len(model["features"]))]
    for layer in model["layers"]:
        signals = _LAYERS[layer["kind"]](layer, signals, neurons)
    return neurons, [_unit(*signal, Fraction(1)) for signal in signals]


def _unit(terms: Sparse, constant: Fraction, slope: Fraction) -> Unit:
    inputs = {j: value for j, value in terms.items() if j >= 0 and value}
    return Unit(inputs, constant, {~j: value for j, value in terms.items() if j < 0 and value}, slope)


def _sum(signals: Sequence[tuple[Sparse, Fraction]], weights: Sequence[Any], constant: Any) -> tuple[Sparse, Fraction]:
    if len(weights) != len(signals):
        raise RefusedError(f"a row of {len(weights)} weights for {len(signals)} values")
    total, terms = Fraction(constant), Sparse()
    for weight, (own, plus) in zip(map(Fraction, weights), signals, strict=True):
        if weight:
            total += weight * plus
            for j, value in own.items():
                terms[j] = terms.get(j, Fraction(0)) + weight * value
    return terms, total


def _affine(layer: Any, signals: Any, _: list[Unit]) -> Any:
    return [_sum(signals, row, c) for row, c in zip(layer["weights"], layer["constants"], strict=True)]


def _scale(layer: Any, signals: Any, _: list[Unit]) -> Any:
    """(x - minus) / over * times + plus, column by column."""
    count = len(signals)
    parts = [map(Fraction, layer.get(name, [default] * count)) for name, default in
             (("minus", 0), ("over", 1), ("times", 1), ("plus", 0))]  # fmt: skip
    found = []
    for (terms, constant), minus, over, times, plus in zip(signals, *parts, strict=True):
        factor = times / over
        found.append(({j: factor * value for j, value in terms.items()}, (constant - minus) * factor + plus))
    return found


def _activated(terms: Sparse, constant: Fraction, slope: Any, neurons: list[Unit]) -> tuple[Sparse, Fraction]:
    neurons.append(_unit(terms, constant, Fraction(slope)))
    return {~(len(neurons) - 1): Fraction(1)}, Fraction(0)


def _prelu(layer: Any, signals: Any, neurons: list[Unit]) -> Any:
    pairs = zip(signals, layer["slopes"], strict=True)
    return [(terms, c) if slope == 1 else _activated(terms, c, slope, neurons) for (terms, c), slope in pairs]


def _canonical(layer: Any, signals: Any, neurons: list[Unit]) -> Any:
    """The neurons z = A x + L phi(z) + b, and the scores f = C x + U phi(z) + c."""
    given = list(signals)
    for k, (row, through, constant, slope) in enumerate(
        zip(layer["A"], layer["L"], layer["b"], layer["slope"], strict=True)
    ):
        if any(through[k:]):
            raise RefusedError(f"neuron {k} reads later ones")
        given.append(_activated(*_sum(given, [*row, *through[:k]], constant), slope, neurons))
    rows = zip(layer["C"], layer["U"], layer["c"], strict=True)
    return [_sum(given, [*row, *through], constant) for row, through, constant in rows]


_LAYERS: Mapping[str, Any] = {"affine": _affine, "scale": _scale, "prelu": _prelu, "canonical": _canonical}


# The domain, and forms in its coordinates


class Space:
    """The domain's box and one-hot groups. columns: those that may move; groups: their members' places among them."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        names = [feature["name"] for feature in rules["features"]]
        bounds = [(feature["lower"], feature["upper"]) for feature in rules["features"]]
        if any(bound is None for pair in bounds for bound in pair):
            raise RefusedError(f"column {names[[None in pair for pair in bounds].index(True)]!r} has no bounds")
        low, high = ([Fraction(pair[side]) for pair in bounds] for side in (0, 1))
        if any(a > b for a, b in zip(low, high, strict=True)) or len(set(names)) < len(names):
            raise RefusedError("bounds are crossed, or two columns have one name")
        groups = [[names.index(name) for name in group] for group in rules.get("groups", ())]
        tied = {j for group in groups for j in group}
        if len(tied) < sum(map(len, groups)):
            raise RefusedError("a column is in two groups")
        plain = [j for j in range(len(names)) if j not in tied and low[j] < high[j]]
        self.names = {name: j for j, name in enumerate(names)}
        self.plain, self.columns = len(plain), [*plain, *(j for group in groups for j in group)]
        self.size = len(self.columns)
        place = {j: i for i, j in enumerate(self.columns)}
        self.groups = [[place[j] for j in group] for group in groups]
        allowed = [[j for j in group if high[j] >= 1 and all(low[i] <= 0 for i in group if i != j)] for group in groups]
        self.allowed = tuple(tuple(place[j] for j in group) for group in allowed)
        self.middle = [Fraction(0) if j in tied else (low[j] + high[j]) / 2 for j in range(len(names))]
        self.half = [Fraction(1) if j in tied else (high[j] - low[j]) / 2 for j in range(len(names))]
        self.low, self.high = low, high

    def named(self, coefficients: Mapping[str, Any]) -> Sparse:
        """Coefficients by column number."""
        return {self.names[name]: Fraction(value) for name, value in coefficients.items()}

    def form(self, coefficients: Sparse, constant: Fraction) -> Form:
        """A form of the columns in the coordinates u."""
        total = constant + sum(value * self.middle[j] for j, value in coefficients.items())
        exact = [coefficients.get(j, Fraction(0)) * self.half[j] for j in self.columns]
        rounded = [value.numerator * ONE // value.denominator for value in (*exact, total)]
        return [*rounded, sum(ONE % value.denominator != 0 for value in (*exact, total))]

    def highest(self, total: Sequence[int], allowed: Sequence[Sequence[int]]) -> int:
        """The largest value of coefficients and a constant over the box; of each group, the best member counts."""
        plain = self.plain
        value = sum(map(abs, total[:plain])) + total[self.size]
        for group in allowed:
            value += max(total[j] for j in group)
        return value


def row_of(form: Form, sign: int) -> Row:
    """What isn't negative where sign * the true function isn't."""
    *terms, constant, radius = form
    return [*(sign * value for value in terms), sign * constant + radius]


class Rational(NamedTuple):
    """A unit in forms: own form of the inputs; reads: neurons and integer weights, over a denominator."""

    own: Form
    reads: tuple[int, ...]
    weights: tuple[int, ...]
    over: int
    slope: Fraction


def rational(unit: Unit, space: Space) -> Rational:
    """The unit in the coordinates of the space."""
    over = math.lcm(*(value.denominator for value in unit.reads.values()))
    weights = tuple(int(value * over) for value in unit.reads.values())
    return Rational(space.form(unit.inputs, unit.constant), tuple(unit.reads), weights, over, unit.slope)


def value_of(unit: Rational, active: Sequence[Form | None]) -> Form:
    """A unit's form where those of the neurons that it reads are `active`; an empty one is 0."""
    found = [(weight, active[k]) for k, weight in zip(unit.reads, unit.weights, strict=True)]
    if any(form is None for _, form in found):
        raise RefusedError("a neuron is read whose sign isn't told")
    kept = [(weight, form) for weight, form in found if form]
    if not kept:
        return unit.own
    weights, forms = [weight for weight, _ in kept], [form for _, form in kept]
    *columns, radii = zip(*forms, strict=True)
    total = [own + sum(map(mul, weights, column)) // unit.over for own, column in zip(unit.own, columns, strict=False)]
    radius = -(-sum(map(mul, map(abs, weights), radii)) // unit.over)
    return [*total, unit.own[-1] + radius + len(total)]


def activated(form: Form, slope: Fraction, side: int, beyond: int) -> Form:
    """PReLU of a form that lies on one side of 0, or beyond by so much."""
    spill = -(-abs(slope.denominator - slope.numerator) * beyond // slope.denominator)
    if side > 0:
        return [*form[:-1], form[-1] + spill]
    if not slope:
        return [*[0] * (len(form) - 1), spill] if spill else []
    scaled = [slope.numerator * value // slope.denominator for value in form[:-1]]
    return [*scaled, -(-abs(slope.numerator) * form[-1] // slope.denominator) + len(scaled) + spill]


# What rules say


class Target(NamedTuple):
    """What a leaf bounds from above: signs * scores - the form, slack added."""

    scores: tuple[tuple[int, int], ...]
    form: Form
    slack: int


def targets(
    rule: Mapping[str, Any], rules: Mapping[str, Any], model: Mapping[str, Any], ground: "Ground"
) -> list[Target]:
    """How far a rule is off: every score from above and below, or how far it is from deciding as the model."""
    names = score_names(rules)
    if len(rule["outputs"]) != len(names):
        raise RefusedError(f"a rule has {len(rule['outputs'])} scores; expected {', '.join(names)}")
    maps, space = [rule["outputs"][name] for name in names], ground.space
    if rules.get("decision") is not None:
        return _decided(maps, rules, model, space)
    if rules.get("heads") != model.get("heads") or len(maps) != len(ground.scores):
        raise RefusedError("the rules' outputs aren't made of their scores as the model's are")
    found = []
    for i, own in enumerate(maps):
        form = space.form(space.named(own["coefficients"]), Fraction(own["constant"]))
        found += [Target(((i, 1),), form, 0), Target(((i, -1),), [*(-value for value in form[:-1]), form[-1]], 0)]
    return found


def score_names(rules: Mapping[str, Any]) -> list[str]:
    """What rules files call the scores: as the outputs where there is no link, else by a name that starts no other."""
    outputs: list[str] = list(rules["outputs"])
    if "heads" not in rules:
        return outputs
    taken, name = [*outputs, *(feature["name"] for feature in rules["features"])], "score"
    while any(other.lower().startswith(name) for other in taken):
        name = f"raw_{name}"
    count = len(rules["network"]["c"])
    return [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]


def _decided(maps: list[Any], rules: Mapping[str, Any], model: Mapping[str, Any], space: Space) -> list[Target]:
    values = [Fraction(own["constant"]) for own in maps]
    decision = decision_of(model, rules["decision"]["threshold"])
    link = "step" if decision.order is None else "argmax"
    wanted = [{"link": link, "scores": list(range(len(maps))), "component": 0}]
    classes = 2 if decision.order is None else len(decision.order)
    told = [abs(values[0])] if decision.order is None else sorted(values)[::-1]
    if any(any(own["coefficients"].values()) for own in maps) or told != [1, *[0] * (len(maps) - 1)]:
        raise RefusedError("a rule that decides has scores that don't tell one class: 1 and -1, or 1 and 0 for others")
    if rules.get("heads") != wanted:
        raise RefusedError("the rules decide in another way than the model")
    if len(maps) != (1 if decision.order is None else classes) or len(rules["decision"]["classes"]) != classes:
        raise RefusedError("the rules have more or fewer classes than the model")
    if decision.order is None:
        way, cut = (-1 if values[0] >= 0 else 1), Fraction(decision.cut)
        slack = math.ceil(abs(cut) * 2 ** (BITS - 50))
        return [Target(((decision.score, way * decision.sign),), space.form({}, way * cut), slack)]
    best = values.index(max(values))
    others = [score for i, score in enumerate(decision.order) if i != best]
    return [Target(((score, 1), (decision.order[best], -1)), space.form({}, Fraction(0)), 0) for score in others]


class Decision(NamedTuple):
    """The scores of the classes in order, the largest of which decides; or None: sign * score >= cut decides.

    A cut that is a logarithm is right to 2**-50 of itself, which is counted too.
    """

    order: list[int] | None
    score: int = 0
    sign: int = 1
    cut: float = 0.0


_CUTS: Mapping[str, tuple[Any, int]] = {
    "identity": (lambda t: t, 1),
    "sigmoid": (lambda t: math.log(t / (1.0 - t)), 1),
    "complement": (lambda t: math.log(t / (1.0 - t)), -1),
    "exp": (math.log, 1),
    "expm1": (math.log1p, 1),
}


def decision_of(model: Mapping[str, Any], threshold: float | None) -> Decision:
    """How the model decides."""
    plain = [{"link": "identity", "scores": [i], "component": 0} for i in range(len(model["outputs"]))]
    heads = model.get("heads", plain)
    links, score = {head["link"] for head in heads}, heads[-1]["scores"][0]
    if threshold is not None and heads[-1]["link"] in _CUTS:
        cut, sign = _CUTS[heads[-1]["link"]]
        return Decision(None, score, sign, cut(threshold))
    if len(heads) == 2 and links == {"sigmoid", "complement"} and heads[0]["scores"] == heads[1]["scores"]:
        return Decision(None, score, 1 if heads[1]["link"] == "sigmoid" else -1)
    if links == {"argmax"} and len(heads) == 1:
        return Decision(list(heads[0]["scores"]))
    if links in ({"identity"}, {"softmax"}, {"log_softmax"}):
        return Decision([head["scores"][head["component"]] for head in heads])
    raise RefusedError("the model's outputs aren't classes")


# The proof


class Ground:
    """What all cells share: model, space, the domain's rows, and forms of neurons that read no others."""

    def __init__(self, rules: Mapping[str, Any], model: Mapping[str, Any]) -> None:
        if len(rules["features"]) != len(model["features"]) or rules.get("columns") != model.get("columns"):
            raise RefusedError("the rules read other columns than the model")
        self.space, (neurons, scores) = Space(rules), units(model)
        self.neurons = [rational(unit, self.space) for unit in neurons]
        self.scores = [rational(unit, self.space) for unit in scores]
        self.first = [None if unit.reads else unit.own for unit in self.neurons]
        self.walls = [
            row_of(self.space.form(self.space.named(item["coefficients"]), -Fraction(item["at_most"])), -1)
            for item in rules["constraints"]
        ]
        self.splits = [
            self.space.form(self.space.named(item["coefficients"]), -Fraction(item["at_least"]))
            for item in rules["splits"]
        ]

    def rows(self, sides: Sequence[tuple[int, bool]]) -> list[Row]:
        """The domain's rows and those of a cell on these sides of the rules' splits."""
        return [*self.walls, *(row_of(self.splits[split], 1 if holds else -1) for split, holds in sides)]


class Cell:
    """A part of the domain, and what neurons are there: z if it was needed, phi(z) once its sign is told."""

    def __init__(self, ground: Ground, rows: list[Row]) -> None:
        self.ground, self.rows, self.allowed = ground, rows, ground.space.allowed
        self.forms: list[Form | None] = list(ground.first)
        self.active: list[Form | None] = [None] * len(self.forms)

    def child(self) -> "Cell":
        """The same, to be cut."""
        other = Cell(self.ground, list(self.rows))
        other.forms, other.active, other.allowed = list(self.forms), list(self.active), self.allowed
        return other

    def form(self, k: int) -> Form:
        """Neuron k's z."""
        form = self.forms[k]
        if form is None:
            form = self.forms[k] = value_of(self.ground.neurons[k], self.active)
        return form

    def at_most(self, form: Sequence[int], pairs: Sequence[Any]) -> int:
        """What a form can be at most in the cell, by multipliers of its rows, radius aside."""
        highest, total = self.ground.space.highest, form
        if not pairs:
            return highest(form, self.allowed)
        total = [value << FINE for value in form]
        for row, y in zip(pairs[::2], pairs[1::2], strict=True):
            if row < 0 or not 0.0 <= y < 1e200:
                raise RefusedError(f"a multiplier {y} of row {row}")
            weight = int(math.ldexp(y, FINE))
            total = [value + weight * other for value, other in zip(total, self.rows[row], strict=False)]
        return -(-highest(total, self.allowed) >> FINE)

    def take(self, code: int, pairs: Sequence[Any]) -> None:
        """Treat a neuron as one side of it, and count how far it may be beyond."""
        k, side = abs(code) - 1, 1 if code > 0 else -1
        if code == 0:
            raise RefusedError("a neuron without a number")
        form = self.form(k)
        beyond = self.at_most([-side * value for value in form[:-1]], pairs) + form[-1]
        self.active[k] = activated(form, self.ground.neurons[k].slope, side, max(0, beyond))

    def side(self, k: int, side: int) -> "Cell":
        """The part where neuron k has this sign."""
        other, form = self.child(), self.form(k)
        other.rows.append(row_of(form, side))
        other.active[k] = activated(form, self.ground.neurons[k].slope, side, 0)
        return other

    def category(self, j: int, member: bool) -> "Cell":
        """The part where coordinate j is, or isn't, the one member of its group that is 1."""
        other = self.child()
        groups = [([i for i in group if (i == j) is member] if j in group else group) for group in self.allowed]
        other.allowed = tuple(map(tuple, groups))
        return other


class Walk:
    """Goes through the trees of one rule."""

    def __init__(self, wanted: Sequence[Target]) -> None:
        self.wanted, self.worst, self.leaves = wanted, [0] * len(wanted), 0

    def node(self, cell: Cell, node: Sequence[Any]) -> None:
        """One node and all below it."""
        if not all(cell.allowed):
            return  # no category is left
        takes, kind, *rest = node
        for take in takes:
            cell.take(*((take, ()) if isinstance(take, int) else (take[0], take[1:])))
        if kind == "split":
            k, no, yes = rest
            self.node(cell.side(k, -1), no)
            self.node(cell.side(k, 1), yes)
        elif kind == "category":
            j, member, others = rest
            self.node(cell.category(j, True), member)
            self.node(cell.category(j, False), others)
        elif kind == "empty":
            if cell.at_most([0] * (cell.ground.space.size + 1), rest[0]) >= 0:
                raise RefusedError("a part said to be empty isn't shown to be")
        elif kind == "leaf":
            self._leaf(cell, rest)
        else:
            raise RefusedError(f"a node of kind {kind!r}")

    def _leaf(self, cell: Cell, multipliers: Sequence[Sequence[Any]]) -> None:
        scores = [value_of(unit, cell.active) for unit in cell.ground.scores]
        self.leaves += 1
        for i, target in enumerate(self.wanted):
            gap, radius = [-value for value in target.form[:-1]], target.form[-1] + target.slack
            for score, sign in target.scores:
                gap = [own + sign * value for own, value in zip(gap, scores[score], strict=False)]
                radius += scores[score][-1]
            off = cell.at_most(gap, multipliers[i] if i < len(multipliers) else ()) + radius
            self.worst[i] = max(self.worst[i], off)


def ways(rules: Mapping[str, Any]) -> Iterator[tuple[int, list[tuple[int, bool]]]]:
    """Every way down the rules' tree: the rule's number, 0 where the search stopped, and the sides of the splits."""
    splits, complete, count = rules["splits"], rules["complete"], len(rules["rules"])
    stack: list[tuple[Any, list[tuple[int, bool]]]] = [({"split": 0} if splits else {"rule": 1}, [])]
    while stack:
        at, path = stack.pop()
        if "split" in at:
            split = at["split"]
            if path and split <= path[-1][0]:
                raise RefusedError("the rules' tree runs in a circle")
            stack += [(splits[split][side], [*path, (split, side == "then")]) for side in ("then", "otherwise")]
        elif "rule" in at:
            if not 1 <= at["rule"] <= count:
                raise RefusedError(f"the rules' tree leads to rule {at['rule']} of {count}")
            yield at["rule"], path
        elif complete:
            raise RefusedError("the rules' tree has no rule for a part of the domain")
        else:
            yield 0, path


def _inside(rule: Mapping[str, Any], ground: Ground) -> bool:
    """Whether the rule's point is strictly inside all its conditions, and in the domain's box and inequalities."""
    space, x = ground.space, [Fraction(value) for value in rule["point"]]
    u = [round((x[j] - space.middle[j]) / space.half[j] * ONE) for j in space.columns]

    def low(form: Sequence[int], sign: int) -> int:
        """What sign * form is at least at the point."""
        value: int = sign * (sum(map(mul, form, u)) + form[space.size] * ONE)
        return value - sum(map(abs, form[: space.size])) - (form[-1] << BITS)

    return (
        all(low <= value <= high for low, value, high in zip(space.low, x, space.high, strict=True))
        and all(low(ground.splits[c["split"]], 1 if c["holds"] else -1) > 0 for c in rule["conditions"])
        and all(low([*wall, 1], 1) > -(ONE >> 30) * sum(map(abs, wall)) for wall in ground.walls)
    )


def proven(found: Mapping[str, Any], rules: Mapping[str, Any], model: Mapping[str, Any]) -> Verdict:
    """What the trees of a certificate show, whatever it says of that. RefusedError where they show nothing."""
    ground, said = Ground(rules, model), rules["rules"]
    walks = [Walk(targets(rule, rules, model, ground)) for rule in said]
    sides = [[(c["split"], c["holds"]) for c in rule["conditions"]] for rule in said]
    for walk, own, tree in zip(walks, sides, found["rules"], strict=True):
        walk.node(Cell(ground, ground.rows(own)), tree)
    others, covers = iter(found["paths"]), True
    for number, path in ways(rules):
        covers &= number > 0
        if number and not set(sides[number - 1]) <= set(path):
            walks[number - 1].node(Cell(ground, ground.rows(path)), next(others))
    if next(others, None) is not None:
        raise RefusedError("a way down the rules' tree too many")
    if lost := [i for i, rule in enumerate(said, start=1) if not _inside(rule, ground)]:
        raise RefusedError(f"the point of rule {lost[0]} isn't inside it")
    bounds = tuple(tuple(map(upward, walk.worst)) for walk in walks)
    bound = max((most for own in bounds for most in own), default=0.0)
    leaves = sum(walk.leaves for walk in walks)
    return Verdict(True, bound, bounds, leaves, covers, rules.get("decision") is not None, str(model.get("read", "")))


def upward(value: int) -> float:
    """The next float64 that isn't below value * 2**-BITS."""
    exact = Fraction(value, ONE)
    near = float(exact)
    return near if Fraction(near) >= exact else math.nextafter(near, math.inf)


def check(found: Mapping[str, Any], rules: Mapping[str, Any], model: Mapping[str, Any]) -> Verdict:
    """Whether a certificate holds for these rules and this model, all three as they are in their JSON files."""
    try:
        if (found["format"], found["version"]) != (FORMAT, VERSION):
            raise RefusedError(
                f"{found['format']!r} version {found['version']!r}; this reads {FORMAT!r} version {VERSION}"
            )
        if found["digest"] != digest({name: value for name, value in found.items() if name != "digest"}):
            raise RefusedError("the certificate was changed after it was written")
        for name, value in digests(rules, model).items():
            if found["digests"].get(name) != value:
                raise RefusedError(f"it is about another {name}" if name != "rules" else "it is about other rules")
        verdict = proven(found, rules, model)
        if [list(own) for own in verdict.bounds] != found["bounds"] or verdict.bound != found["bound"]:
            raise RefusedError(f"it says {found['bound']!r} and shows {verdict.bound!r}, or says so of a rule")
    except RefusedError as error:
        return Verdict(False, math.inf, why=str(error))
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        StopIteration,
    ) as error:
        return Verdict(False, math.inf, why=f"it can't be read: {type(error).__name__}: {error}")
    return verdict


def main(paths: Sequence[str]) -> int:
    """Check a certificate from the command line; 1 where it doesn't hold."""
    if len(paths) != 3:
        sys.stderr.write(__doc__ or "")
        return 2
    certificate, rules, model = (json.loads(Path(path).read_text(encoding="utf-8")) for path in paths)
    verdict = check(certificate, rules, model)
    sys.stdout.write(said(verdict) + "\n")
    return 0 if verdict else 1


def said(verdict: Verdict) -> str:
    """A verdict in words."""
    if not verdict:
        return f"refused: {verdict.why}"
    what = (
        f"the model decides as the rules say wherever its scores are more than {verdict.bound:.3g} from a tie"
        if verdict.decision
        else f"|model - rules| <= {verdict.bound:.3g} for every score"
    )
    where = "everywhere in the domain" if verdict.covers else "wherever there is a rule; not all of the domain has one"
    return f"proven: {what}, {where} ({len(verdict.bounds)} rules, {verdict.leaves} pieces, from the {verdict.model})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
