"""What every neuron of a model is to additive rules: fixed, a line, points, in a group or unread.

Nothing here has to be right: the checker finds out what it shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.checker import CONSTANT, Expression, LineProof
from relurules.ir.network import Array
from relurules.lp.lengths import row_lengths
from relurules.proofs.neuron_bounds import propose_multipliers

#: A neuron may pass 0 by this share of its terms, and count as fixed all the same.
_THIN = 1e-12
#: PReLUs with slopes this near to 1 may have been taken for linear.
_NEAR = 5.1e-4
#: A neuron is a line where no coefficient, of a direction of length 1, is off by more; and of rules
#: that were simplified, where it is off by no more than the last one. Neurons behind slopes that
#: were taken as 1 are off by about as much as these were.
_SAME, _NEARLY, _ALIKE = 1e-6, 1e-2, 0.2
#: Rows of a block of comparisons.
_BLOCK = 256

Kind = list[Any]


@dataclass(frozen=True, kw_only=True)
class LineKinds:
    """Kinds of all neurons, in order; virtual: neurons that others are compared with; components:
    the neurons of every group; ranges: multipliers that show those of neurons.
    """

    kinds: list[Kind]
    virtual: list[int]
    components: list[list[int]]
    ranges: list[list[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Directions:
    """Affine functions as rows of length 1 over a box of half-width 1: what can be compared.

    middle, half: (d,) of every column, 0 and 1 where it is open; half is 0 of a single value.
    """

    middle: Array
    half: Array

    def normalise(self, functions: Sequence[tuple[Mapping[int, Any], Any]]) -> Array:
        """(n, d + 1) of terms and constants."""
        rows = np.zeros((len(functions), len(self.half) + 1))
        for row, (terms, constant) in zip(rows, functions, strict=True):
            places = [j for j in terms if j >= 0]
            row[places] = [float(terms[j]) for j in places]
            row[-1] = float(constant) + row[:-1] @ self.middle
            row[:-1] *= self.half
        lengths = row_lengths(rows)
        return np.asarray(rows / np.where(lengths > 0, lengths, 1.0)[:, None])

    def find_parallel(self, rows: Array, others: Array, most: float) -> NDArray[np.intp]:
        """(n,) numbers of the others, from 1, that rows are most like, negative for the opposite
        direction; 0 for none.
        """
        found = np.zeros(len(rows), dtype=np.intp)
        if not len(others):
            return found
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            cosines = block @ others.T
            best = np.abs(cosines).argmax(axis=1)
            signs = np.sign(cosines[np.arange(len(block)), best])
            off = np.abs(block - signs[:, None] * others[best]).max(axis=1)
            found[start : start + _BLOCK] = np.where(off <= most, signs * (best + 1), 0)

        return found


def make_directions(proof: LineProof) -> Directions:
    """Those of the domain."""
    pairs = list(zip(proof.domain.low, proof.domain.high, strict=True))
    closed = [None not in pair for pair in pairs]
    ends = np.array(
        [[float(a), float(b)] if a is not None and b is not None else [-1.0, 1.0] for a, b in pairs]
    ).reshape(-1, 2)
    half = np.diff(ends, axis=1)[:, 0] / 2
    middle = np.where(closed, ends.mean(axis=1), 0.0)
    return Directions(middle=middle, half=half)


def choose_kinds(proof: LineProof, *, simplified: bool, linear: bool = False) -> LineKinds:
    """The kinds that show most; proof: nothing of which was told yet. linear: whether slopes near 1
    are 1 for neurons too that are like a line of the rules.

    Signs are those that they would be if slopes near 1 were 1, as the collapse takes them; what
    that costs is the checker's to count.
    """
    directions = make_directions(proof)
    own = directions.normalise([(line.terms, -line.above) for line in proof.lines])
    like = own[: 0 if linear else len(own)]
    read, told = _find_read_neurons(proof), list[Kind]()
    for k in range(len(proof.neurons)):
        z = proof.express(proof.neurons[k])
        kind = ["unread"] if k not in read else _choose_fixed(proof, k, z, directions, like)
        told.append(kind or ["group", 0])
        proof.tell(told[-1])
        proof.phi[-1].slack = {}

    open_ = _keep_read(proof, [k for k, kind in enumerate(told) if kind[0] == "group"])
    told = [
        ["unread"] if own[0] == "group" and k not in open_ else own for k, own in enumerate(told)
    ]
    components = _find_components(proof, open_)
    alone = [own[0] for own in components if len(own) == 1]
    tied = [own for own in components if len(own) > 1]
    return _match_hinges(proof, told, alone, tied, directions, own, simplified=simplified)


def _find_read_neurons(proof: LineProof) -> set[int]:
    read = {k for unit in proof.scores for k in unit.reads}
    for k in reversed(range(len(proof.neurons))):
        if k in read:
            read |= set(proof.neurons[k].reads)
    return read


def _choose_fixed(
    proof: LineProof, k: int, z: Expression, directions: Directions, lines: Array
) -> Kind | None:
    """The kind of a neuron that is linear in the domain, or that reads categories alone."""
    slope, plain = proof.neurons[k].slope, all(j >= 0 for j in z.terms)
    groups = {proof.domain.tied.get(j) for j, value in z.terms.items() if value}
    if plain and len(groups) == 1 and None not in groups:
        return ["points"]

    share, shown = float(abs(1 - slope)), list[list[Any]]()
    row = directions.normalise([(z.terms, z.constant)])
    near = share < _NEAR and not (plain and directions.find_parallel(row, lines, _SAME).any())
    if share == 0.0:
        return ["fixed", 1.0]
    boxed = plain and _is_boxed(proof, z)
    if boxed and _crosses_zero(row[0]):
        return ["fixed", 1.0] if near else None
    sizes = _sum_terms(proof, z)
    for sign, side in ((-1, 1.0), (1, float(slope))):
        pairs, most = _propose_bound(proof, z, sign)
        if most is not None and most <= _THIN * sizes:
            return ["fixed", side, pairs, []] if sign > 0 else ["fixed", side, [], pairs]
        shown.append(pairs)

    if any(shown):
        proof.multipliers[k] = shown[0], shown[1]
    return ["fixed", 1.0] if near else None


def _sum_terms(proof: LineProof, z: Expression) -> float:
    """What the absolute terms of a neuron come to in the domain, or at 1 where it is open."""
    found = {j: abs(value) for j, value in z.terms.items() if j >= 0}
    found[CONSTANT] = abs(z.constant)
    most = proof.domain.widest(found)
    if most is None:
        most = sum(found.values(), Fraction(0))
    return float(most + sum((abs(value) for j, value in z.terms.items() if j < 0), Fraction(0)))


def _propose_bound(proof: LineProof, z: Expression, sign: int) -> tuple[list[Any], Fraction | None]:
    """What sign * z is shown to be at most, and the multipliers that show it."""
    most = proof.bound(z, sign)
    if most is not None and most <= 0:
        return [], most
    pairs = propose_multipliers(proof, z, sign)
    less = proof.bound(z, sign, pairs) if pairs else None
    return ([], most) if less is None or (most is not None and most <= less) else (pairs, less)


def _is_boxed(proof: LineProof, z: Expression) -> bool:
    """Whether all that is known of what it reads are two bounds of each column."""
    domain = proof.domain
    read = [j for j, value in z.terms.items() if value]
    closed = all(domain.low[j] is not None and domain.high[j] is not None for j in read)
    return closed and not domain.limits and not any(j in domain.tied for j in read)


def _crosses_zero(row: Array) -> bool:
    """Whether a direction is clearly positive and negative over a box of half-width 1."""
    return bool(np.abs(row[:-1]).sum() - abs(row[-1]) > _SAME)


def _keep_read(proof: LineProof, open_: Sequence[int]) -> list[int]:
    """Those of neurons that a score reads once others are folded, by itself or through others."""
    scores = [proof.express(unit) for unit in proof.scores]
    read = {~j for score in scores for j, value in score.terms.items() if j < 0 and value}
    for k in reversed(open_):
        if k in read:
            read |= {~j for j, value in proof.z[k].terms.items() if j < 0 and value}
    return [k for k in open_ if k in read]


def _find_components(proof: LineProof, open_: Sequence[int]) -> list[list[int]]:
    """Neurons that read one another, in the order of the first of each."""
    label = {k: k for k in open_}

    def find(k: int) -> int:
        while label[k] != k:
            k = label[k]
        return k

    for k in open_:
        for j, value in proof.z[k].terms.items():
            if j < 0 and value:
                one, other = find(k), find(~j)
                label[max(one, other)] = min(one, other)

    found: dict[int, list[int]] = {}
    for k in open_:
        found.setdefault(find(k), []).append(k)

    return list(found.values())


def _match_hinges(
    proof: LineProof,
    told: list[Kind],
    alone: Sequence[int],
    tied: list[list[int]],
    directions: Directions,
    lines: Array,
    *,
    simplified: bool,
) -> LineKinds:
    """Neurons that stand alone as lines: of the rules, of a group that has one like them, or of
    their own.
    """
    virtual, own = list[int](), list[Array]()
    rows = directions.normalise([(proof.z[k].terms, proof.z[k].constant) for k in alone])
    members = [(k, g) for g, group in enumerate(tied) for k in group if _is_plain(proof.z[k])]
    like = directions.normalise([(proof.z[k].terms, proof.z[k].constant) for k, _ in members])
    matched = directions.find_parallel(rows, lines, _SAME)
    grouped = directions.find_parallel(rows, like, _SAME)
    rough = directions.find_parallel(rows, lines, _ALIKE if simplified else _NEARLY)

    for i, k in enumerate(alone):
        number = matched[i]
        if not number and grouped[i]:
            tied[members[abs(int(grouped[i])) - 1][1]].append(k)
            continue
        number = number or rough[i]
        if number:
            told[k] = ["line", abs(int(number)) - 1, int(np.sign(number))]
            continue
        near = directions.find_parallel(
            rows[i : i + 1], np.array(own).reshape(-1, rows.shape[1]), _SAME
        )
        if not near[0]:
            virtual.append(k)
            own.append(rows[i])
            near = np.array([len(own)])
        told[k] = ["line", len(lines) + abs(int(near[0])) - 1, int(np.sign(near[0]))]

    for g, group in enumerate(tied):
        for k in group:
            told[k] = ["group", g]

    return LineKinds(
        kinds=told,
        virtual=virtual,
        components=[sorted(group) for group in tied],
        ranges=[[k, *pair] for k, pair in proof.multipliers.items() if any(pair)],
    )


def _is_plain(z: Expression) -> bool:
    return all(j >= 0 for j in z.terms)
