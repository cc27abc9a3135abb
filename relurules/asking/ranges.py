"""How large and how small an output can be, and whether it stays within a limit."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from relurules.asking.asked import UNFINISHED, Asked, attained, notes, where
from relurules.asking.extremes import highest
from relurules.asking.targets import Target, target_of
from relurules.asking.witnesses import score_at, seated, witness_of
from relurules.errors import DataError, UnsupportedError
from relurules.ir.answers import Answer, Witness, bound_words, number

#: An end of a range this near to 0, as a share of the range, is shown as 0.
_NOTHING = 1e-9


class Range(NamedTuple):
    """Bounds on a score, and the rows found near them, None where there is none.

    complete: False where a deadline left bounds over the whole box in place of some rules' own.
    """

    low: float
    high: float
    lowest: Witness | None
    highest: Witness | None
    complete: bool = True


def score_range(asked: Asked, target: Target) -> Range:
    """The smallest and the largest value of a score."""
    ground, space = asked.ground, asked.ground.space
    found, complete = [], True
    for sign, shows in ((-1.0, "smallest"), (1.0, "largest")):
        extreme = highest(ground, space, sign * target.weights, sign * target.constants, integers=asked.integers)
        complete &= extreme.complete
        row = None
        if extreme.point is not None and extreme.cell is not None:
            row = seated(ground, [space], extreme.cell.polytope, extreme.point, score_at(ground, target, sign))
        found.append((sign * extreme.bound, None if row is None else witness_of(ground, target, row[0][0], shows)))
    (low, lowest), (high, highest_) = found
    if low > high:
        raise DataError(f"no row of the domain meets these conditions: {'; '.join(asked.given) or 'none given'}")
    return Range(low, high, lowest, highest_, complete)


def range_(asked: Asked) -> Answer:
    """The range of an output, or of every output."""
    if asked.output is None and len(asked.rules.outputs) > 1:
        return _every(asked)
    target = target_of(asked.ground, asked.output)
    found = score_range(asked, target)
    values, exact = range_values(target, found)
    statement = f"{target.name} lies {interval(values['low'], values['high'])}{where(asked)}."
    return Answer("range", statement, None, values, exact, _shown(found), _notes(asked, target, found, exact))


def _notes(asked: Asked, target: Target, found: Range, exact: bool) -> tuple[str, ...]:
    """With what a time limit has left out."""
    return notes(asked, target, exact=exact, closing=() if found.complete else (UNFINISHED,))


def _every(asked: Asked) -> Answer:
    """All outputs, a line each; those that aren't of one score as bounds."""
    rows, values, exact, complete = [], dict[str, Any](), True, True
    bounds = None
    for i, name in enumerate(asked.rules.outputs):
        try:
            target = target_of(asked.ground, name)
        except UnsupportedError:
            bounds = asked.rules.ranges() if bounds is None else bounds
            own = {"low": float(np.nanmin(bounds[:, i, 0])), "high": float(np.nanmax(bounds[:, i, 1]))}
            values[name], exact = own, False
            rows.append(f"{name} lies {interval(own['low'], own['high'])} (a bound, which may not be attained)")
            continue
        found = score_range(asked, target)
        values[name], one = range_values(target, found)
        exact, complete = exact and one, complete and found.complete
        rows.append(f"{name} lies {interval(values[name]['low'], values[name]['high'])}")
    said = "\n".join(rows) + f"\n{where(asked).strip().capitalize()}. Ask for one output to see rows that attain this."
    closing = () if complete else (UNFINISHED,)
    return Answer("range", said, None, values, exact, (), notes(asked, None, exact=exact, closing=closing))


def bounded(asked: Asked) -> Answer:
    """Whether an output stays between limits."""
    low, high = asked.at_least, asked.at_most
    if low is None and high is None:
        raise DataError("say which limit: at_least, at_most, or both, in units of the output")
    target = target_of(asked.ground, asked.output)
    found = score_range(asked, target)
    values, exact = range_values(target, found)
    holds = (low is None or values["low"] >= low) and (high is None or values["high"] <= high)
    limit = " and ".join(
        f"{word} {value:g}" for word, value in (("at least", low), ("at most", high)) if value is not None
    )
    reached = values["reached"]
    broken = (low is not None and reached["low"] is not None and reached["low"] < low) or (
        high is not None and reached["high"] is not None and reached["high"] > high
    )
    broken = broken or (found.complete and not holds and not np.isfinite([values["low"], values["high"]]).all())
    lies = interval(values["low"], values["high"])
    if holds:
        statement = f"Yes: {target.name} is {limit}{where(asked)}; it lies {lies}."
    elif broken:
        statement = f"No: {target.name} isn't always {limit}{where(asked)}; it lies {lies}."
    else:
        why = "which is the limit but for rounding" if found.complete else "as far as the time limit allowed to tell"
        statement = f"Not decided: {target.name} lies {lies}, {why}."
    shown = _shown(found)
    if broken:
        shown = tuple(w for w in shown if _beyond(target, w, low, high)) or shown
    return Answer(
        "bounded", statement, holds if holds or broken else None, values, exact, shown,
        _notes(asked, target, found, exact),
    )  # fmt: skip


def _beyond(target: Target, witness: Witness, low: float | None, high: float | None) -> bool:
    value = output_of(target, witness)
    return (low is not None and value < low) or (high is not None and value > high)


def range_values(target: Target, found: Range) -> tuple[Mapping[str, Any], bool]:
    """The numbers of a range, of the output and of its score; and whether rows come as far as the bounds."""
    low, high = target.through(found.low), target.through(found.high)
    shown = [None if w is None else output_of(target, w) for w in (found.lowest, found.highest)]
    reach = [None if w is None else w.score for w in (found.lowest, found.highest)]
    values = {
        "output": target.name, "low": low, "high": high, "reached": {"low": shown[0], "high": shown[1]},
        "score": {"low": found.low, "high": found.high, "reached": {"low": reach[0], "high": reach[1]}},
    }  # fmt: skip
    spread = found.high - found.low
    return values, attained(found.low, reach[0], spread) and attained(found.high, reach[1], spread)


def output_of(target: Target, witness: Witness) -> float:
    """What was asked for, at a row: the rules' own output, or a score."""
    if target.name in witness.outputs:
        return witness.outputs[target.name]
    assert witness.score is not None  # noqa: S101  # witnesses of a target have one
    return witness.score


def _shown(found: Range) -> tuple[Witness, ...]:
    return tuple(w for w in (found.lowest, found.highest) if w is not None)


def interval(low: float, high: float) -> str:
    """`between 0.1 and 0.5`, rounded outwards; 0 where an end is that but for a billionth of the whole."""
    low, high = (0.0 if abs(end) <= _NOTHING * (high - low) < np.inf else end for end in (low, high))
    if not np.isfinite(low) and not np.isfinite(high):
        return "anywhere: no bound holds"
    if not np.isfinite(low):
        return f"at or below {bound_words(high, up=True)}, without a lower bound"
    if not np.isfinite(high):
        return f"at or above {bound_words(low, up=False)}, without an upper bound"
    if number(low) == number(high):
        return f"at {number(low)}"
    return f"between {bound_words(low, up=False)} and {bound_words(high, up=True)}"
