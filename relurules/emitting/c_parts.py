"""What the templates of C need for each way to write rules: expressions, a network in tables, a tree in tables."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from relurules.domain.columns import Column
from relurules.emitting import plan
from relurules.emitting.c_layers import planned_layers
from relurules.emitting.c_numbers import Real, Table, comment, real_table
from relurules.emitting.c_tree import Tables, rule_maps, walk_tables
from relurules.emitting.code import ruled
from relurules.emitting.notation import Notation
from relurules.emitting.plan import signed
from relurules.emitting.render import identifier, unique
from relurules.emitting.request import Request
from relurules.ir import RuleSet

#: Nested `if`s per group; a deeper tree goes on in the next group. C99 compilers must take 127 levels.
_DEPTH = 30
#: Inequalities of the domain forgive so many times more in float than in double.
_ROOM = {"double": 1.0, "float": 1e6}


class Parts(NamedTuple):
    """A template, and what it takes beyond what all take."""

    template: str
    values: dict[str, object]


class Assigned(NamedTuple):
    """A coordinate: the variable, the expression that it is, and what a comment says of it."""

    name: str
    expression: str
    comment: str


def written_parts(request: Request, real: Real) -> Parts:
    """Every test and every sum as an expression of variables that are called like the columns."""
    rules = request.rules
    names = unique(f"x_{identifier(name)}" for name in rules.features)  # no keyword or macro of any header starts so
    features = plan.notation(rules, real.literal, names)
    checks, domain = _gate(request, features, real), _checks(rules, features, real)
    neurons = plan.NeuronNames(lambda k: f"z{k}_", lambda k: f"a{k}_", real.literal(0.0))
    values: dict[str, object] = {"checks": checks, "domain": domain, "walk": None, "stages": [], "tables": []}
    if request.form == "rules":
        values["listed"] = plan.planned_rules(rules, features)
    elif request.form == "tree":
        values |= plan.planned_form(rules, "tree", features, neurons, _DEPTH)
        values["maps"] = {rule.number: rule.outputs for rule in plan.planned_rules(rules, features)}
    else:
        values |= _network(request, real, features, neurons)
    inputs = _inputs(request, real, names)
    return Parts(f"{request.form}.c", {**values, "inputs": inputs})


def _network(request: Request, real: Real, features: Notation, neurons: plan.NeuronNames) -> dict[str, object]:
    """Neurons, sums, and the tree, nested or as tables."""
    rules, wanted = request.rules, ruled(request)
    mixed = plan.with_neurons(rules.network, features, neurons.activated)
    tested = plan.neurons_tested(rules, wanted)
    values: dict[str, object] = {
        "levels": plan.planned_levels(rules.network, mixed, tested),
        "sums": plan.planned_outputs(rules.network, mixed),
    }
    if wanted and plan.is_large(rules):
        order = np.flatnonzero(tested).tolist()
        walk = walk_tables(rules, real, {k: i for i, k in enumerate(order)})
        read = [neurons.argument(k) for k in order] if walk and walk.by_sign else list(features.columns)
        values |= {"walk": walk, "walked_values": read, "tables": walk.tables if walk else []}
    elif wanted:
        tests = plan.neuron_tests(rules, features, neurons.argument, neurons.zero)
        values["stages"] = plan.planned_stages(rules.tree, tests, _DEPTH)
    return values


def dense_parts(request: Request, real: Real) -> Parts:
    """The network as tables of weights; the tree as a table too."""
    rules, wanted = request.rules, ruled(request)
    tested = plan.neurons_tested(rules, wanted)
    layers = planned_layers(rules.network, tested | plan.read_neurons(rules.network, tested), real)
    walk = walk_tables(rules, real, layers.place) if wanted else None
    values = _arrays(request, real, walk, layers.tables)
    return Parts("dense.c", {**values, "layers": layers.hidden, "last": layers.last, "unused": layers.unused})


def tree_parts(request: Request, real: Real) -> Parts:
    """The tree and the rules' maps as tables."""
    walk = walk_tables(request.rules, real, None)
    return Parts("walk.c", _arrays(request, real, walk, rule_maps(request.rules, real)))


def _arrays(request: Request, real: Real, walk: Tables | None, tables: Sequence[Table]) -> dict[str, object]:
    """Coordinates as an array v, whose entries are `stride` apart; bounds of all of them as tables."""
    rules, d = request.rules, len(request.rules.features)
    features = plan.notation(rules, real.literal, [_place(i) for i in range(d)])
    checked = request.outside != "exact" or "rule" in request.columns
    bounds = [
        real_table(
            real, "lowest", np.maximum(rules.domain.lower, -real.largest), "The smallest value of every column."
        ),
        real_table(real, "highest", np.minimum(rules.domain.upper, real.largest), "The largest value of every column."),
    ]
    return {
        "checks": _gate(request, features, real),
        "domain": _checks(rules, features, real),
        "checked": checked,
        "tables": [*(bounds if checked else []), *tables, *(walk.tables if walk else [])],
        "walk": walk,
        "inputs": _inputs(request, real, features.columns),
        "unused": [],
        "place": _place,
        "values": d,
    }


def _place(i: int) -> str:
    """Entry i of v."""
    return f"v[{('0', 'stride')[i] if i < 2 else f'{i} * stride'}]"


def _checks(rules: RuleSet, features: Notation, real: Real) -> plan.Checks:
    return plan.planned_checks(rules, features, real.largest, _ROOM[real.name])


def _gate(request: Request, features: Notation, real: Real) -> plan.Checks:
    """What a row must be to have outputs at all: in the domain, or just something that the network takes."""
    if request.outside == "exact":
        return plan.known_checks(request.rules, features, real.largest)
    return _checks(request.rules, features, real)


def clamps_anything(request: Request) -> bool:
    """Whether a coordinate has a bound to be brought to: compilers warn of a function that nothing calls."""
    domain = request.rules.domain
    own = {i for group in domain.groups for i in group}
    bounded = np.isfinite(domain.lower) | np.isfinite(domain.upper)
    return request.outside == "clamp" and any(bounded[i] for i in range(len(domain)) if i not in own)


def _inputs(request: Request, real: Real, names: Sequence[str]) -> list[Assigned]:
    """Every coordinate, from the array x of columns."""
    domain, inputs = request.rules.domain, list[Assigned]()
    own = {i for group in domain.groups for i in group}
    for i, column in enumerate(domain.columns):
        for text, said in _coordinates(column, f"x[{i}]", real):
            at = len(inputs)
            clamp = request.outside == "clamp" and at not in own
            moved = _clamped(text, float(domain.lower[at]), float(domain.upper[at]), real) if clamp else text
            inputs.append(Assigned(names[at], moved, said))
    return inputs


def _coordinates(column: Column, x: str, real: Real) -> list[tuple[str, str]]:
    """(expression, comment) of the coordinates of a column."""
    if not column.categories:
        fill = f"isnan({x}) ? {signed(real.literal, column.fill)} : {x}" if column.fill is not None else x
        return [(fill, comment(column.name))]
    found = []
    for at, (category, said) in enumerate(zip(column.categories, column.coordinates, strict=True)):
        test = f"{x} == {real.literal(float(at))}" + (f" || isnan({x})" if category.missing else "")
        found.append((f"{test} ? {real.literal(1.0)} : {real.literal(0.0)}", comment(said)))
    return found


def _clamped(text: str, low: float, high: float, real: Real) -> str:
    """A number brought to the nearer bound; NaN stays."""
    if low == -np.inf and high == np.inf:
        return text
    least = signed(real.literal, low) if low > -np.inf else f"-{real.infinity}"
    return f"clamped({text}, {least}, {signed(real.literal, high) if high < np.inf else real.infinity})"
