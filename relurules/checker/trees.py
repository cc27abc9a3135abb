"""Core: cells, and trees that cut them until multipliers show what the scores are off by."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from relurules.checker.forms import (
    FINE,
    MEMBERSHIP_SLACK,
    DomainSpace,
    Form,
    Row,
    UnitForm,
    apply_prelu,
    evaluate_unit,
    express_unit,
    join_weights,
    make_row,
    take_share,
)
from relurules.checker.groups import read_constraints
from relurules.checker.json_values import (
    RefusedError,
    check_lists,
    read_number,
    read_pairs,
    shorten_text,
)
from relurules.checker.model_units import build_units, keep_read_inputs
from relurules.checker.names import find_places

Sides = list[tuple[int, bool]]  # splits by number, and whether they hold


class ProofTarget(NamedTuple):
    """What a leaf bounds from above: signs * scores - the form."""

    scores: tuple[tuple[int, int], ...]
    form: Form


class ProofContext:
    """What all cells share: model, space, the domain's rows, and forms of neurons that read no
    others. units: neurons and scores, where they aren't all of the model's. strict: whether rows
    are told to rules by `at least` and `less`, not by conditions of which both hold at a boundary.
    """

    def __init__(
        self,
        rules: Mapping[str, Any],
        model: Mapping[str, Any],
        units: tuple[list[UnitForm], list[UnitForm]] | None = None,
        *,
        strict: bool = False,
    ) -> None:
        self.strict = strict
        self.space = DomainSpace(rules)
        self.neurons, self.scores = units or _read_units(rules, model, self.space)
        self.first = [None if unit.reads else unit.own for unit in self.neurons]
        self.limits = read_constraints(rules, self.space.names)
        self.wider = [
            (terms, most + MEMBERSHIP_SLACK * (abs(most) + self.space.reach(terms)))
            for terms, most in self.limits
        ]
        self.walls = [make_row(self.space.form(terms, -most), -1) for terms, most in self.wider]
        self.cuts = [
            (self.space.named(item["coefficients"]), -read_number(item["at_least"]))
            for item in rules["splits"]
        ]
        self.splits = [self.space.form(*cut) for cut in self.cuts]

    def rows(self, sides: Sequence[tuple[int, bool]]) -> list[Row]:
        """The domain's rows and those of a cell on these sides of the rules' splits."""
        return [
            *self.walls,
            *(make_row(self.splits[split], 1 if holds else -1) for split, holds in sides),
        ]

    def list_strict(self, sides: Sequence[tuple[int, bool]]) -> frozenset[int]:
        """The rows of a cell on these sides that aren't 0 in it either."""
        first = len(self.walls)
        return frozenset(first + i for i, (_, holds) in enumerate(sides) if not holds)

    def cell(self, sides: Sequence[tuple[int, bool]]) -> "ProofCell":
        """The part of the domain on these sides."""
        return ProofCell(self, self.rows(sides), self.list_strict(sides) if self.strict else ())


class ProofCell:
    """A part of the domain, and what neurons are there: z if it was needed, phi(z) once something
    is told of it. strict: the rows that are more than 0 in it; beside: neurons of which is told
    what they are more than another one.
    """

    def __init__(self, ground: ProofContext, rows: list[Row], strict: Collection[int] = ()) -> None:
        self.ground, self.rows, self.allowed = ground, rows, ground.space.allowed
        self.strict = strict
        self.forms: list[Form | None] = list(ground.first)
        self.active: list[Form | None] = [None] * len(self.forms)
        self.beside: dict[int, int] = {}

    def child(self) -> "ProofCell":
        """The same, to be cut."""
        other = ProofCell(self.ground, list(self.rows), self.strict)
        other.forms, other.active, other.allowed = list(self.forms), list(self.active), self.allowed
        other.beside = dict(self.beside)
        return other

    def form(self, k: int) -> Form:
        """Neuron k's z."""
        if type(k) is not int or not 0 <= k < len(self.forms):
            raise RefusedError(f"neuron {k} of {len(self.forms)}, counted from 0")
        form = self.forms[k]
        if form is None:
            form = self.forms[k] = self.evaluate(self.ground.neurons[k])
        return form

    def evaluate(self, unit: UnitForm) -> Form:
        """A unit's form by what is told of neurons."""
        return evaluate_unit(join_weights(unit, self.beside) if self.beside else unit, self.active)

    def tell(self, k: int, form: Form) -> None:
        """What neuron k is, whatever was told of it before."""
        self.active[k] = form
        self.beside.pop(k, None)

    def at_most(self, form: Sequence[int], pairs: Sequence[Any]) -> int:
        """What a form can be at most in the cell, by multipliers of its rows, radius aside."""
        highest, total = self.ground.space.highest, form
        if pairs == []:
            return highest(form, self.allowed)

        total = [value << FINE for value in form]
        for row, y in read_pairs(pairs):
            if not 0 <= row < len(self.rows):
                raise RefusedError(f"a multiplier {y} of row {row}, of {len(self.rows)} rows")
            weight = _scale_multiplier(y)
            total = [
                value + weight * other for value, other in zip(total, self.rows[row], strict=False)
            ]

        return -(-highest(total, self.allowed) >> FINE)

    def is_empty(self, pairs: Sequence[Any]) -> bool:
        """Whether multipliers show that there is no point in the cell: what they add up to isn't
        negative there, and positive if a strict row has its part.
        """
        most = self.at_most([0] * (self.ground.space.size + 1), pairs)
        some = most == 0 and any(
            row in self.strict and _scale_multiplier(y) > 0 for row, y in read_pairs(pairs)
        )
        return most < 0 or some

    def take(self, code: int, pairs: Sequence[Any]) -> None:
        """Treat a neuron as one side of it, and count how far it may be beyond."""
        if type(code) is not int or code == 0:
            raise RefusedError("a neuron without a number")
        k, side = abs(code) - 1, 1 if code > 0 else -1
        form = self.form(k)
        beyond = self.beyond(form, -side, pairs)
        self.tell(k, apply_prelu(form, self.ground.neurons[k].slope, side, beyond))

    def beyond(self, form: Form, sign: int, pairs: Sequence[Any]) -> int:
        """How far above 0 a form times a sign may be, at most."""
        return max(0, self.at_most([sign * value for value in form[:-1]], pairs) + form[-1])

    def take_chord(self, k: int, share: Any, below: Sequence[Any], above: Sequence[Any]) -> None:
        """Treat a neuron of slope 0 as a share of its z, which it is no less than; and no more than
        by the larger one of (1 - share) z above 0 and share z below it.
        """
        form, part = self.form(k), _read_share(share)
        if self.ground.neurons[k].slope:
            raise RefusedError(f"a chord of neuron {k}, whose slope isn't 0")
        under, over = self.beyond(form, -1, below), self.beyond(form, 1, above)
        most = max(part * under, ((1 << FINE) - part) * over)
        self.tell(k, take_share(form, part, 0, most))

    def take_change(
        self, k: int, other: int, share: Any, below: Sequence[Any], above: Sequence[Any]
    ) -> None:
        """Treat what a neuron of slope 0 is more than another one as a share of what its z is more:
        it lies between that and 0.
        """
        one, two, part = self.form(k), self.form(other), _read_share(share)
        if self.ground.neurons[k].slope or self.ground.neurons[other].slope:
            raise RefusedError(f"a change from neuron {other} to {k}, whose slopes aren't 0")
        if k == other or other in self.beside or k in self.beside.values():
            raise RefusedError(f"a change from neuron {other} to {k}, of which one is a change too")
        form = [a - b for a, b in zip(one[:-1], two, strict=False)] + [one[-1] + two[-1]]
        under, over = self.beyond(form, -1, below), self.beyond(form, 1, above)
        rest = (1 << FINE) - part
        least, most = max(part * over, rest * under), max(rest * over, part * under)
        self.tell(k, take_share(form, part, -least, most))
        self.beside[k] = other

    def side(self, k: int, side: int) -> "ProofCell":
        """The part where neuron k has this sign."""
        form = self.form(k)
        other = self.child()
        other.rows.append(make_row(form, side))
        other.tell(k, apply_prelu(form, self.ground.neurons[k].slope, side, 0))
        return other

    def category(self, j: int, member: bool) -> "ProofCell":
        """The part where coordinate j is, or isn't, the one member of its group that is 1."""
        if type(j) is not int or not any(j in group for group in self.ground.space.groups):
            raise RefusedError(f"coordinate {j} is in no group")

        other = self.child()
        groups = [
            ([i for i in allowed if (i == j) is member] if j in group else allowed)
            for group, allowed in zip(self.ground.space.groups, self.allowed, strict=True)
        ]
        other.allowed = tuple(map(tuple, groups))

        return other


class TreeChecker:
    """Goes through the trees of one rule."""

    def __init__(self, wanted: Sequence[ProofTarget]) -> None:
        self.wanted, self.worst, self.leaves = wanted, [0] * len(wanted), 0

    def node(self, cell: ProofCell, node: Sequence[Any]) -> None:
        """One node and all below it."""
        if not all(cell.allowed):
            return  # no category is left
        if not isinstance(node, list) or len(node) < 2:
            raise RefusedError("a node of a tree is no list of what is taken, its kind and more")

        takes, kind, *rest = node
        check_lists({"takes": takes}, ("takes",))
        for take in takes:
            _apply_take(cell, take)

        if kind == "split":
            k, no, yes = rest
            self.node(cell.side(k, -1), no)
            self.node(cell.side(k, 1), yes)
        elif kind == "category":
            j, member, others = rest
            self.node(cell.category(j, True), member)
            self.node(cell.category(j, False), others)
        elif kind == "empty":
            if not cell.is_empty(rest[0]):
                raise RefusedError("a part said to be empty isn't shown to be")
        elif kind == "leaf":
            self._leaf(cell, rest)
        else:
            raise RefusedError(f"a node of kind {kind!r}")

    def _leaf(self, cell: ProofCell, multipliers: Sequence[Sequence[Any]]) -> None:
        scores = [cell.evaluate(unit) for unit in cell.ground.scores]
        self.leaves += 1
        for i, target in enumerate(self.wanted):
            gap, radius = [-value for value in target.form[:-1]], target.form[-1]
            for score, sign in target.scores:
                gap = [own + sign * value for own, value in zip(gap, scores[score], strict=False)]
                radius += scores[score][-1]
            off = cell.at_most(gap, multipliers[i] if i < len(multipliers) else []) + radius
            self.worst[i] = max(self.worst[i], off)


def _apply_take(cell: ProofCell, take: Any) -> None:
    """What a node tells of one neuron."""
    if not isinstance(take, list):
        cell.take(take, [])
    elif take[0] == "chord":
        _, k, share, below, above = take
        cell.take_chord(k, share, below, above)
    elif take[0] == "change":
        _, k, other, share, below, above = take
        cell.take_change(k, other, share, below, above)
    else:
        cell.take(take[0], take[1:])


def _read_share(share: Any) -> int:
    """A number from 0 to 1 in units of 2**-FINE, rounded down."""
    value = read_number(share)
    if not 0 <= value <= 1:
        raise RefusedError(f"a share {shorten_text(repr(share))} that isn't from 0 to 1")
    return math.floor(value * (1 << FINE))


def _scale_multiplier(y: float) -> int:
    """A multiplier in units of 2**-FINE, rounded down."""
    return y << FINE if isinstance(y, int) else int(math.ldexp(y, FINE))


def _read_units(
    rules: Mapping[str, Any], model: Mapping[str, Any], space: DomainSpace
) -> list[list[UnitForm]]:
    """The model's neurons and scores."""
    places = find_places(rules, model)[0]
    return [
        [express_unit(unit, space) for unit in keep_read_inputs(units, places, model)]
        for units in build_units(model)
    ]
