"""The closest additive rules of so many lines on rows of data, whatever the network.

Of a network whose neurons all stand alone its own lines are chosen among; of any other, lines of
one column or two beside those. The largest difference over the domain is certified afterwards.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from relurules.domain import Domain
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, AffineMap, Network, Neuron, Tradeoff
from relurules.ir.limits import Deadline
from relurules.ir.network import Array, make_read_only
from relurules.lp.certified import round_up
from relurules.networks.groups import NeuronGroups
from relurules.networks.maximum import maximise_program
from relurules.networks.programs import combine_outputs, make_program
from relurules.rules.additive import (
    AdditiveRequest,
    HingeTable,
    build_additive_rules,
    fold_categories,
    number_lines,
)
from relurules.rules.additive_error import bound_additive_output
from relurules.rules.exact_box import BoundedBox, make_box
from relurules.rules.line_candidates import list_candidates
from relurules.rules.line_choice import CandidateLines, ChosenLines, LineTargets, choose_lines
from relurules.rules.line_ledger import LineNumbers
from relurules.rules.line_rounding import choose_line_steps, round_line, round_numbers, scale_line

#: What rounding a number may move a score by, as a share of the difference on the rows.
_OF_DIFFERENCE = 0.02
#: Parts of the domain that the certificate looks at for one score, up and down: a number, so that
#: the same call gives the same bound on any machine.
_NODES = 300


def fit_additive_rules(
    network: Network,
    split: NeuronGroups,
    domain: Domain,
    request: AdditiveRequest,
    most: int,
    deadline: Deadline,
) -> AdditiveRules:
    """At most so many lines that are closest to the network on `request.rows`; its own rules where
    these are so few.

    score_error bounds the largest difference over the domain. Raises UnsupportedError where a
    column that is read is open, OutOfTimeError where the deadline comes before lines are chosen.
    """
    alone = build_additive_rules(
        _take_alone(network, split), np.arange(len(split.hinges)), (), domain, request
    )
    if not split.groups and len(alone) <= most:
        return alone
    _check_closed(network, domain)
    rows = request.rows
    assert rows is not None  # noqa: S101

    read = np.asarray(network.A.any(axis=0) | network.C.any(axis=0))
    targets = LineTargets(rows, network.evaluate(rows), read)
    candidates = CandidateLines(alone.normals, alone.bounds)
    if split.groups:
        beside = list_candidates(targets, domain)
        candidates = CandidateLines(
            np.vstack([candidates.normals, beside.normals]),
            np.concatenate([candidates.bounds, beside.bounds]),
        )
    chosen = choose_lines(targets, candidates, most, deadline)
    found = _write_lines(alone, candidates, chosen, rows)
    change = bound_difference(network, found.network, domain, deadline)
    error = round_up(Fraction(request.score_error) + Fraction(change))
    bound = bound_additive_output(found.heads, network, domain, error)
    found = replace(found, score_error=error, output_error=bound)
    whole = len(alone) + sum(map(len, split.groups))
    return replace(
        found,
        tradeoffs=(Tradeoff(whole, alone.max_error), Tradeoff(len(found), found.max_error)),
    )


def _take_alone(network: Network, split: NeuronGroups) -> Network:
    """The network without the neurons that read one another."""
    at = split.hinges
    return replace(
        network,
        A=network.A[at],
        L=network.L[np.ix_(at, at)],
        b=network.b[at],
        U=network.U[:, at],
        slope=network.slope[at],
        neurons=tuple(network.neurons[k] for k in at.tolist()),
        lifting=None,
    )


def _check_closed(network: Network, domain: Domain) -> None:
    box = make_box(domain)
    read = network.A.any(axis=0) | network.C.any(axis=0)
    if (box.open & read).any():
        name = domain.names[int(np.flatnonzero(box.open & read)[0])]
        raise UnsupportedError(
            "max_error and max_rules need bounds of the columns that lines read, and column "
            f"{name!r} is open; give its range"
        )


def _write_lines(
    alone: AdditiveRules, candidates: CandidateLines, chosen: ChosenLines, rows: Array
) -> AdditiveRules:
    """The chosen lines with few digits, on the side of fewer rows."""
    box, room = make_box(alone.domain), _OF_DIFFERENCE * float(chosen.difference.min())
    weights, constants = chosen.weights.copy(), chosen.constants.copy()
    lines = []
    for k, slopes in zip(chosen.chosen.tolist(), chosen.slopes, strict=True):
        normal, bound = candidates.normals[k], float(candidates.bounds[k])
        neuron = alone.lines[k].condition.half_space.neuron if k < len(alone) else None
        line = LineNumbers(normal=normal, bound=bound, slopes=slopes, neuron=neuron)
        if (rows @ normal > bound).mean() > 0.5:
            weights += np.outer(slopes, normal)
            constants -= slopes * bound
            line = replace(line, normal=-normal, bound=-bound)
        line = scale_line(line, box)
        lines.append(round_line(line, choose_line_steps(line, room, box), box) if room else line)

    base = _round_base(AffineMap(weights, constants), room, box)
    table, base = fold_categories(_make_table(lines, alone), base, alone.domain)
    return replace(alone, base=base, lines=number_lines(table, alone.domain, rows))


def _make_table(lines: list[LineNumbers], like: AdditiveRules) -> HingeTable:
    d, m = len(like.features), like.score_count
    return HingeTable(
        normals=np.array([line.normal for line in lines]).reshape(-1, d),
        bounds=np.array([line.bound for line in lines]),
        slopes=np.array([line.slopes for line in lines]).reshape(-1, m),
        neurons=tuple(line.neuron for line in lines),
    )


def _round_base(base: AffineMap, room: float, box: BoundedBox) -> AffineMap:
    widths = box.high - box.low
    closed = np.isfinite(widths) & (widths > 0)
    steps = np.where(closed, room / np.where(closed, widths, 1.0), 0.0)
    weights = round_numbers(base.weights, np.tile(steps, (len(base.weights), 1)))
    constants = base.constants + (base.weights - weights) @ box.middle
    constants = round_numbers(constants, np.full(len(constants), room))
    return AffineMap(make_read_only(weights), make_read_only(constants))


def bound_difference(one: Network, other: Network, domain: Domain, deadline: Deadline) -> float:
    """What two networks' scores differ by at most in the domain: certified, whether or not the
    search for it ends.
    """
    both, m = _stack_networks(one, other), len(one.c)
    worst = 0.0
    for i in range(m):
        weights = np.zeros(2 * m)
        weights[i], weights[m + i] = 1.0, -1.0
        goal = combine_outputs(both, weights)
        for place, sign in enumerate((1, -1)):
            left = 2 * (m - i) - place
            program = make_program(both, domain, goal * sign)
            found = maximise_program(program, deadline.share(0.8 / left), _NODES)
            worst = max(worst, found.bound)

    return worst


def _stack_networks(one: Network, other: Network) -> Network:
    """Both side by side: the outputs of one, then those of the other."""
    K, L = len(one), len(other)
    reads = np.zeros((K + L, K + L))
    reads[:K, :K], reads[K:, K:] = one.L, other.L
    passes = np.zeros((len(one.c) + len(other.c), K + L))
    passes[: len(one.c), :K], passes[len(one.c) :, K:] = one.U, other.U

    return Network(
        A=np.vstack([one.A, other.A]),
        L=reads,
        b=np.concatenate([one.b, other.b]),
        C=np.vstack([one.C, other.C]),
        U=passes,
        c=np.concatenate([one.c, other.c]),
        slope=np.concatenate([one.slope, other.slope]),
        neurons=tuple(Neuron("joined", k) for k in range(K + L)),
    )
