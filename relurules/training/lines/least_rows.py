"""Lines that tell enough rows apart: no threshold has a handful of rows on one of its sides."""

from dataclasses import replace

import numpy as np

from relurules.training.lines.line_model import HingeLine, LineModel
from relurules.training.lines.refits import FitTerms, refit_slopes

#: At least so many rows on either side, and at least such a share of a larger table; of a tiny
#: table no more than one in so many. A share of .002 costs the census, where few have any capital
#: gain, .002 of AUC (24 lines, seed 10), and of .0005 Taiwan credit .001 (12 lines, seeds 10 to
#: 12), which is no better with .002 than with .001.
_LEAST, _SHARE, _TINY = 10, 0.001, 5
#: A row that is no further beyond a threshold, as a share of the furthest, is at it.
_NOISE = 1e-9


def choose_least_share(count: int) -> float:
    """The share of so many rows that each side of a line must have."""
    return min(max(_LEAST, _SHARE * count), count // _TINY) / count


def tells_apart(line: HingeLine, terms: FitTerms) -> bool:
    """Whether either side of a line has enough rows."""
    reach = terms.rows.reach(line)
    beyond = int(np.count_nonzero(reach > _NOISE * np.abs(reach).max()))
    return terms.least_rows <= beyond <= len(terms.rows) - terms.least_rows


def widen_lines(model: LineModel, terms: FitTerms) -> LineModel:
    """The model whose lines have enough rows on either side: thresholds of others are moved as
    little as that takes, and lines that no threshold helps are left out.
    """
    widened = [_widen_line(line, terms) for line in model.lines]
    if all(one is other for one, other in zip(model.lines, widened, strict=True)):
        return model

    lines = tuple(line for line in widened if line is not None)
    return refit_slopes(replace(model, lines=lines), terms)


def _widen_line(line: HingeLine, terms: FitTerms) -> HingeLine | None:
    if tells_apart(line, terms):
        return line

    least = max(1, terms.least_rows)
    reach = np.sort(terms.rows.reach(line))
    if np.count_nonzero(reach > 0) < least:
        beyond = int(np.searchsorted(reach, reach[-least], side="left"))
    else:
        beyond = int(np.searchsorted(reach, reach[least - 1], side="right"))
    if not least <= beyond <= len(reach) - least:
        return None

    return replace(line, bound=line.bound - float(reach[beyond - 1] + reach[beyond]) / 2)
