"""Round numbers along an axis."""

from collections.abc import Iterable

import numpy as np

from relurules.wording.numbers import format_number

#: Ticks of an axis, about.
_TICKS = 5


class Axis:
    """Numbers along an axis as shares of it, from one round number to another."""

    def __init__(self, values: Iterable[float], *, low: float | None = None) -> None:
        """An axis that holds all of the finite values, and `low` where that is given."""
        known = [value for value in values if np.isfinite(value)]
        known += [] if low is None else [low]
        bottom, top = (min(known), max(known)) if known else (0.0, 1.0)
        if top <= bottom:
            top = bottom + 1.0
        self._step = _round_step((top - bottom) / _TICKS)
        self._low = self._step * np.floor(bottom / self._step + 1e-9)
        self._high = self._step * np.ceil(top / self._step - 1e-9)

    def place(self, value: float) -> float:
        """Where a number stands."""
        return float((value - self._low) / (self._high - self._low))

    @property
    def ends(self) -> tuple[float, float]:
        """Where it begins and where it ends."""
        return float(self._low), float(self._high)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Round numbers with their places."""
        count = round((self._high - self._low) / self._step)
        values = [self._low + i * self._step for i in range(count + 1)]
        decimals = max(0, -int(np.floor(np.log10(self._step) + 1e-9)))
        return tuple(
            (self.place(v), format_number(round(float(v), decimals) + 0.0)) for v in values
        )


def _round_step(step: float) -> float:
    """1, 2 or 5 times a power of ten, at least so much."""
    power = float(10.0 ** np.floor(np.log10(step)))
    return next(f * power for f in (1.0, 2.0, 5.0, 10.0) if f * power >= step * (1 - 1e-9))
