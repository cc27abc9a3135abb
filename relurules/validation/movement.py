"""How far scores, columns, lines and rules have moved between parts of the rows, or by month."""

from collections.abc import Mapping, Sequence

import numpy as np

from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.statistics.population_stability import measure_psi
from relurules.validation.bands import BandedRows, RowBander, name_periods
from relurules.validation.judged_rows import JudgedRows
from relurules.validation.report import BandShare, Movement


def measure_movements(
    rules: RuleSet | AdditiveRules, parts: Sequence[JudgedRows], by: str | None
) -> tuple[tuple[Movement, ...], tuple[BandShare, ...]]:
    """Every part, or every period of all parts, beside the first part, whose rows make the
    bands.
    """
    base = parts[0]
    compared = (
        split_periods(parts, by) if by else {one.part: (one.X, one.score) for one in parts[1:]}
    )

    return compare_bands(rules, base.part, (base.X, base.score), compared)


def split_periods(parts: Sequence[JudgedRows], by: str) -> Mapping[str, tuple[Array, Array]]:
    """Coordinates and scores of the rows of every period, in order; rows without one are left
    out.
    """
    named = np.concatenate([name_periods(one.frame, by).to_numpy(dtype=str) for one in parts])
    X = np.concatenate([one.X for one in parts])
    score = np.concatenate([one.score for one in parts])
    periods = sorted(set(named.tolist()) - {""}, key=order_period)
    return {period: (X[named == period], score[named == period]) for period in periods}


def order_period(period: str) -> tuple[bool, float, str]:
    """Numbers by size, all else by its letters."""
    try:
        return False, float(period.replace(",", "")), period
    except ValueError:
        return True, 0.0, period


def compare_bands(
    rules: RuleSet | AdditiveRules,
    base: str,
    base_rows: tuple[Array, Array],
    compared: Mapping[str, tuple[Array, Array]],
) -> tuple[tuple[Movement, ...], tuple[BandShare, ...]]:
    """The stability index of everything, and the shares of its bands."""
    if not len(base_rows[0]):
        return (), ()
    bander = RowBander(rules, *base_rows)
    old = bander.band(*base_rows)
    movements: list[Movement] = []
    shares: list[BandShare] = []
    for part, rows in compared.items():
        for before, after in zip(old, bander.band(*rows), strict=True):
            psi = measure_psi(before.counts, after.counts)
            movements.append(
                Movement(before.kind, before.name, base, part, psi, len(before.labels))
            )
            shares += _list_shares(before, after, part)

    return tuple(movements), tuple(shares)


def _list_shares(before: BandedRows, after: BandedRows, part: str) -> list[BandShare]:
    old, new = before.counts.tolist(), after.counts.tolist()
    return [
        BandShare(
            before.kind, before.name, part, label, was, now,
            was / max(1, sum(old)), now / max(1, sum(new)),
        )
        for label, was, now in zip(before.labels, old, new, strict=True)
    ]  # fmt: skip
