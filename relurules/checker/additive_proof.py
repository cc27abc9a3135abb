"""The proof of additive rules: lines as algebra, groups of neurons by trees."""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.expressions import Expression
from relurules.checker.forms import ONE, DomainSpace, express_unit, round_up
from relurules.checker.groups import describe_groups
from relurules.checker.json_values import DOMAIN_PARTS, RefusedError, check_lists, read_numbers
from relurules.checker.line_gaps import LineChecker, LineGap
from relurules.checker.model_units import Unit
from relurules.checker.names import RULES_VERSIONS, bind_names
from relurules.checker.neuron_kinds import LineProof, check_kind, read_ranges
from relurules.checker.partition_proof import Verdict, walk_trees
from relurules.checker.trees import ProofContext

#: The format of files of additive rules, and versions that are read.
ADDITIVE_FORMAT, ADDITIVE_VERSIONS = "relurules.additive", (1,)


def read_shift(said: Sequence[Any], count: int) -> Expression:
    """What a group adds to a score beside its rules: [constant, column, coefficient, ...]."""
    constant, *pairs = read_numbers(said)
    columns, values = pairs[::2], pairs[1::2]
    if any(type(j) is not int or not 0 <= j < count for j in columns):
        raise RefusedError("a group is shifted along a column that isn't there")
    if len(set(columns)) < len(columns):
        raise RefusedError("a group is shifted twice along a column")
    terms = {j: Fraction(value) for j, value in zip(columns, values, strict=True)}
    return Expression(terms, Fraction(constant))


def make_group_rules(rules: Mapping[str, Any], names: Sequence[str], group: int) -> dict[str, Any]:
    """A group's rules as a rules file has them."""
    own = rules["neuron_groups"][group]
    found = {name: rules[name] for name in DOMAIN_PARTS if name in rules}

    return {
        **found,
        "outputs": list(names),
        "complete": True,
        "splits": own["splits"],
        "rules": own["rules"],
    }


def make_group_context(
    proof: LineProof,
    group: int,
    weights: Sequence[Mapping[int, Fraction]],
    shifts: Sequence[Expression],
) -> "ProofContext":
    """The neurons of a group as a model of their own. weights: of every score; shifts: what is
    taken off.
    """
    said = make_group_rules(proof.rules, proof.names, group)
    space = DomainSpace(said)
    members = [k for k, kind in enumerate(proof.kinds) if kind[0] == "group" and kind[1] == group]
    number = {k: i for i, k in enumerate(members)}
    neurons = []

    for k in members:
        z = proof.z[k]
        reads = {~j: value for j, value in z.terms.items() if j < 0 and value}
        if not set(reads) <= set(number):
            raise RefusedError(f"neuron {k} of group {group + 1} reads one that isn't in it")
        unit = Unit(
            {j: value for j, value in z.terms.items() if j >= 0 and value},
            z.constant,
            {number[j]: value for j, value in reads.items()},
            proof.neurons[k].slope,
        )
        form = express_unit(unit, space)
        room = proof.domain.widest(z.slack)
        if room is None:
            raise RefusedError(f"neuron {k} isn't bounded")
        form.own[-1] += -(-room.numerator * ONE // room.denominator)
        neurons.append(form)

    scores = [
        Unit(
            {j: -value for j, value in shift.terms.items() if value},
            -shift.constant,
            {number[k]: value for k, value in own.items()},
            Fraction(1),
        )
        for own, shift in zip(weights, shifts, strict=True)
    ]
    return ProofContext(said, {}, (neurons, [express_unit(unit, space) for unit in scores]))


class AdditiveBounds(NamedTuple):
    """How far every score is off at most, or what share of its terms where that has no end.

    gaps: what was compared.
    """

    bounds: list[Fraction | None]
    shares: list[Fraction | None]
    gaps: list[LineGap]
    shifts: list[list[Expression]]


def compare_lines(found: Mapping[str, Any], proof: LineProof) -> AdditiveBounds:
    """The scores and the lines, groups aside; found: kinds of all neurons, in a certificate."""
    if len(found["neurons"]) != len(proof.neurons):
        raise RefusedError(f"it tells {len(found['neurons'])} neurons of {len(proof.neurons)}")
    most = len(proof.lines) + len(found["virtual"]), len(found["groups"])
    for kind in found["neurons"]:
        check_kind(kind, *most)
        proof.tell(kind)
    count, own = len(proof.domain.names), proof.rules["neuron_groups"]
    if len(found["groups"]) != len(own):
        raise RefusedError(f"it proves {len(found['groups'])} groups of {len(own)}")

    for part in (*found["groups"], *own):
        check_lists(part, ("shift", "rules", "paths", "splits"))
    shifts = [[read_shift(said, count) for said in group["shift"]] for group in found["groups"]]
    if any(len(group) != len(proof.scores) for group in shifts):
        raise RefusedError("a group isn't shifted for every score")
    checker = LineChecker(proof, found["virtual"])
    gaps = [
        checker.compare(i, {g: group[i] for g, group in enumerate(shifts)})
        for i in range(len(proof.scores))
    ]
    bounds = [checker.bound(gap) for gap in gaps]
    shares = [
        checker.relate(i, gap) if bound is None else None
        for i, (gap, bound) in enumerate(zip(gaps, bounds, strict=True))
    ]
    return AdditiveBounds(bounds, shares, gaps, shifts)


def check_additive(
    found: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    told: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """What a certificate of additive rules shows, whatever it says of that.

    RefusedError where it shows nothing. told: called with the number of groups done.
    """
    if rules.get("version") not in ADDITIVE_VERSIONS:
        raise RefusedError(f"the file of additive rules is of version {rules.get('version')!r}")
    if rules.get("decision") is not None:
        raise RefusedError("additive rules don't decide")
    notes = bind_names({**rules, "version": RULES_VERSIONS[-1]}, model)
    proof = LineProof(rules, model, read_ranges(found.get("ranges", ())))
    proof.domain.check_point(found["point"])
    known = compare_lines(found, proof)
    totals, leaves = list(known.bounds), 0

    for g, group in enumerate(found["groups"]):
        told(g)
        weights = [gap.groups.get(g, {}) for gap in known.gaps]
        ground = make_group_context(proof, g, weights, known.shifts[g])
        walks, _, _ = walk_trees(group, make_group_rules(rules, proof.names, g), {}, ground)
        leaves += sum(walk.leaves for walk in walks)
        for i, total in enumerate(totals):
            if total is None:
                raise RefusedError("groups are proven of bounded columns alone")
            off = max(max(walk.worst[2 * i : 2 * i + 2]) for walk in walks)
            totals[i] = total + Fraction(off, ONE)
    bounds = tuple((math.inf if total is None else round_up(total),) for total in totals)
    share = max((share for share in known.shares if share is not None), default=None)
    lost = any(
        total is None and share is None for total, share in zip(totals, known.shares, strict=True)
    )
    if lost:
        raise RefusedError(
            "the rules have terms that the model lacks, in columns without bounds: they can't be "
            "off by a share of the terms"
        )
    bound = max((own[0] for own in bounds), default=0.0)
    notes = (*describe_groups(rules), *notes)
    return Verdict(
        True, bound, bounds, leaves, True, False, model["read"], notes, "", len(rules["lines"]),
        None if share is None else round_up(share),
    )  # fmt: skip
