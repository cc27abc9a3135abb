"""The passes of the collapse: pure functions from a network to a smaller one."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Network
from relurules.ir.network import Array, close_array
from relurules.networks.activations import is_linear

#: Rows count as parallel when every entry agrees to this share of itself: a few roundings.
_PARALLEL = 8 * np.finfo(np.float64).eps
#: A parallel neuron is rewritten through one whose slope is at least this far from 1, else rounding
#: would grow.
_KINK = 0.05

#: An affine form with exact coefficients: of x by column, of phi(z) by neuron, and the constant.
ExactRow = dict[tuple[str, int], Fraction]

#: What is done to one neuron: phi(z) becomes factor * z.
Signs = NDArray[np.int8]


def replace_linear_prelus(
    network: Network, bounds: Array, threshold: float
) -> tuple[Network, float]:
    """Replace by the identity every PReLU whose slope is linear by `threshold`; also return a bound
    on the change.

    One that is never positive on the domain is left to `stable_signs`, which removes it without any
    change. A neuron i changes by at most |1 - a_i| * max(0, -l_i), l_i its lower bound; changes
    spread to later neurons through |L| and the slopes' Lipschitz constants, and to the outputs
    through |U|. The bound is rounded outward.
    """
    linear = np.array([is_linear(a, threshold) for a in network.slope], dtype=bool)
    kinks = np.where(linear, np.abs(1.0 - network.slope), 0.0)
    depth = np.maximum(0.0, -bounds[:, 0])
    linear &= (bounds[:, 1] > 0) & ((kinks == 0) | np.isfinite(depth))
    own = np.where(linear & (kinks > 0), kinks * np.where(np.isfinite(depth), depth, 0.0), 0.0)
    return fold_known_signs(network, np.where(linear, 1, 0).astype(np.int8)), spread_change(
        network, own
    )


def spread_change(network: Network, own: Array) -> float:
    """How much the outputs change at most where each neuron's phi(z) changes by `own` (K,) itself,
    rounded outward.
    """
    if not own.any():
        return 0.0
    change = np.zeros(len(network))
    for k in range(len(network)):
        change[k] = own[k] + max(1.0, abs(network.slope[k])) * (
            np.abs(network.L[k, :k]) @ change[:k]
        )

    return float((np.abs(network.U) @ change).max(initial=0.0)) * (1.0 + 1e-9)


def find_stable_signs(bounds: Array) -> Signs:
    """(K,): +1 where z >= 0 on the whole domain, -1 where z <= 0, 0 where its sign isn't fixed."""
    return np.where(bounds[:, 0] >= 0, 1, np.where(bounds[:, 1] <= 0, -1, 0)).astype(np.int8)


def fold_known_signs(network: Network, signs: Signs) -> Network:
    """Fold into their readers all neurons of known sign: phi(z) = z for +1, slope * z for -1; 0
    stays a neuron.
    """
    fixed = signs.astype(np.bool_)
    if not fixed.any():
        return network

    factor = np.where(signs > 0, 1.0, network.slope)
    A, L, b = network.A.copy(), network.L.copy(), network.b.copy()
    for k in np.flatnonzero((L[:, fixed] != 0).any(axis=1)).tolist():
        read = np.flatnonzero(fixed & (L[k] != 0))
        through = L[k, read] * factor[read]
        L[k, read] = 0.0
        A[k] += through @ A[read]
        b[k] += through @ b[read]
        L[k, : read[-1]] += through @ L[read, : read[-1]]

    through = network.U * (fixed * factor)
    reading = replace(
        network,
        A=A, L=close_array(L), b=b, C=network.C + through @ A, c=network.c + through @ b,
        U=np.where(fixed, 0.0, network.U) + through @ L,
        lifting=network.source_lifting.with_known_signs(signs),
    )  # fmt: skip

    return _keep_neurons(reading, ~fixed)


def drop_unread_neurons(network: Network) -> Network:
    """Drop the neurons that no output reads, directly or through others."""
    read = np.asarray(network.U.any(axis=0), dtype=np.bool_)
    for k in reversed(range(len(network))):
        if read[k]:
            read |= network.L[k] != 0
    return _keep_neurons(network, read)


def merge_parallel(network: Network, domain: Domain) -> tuple[Network, float]:
    """Rewrite a neuron whose argument is a multiple of an earlier one's, z_j = c z_i, through that
    one.

    With a, a' the slopes of i and j: phi_a'(c z) = |c| (alpha phi_a(z) + beta z), alpha = (1 - a')
    / (1 - a), and beta = (a' - a) / (1 - a) for c > 0, (a a' - 1) / (1 - a) for c < 0. Duplicates
    and negatives are the cases c = +-1. Rows that agree but for rounding are merged where the
    domain bounds what that changes. Also returned: a bound on that change, 0 where all rows are
    exact multiples.
    """
    if not _has_parallel_rows(network):
        return network, 0.0

    keep = np.ones(len(network), dtype=bool)
    A, L, b = network.A.copy(), network.L.copy(), network.b.copy()
    C, U, c = network.C.copy(), network.U.copy(), network.c.copy()
    lifting, own = network.source_lifting, np.zeros(len(network))
    seen: dict[bytes, int] = {}
    rows = _trace_exact_rows(network)

    for j in range(len(network)):
        row = np.concatenate([A[j], L[j], b[j : j + 1]])
        if not row.any():
            continue
        i = seen.setdefault(_make_direction_key(row), j)
        first = np.concatenate([A[i], L[i], b[i : i + 1]])
        ratio = row[np.argmax(np.abs(row))] / first[np.argmax(np.abs(row))]
        a, other = network.slope[i], network.slope[j]
        if (
            i == j
            or abs(1 - a) < _KINK
            or (np.abs(row - ratio * first) > _PARALLEL * np.abs(row)).any()
        ):
            continue
        gap = _bound_gap(rows(i), rows(j), domain)
        if not np.isfinite(gap):
            continue
        own[j] = abs(1 - other) * gap
        lifting = lifting.with_told_by(j, i, 1 if ratio > 0 else -1)
        alpha = abs(ratio) * (1 - other) / (1 - a)
        beta = abs(ratio) * ((other - a) if ratio > 0 else (a * other - 1)) / (1 - a)
        for linear, through, constant in ((A, L, b), (C, U, c)):
            weight = through[:, j].copy()
            through[:, j] = 0.0
            through[:, i] += alpha * weight
            through[:] += np.outer(beta * weight, L[i])
            linear[:] += np.outer(beta * weight, A[i])
            constant[:] += beta * weight * b[i]
        keep[j] = False

    merged = replace(network, A=A, L=close_array(L), b=b, C=C, U=U, c=c, lifting=lifting)
    return _keep_neurons(merged, keep), spread_change(network, own)


def _make_direction_key(row: Array) -> bytes:
    """A key that parallel rows share: the row over its largest entry, to ten digits.

    A near miss costs a merge only.
    """
    places = np.flatnonzero(row)
    used = row[places]
    scaled = np.round(used / used[np.argmax(np.abs(used))], 10) + 0.0
    return bytes(places.tobytes() + scaled.tobytes())


def _has_parallel_rows(network: Network) -> bool:
    """Whether two neurons have rows that may be parallel."""
    own, seen = np.column_stack([network.A, network.b]), set[bytes]()
    for k, reads in enumerate(np.asarray(network.L.any(axis=1)).tolist()):
        row = np.concatenate([own[k], network.L[k]]) if reads else own[k]
        if row.any():
            if (key := _make_direction_key(row)) in seen:
                return True
            seen.add(key)

    return False


def _trace_exact_rows(network: Network) -> Callable[[int], ExactRow]:
    """What z of a kept neuron is in terms of x and of the source's neurons whose sign isn't known,
    exactly.
    """
    lifting = network.source_lifting
    source, rows = lifting.source, dict[int, ExactRow]()

    def row_of(k: int) -> ExactRow:
        if k in rows:
            return rows[k]

        total: ExactRow = {
            ("x", int(j)): Fraction(float(source.A[k, j])) for j in np.flatnonzero(source.A[k])
        }
        total["1", 0] = Fraction(float(source.b[k]))

        for i in np.flatnonzero(source.L[k]).tolist():
            gain = Fraction(float(source.L[k, i]))
            if lifting.kept[i] >= 0:
                total["phi", i] = total.get(("phi", i), Fraction(0)) + gain
                continue
            gain *= 1 if lifting.signs[i] > 0 else Fraction(float(source.slope[i]))
            for name, value in row_of(i).items():
                total[name] = total.get(name, Fraction(0)) + gain * value

        rows[k] = total
        return total

    return lambda kept: row_of(int(lifting.origin[kept]))


def _bound_gap(first: ExactRow, row: ExactRow, domain: Domain) -> float:
    """The largest |row - c first| on the domain, c chosen by the largest entry: 0 for exact
    multiples, else rounded up.

    Infinite where the rows read other neurons in other proportions, or an open column differently.
    """
    lead = max(row, key=lambda name: abs(row[name]))
    if not first.get(lead):
        return np.inf

    ratio, gap = row[lead] / first[lead], 0.0
    for name in {*row, *first}:
        rest = abs(row.get(name, Fraction(0)) - ratio * first.get(name, Fraction(0)))
        if not rest:
            continue
        if name[0] == "phi":
            return np.inf
        reach = (
            1.0 if name[0] == "1" else max(abs(domain.lower[name[1]]), abs(domain.upper[name[1]]))
        )
        gap += float(rest) * float(reach) * (1.0 + 1e-12)

    return gap


def _keep_neurons(network: Network, kept: NDArray[np.bool_]) -> Network:
    if kept.all():
        return network
    return Network(
        A=network.A[kept],
        L=close_array(network.L[np.ix_(kept, kept)]),
        b=network.b[kept],
        C=network.C,
        U=network.U[:, kept],
        c=network.c,
        slope=network.slope[kept],
        neurons=tuple(n for n, k in zip(network.neurons, kept, strict=True) if k),
        lifting=network.source_lifting.restrict(kept),
    )
