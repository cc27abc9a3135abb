"""How large and how small an output can be, and whether it stays within a limit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.analysis.extremes import find_highest_score
from relurules.analysis.line_extremes import bound_line_outputs, find_line_maximum
from relurules.analysis.plain_rows import RowClaim, choose_plain_rows, note_fractions
from relurules.analysis.question import (
    Question,
    compose_notes,
    describe_conditions,
    describe_unfinished,
    find_data_row,
    is_attained,
    measure_attained,
)
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.targets import ScoreTarget, find_target
from relurules.analysis.witnesses import find_admissible_rows, make_score_function, make_witness
from relurules.errors import DataError, UnsupportedError
from relurules.ir.answers import Answer, Witness, format_bound, format_number
from relurules.ir.network import Array
from relurules.lp import Polytope

#: An end of a range this near to 0, as a share of the range, is shown as 0.
_NOTHING = 1e-9


@dataclass(frozen=True, kw_only=True)
class ScoreRange:
    """Bounds on a score, and the rows found near them."""

    #: No row has less.
    low: float
    #: No row has more.
    high: float
    #: None where no row was found.
    lowest: Witness | None
    #: None where no row was found.
    highest: Witness | None
    #: False where a deadline left bounds over the whole box in place of some rules' own.
    complete: bool = True


def find_score_range(
    asked: Question,
    target: ScoreTarget,
    shown: Callable[[Witness], bool] | None = None,
) -> ScoreRange:
    """The smallest and the largest value of a score.

    shown: a row is put in place of the one found near a bound where this is as true of it.
    """
    ends = find_range_ends(asked, target)
    low, high = (end.sign * end.bound for end in ends)
    complete = all(end.complete for end in ends)
    lowest, highest_ = (
        None if end.rows is None else _show_extreme(asked, target, end, high - low, shown)
        for end in ends
    )
    return ScoreRange(low=low, high=high, lowest=lowest, highest=highest_, complete=complete)


class RangeEnd(NamedTuple):
    """What sign * score doesn't exceed; a row (1, d) near it, None where none was found, and
    sign * score there; cell: where to look for plainer rows.
    """

    sign: float
    shows: str
    bound: float
    complete: bool
    rows: Array | None = None
    value: float = -np.inf
    cell: tuple[Polytope, Array] | None = None


def find_range_ends(asked: Question, target: ScoreTarget) -> tuple[RangeEnd, RangeEnd]:
    """The smallest and the largest value; DataError where no row meets the conditions."""
    smallest, largest = (
        _find_end(asked, target, *end) for end in ((-1.0, "smallest"), (1.0, "largest"))
    )
    if -smallest.bound > largest.bound:
        raise DataError(
            f"no row of the domain meets these conditions: {'; '.join(asked.given) or 'none given'}"
        )
    return smallest, largest


def _find_end(asked: Question, target: ScoreTarget, sign: float, shows: str) -> RangeEnd:
    """The largest sign * score."""
    value = make_score_function(asked.ground, target, sign)
    if isinstance(asked.ground, RestrictedLines):
        part = asked.ground.deadline.share(0.5)
        top = find_line_maximum(asked.ground, sign * target.combination, asked.integers, part)
        if top.point is None:
            return RangeEnd(sign, shows, top.bound, top.complete)
        rows = top.point[None]
        return RangeEnd(sign, shows, top.bound, top.complete, rows, float(value(rows)))

    ground, space = asked.branches, asked.ground.space
    extreme = find_highest_score(
        ground, space, sign * target.weights, sign * target.constants, integers=asked.integers
    )
    end = RangeEnd(sign, shows, extreme.bound, extreme.complete)
    if extreme.point is None or extreme.cell is None:
        return end
    polytope = extreme.cell.polytope
    row = find_admissible_rows(ground, [space], polytope, extreme.point, value)
    if row is None:
        return end
    form = space.forms(sign * target.weights, sign * target.constants)[extreme.cell.leaf]
    return end._replace(rows=row[0], value=row[1], cell=(polytope, form))


def _show_extreme(
    asked: Question,
    target: ScoreTarget,
    near: RangeEnd,
    spread: float,
    shown: Callable[[Witness], bool] | None,
) -> Witness:
    """A row of the data, or a plain one, that comes as near to the bound as the row found."""
    assert near.rows is not None  # noqa: S101  # there is a row to show
    ground, bound = asked.ground, near.bound
    value, least = make_score_function(ground, target, near.sign), near.value
    if is_attained(bound, near.value, spread):
        least = min(least, bound - measure_attained(bound, spread))

    exact = make_witness(ground, target, near.rows[0], near.shows)
    number = find_data_row(
        asked, ground.domain, lambda X: near.sign * target.of(ground.rules.predict_scores(X)), least
    )
    if number is not None and asked.data is not None:
        x = asked.data[number]
    else:
        claim = RowClaim(value=value, least=least)
        x = choose_plain_rows(ground, [ground.space], near.rows, claim, near.cell)[0]

    plain = make_witness(ground, target, x, near.shows, number)
    return exact if shown is not None and shown(exact) != shown(plain) else plain


def answer_range(asked: Question) -> Answer:
    """The range of an output, or of every output."""
    if asked.output is None and len(asked.rules.outputs) > 1:
        return _answer_all_outputs(asked)

    target = find_target(asked.ground, asked.output)
    found = find_score_range(asked, target)
    values, exact = list_range_values(target, found)
    statement = (
        f"{target.name} lies "
        f"{describe_interval(values['low'], values['high'])}{describe_conditions(asked)}."
    )

    return Answer(
        "range",
        statement,
        None,
        values,
        exact,
        _list_witnesses(found),
        _compose_range_notes(asked, target, found, exact),
    )


def _compose_range_notes(
    asked: Question, target: ScoreTarget, found: ScoreRange, exact: bool
) -> tuple[str, ...]:
    """With what a time limit has left out."""
    closing = note_fractions(asked.ground, _list_witnesses(found))
    if not found.complete:
        closing = (*closing, describe_unfinished(asked))
    return compose_notes(asked, target, exact=exact, closing=closing)


def _answer_all_outputs(asked: Question) -> Answer:
    """All outputs, a line each; those that aren't of one score as bounds."""
    rows, values, exact, complete = [], dict[str, Any](), True, True
    bounds = None
    for i, name in enumerate(asked.rules.outputs):
        try:
            target = find_target(asked.ground, name)
        except UnsupportedError:
            bounds = _bound_outputs(asked) if bounds is None else bounds
            own = {"low": float(bounds[i, 0]), "high": float(bounds[i, 1])}
            values[name], exact = own, False
            rows.append(
                f"{name} lies {describe_interval(own['low'], own['high'])} (a bound, which may "
                "not be attained)"
            )
            continue
        found = find_score_range(asked, target)
        values[name], one = list_range_values(target, found)
        exact, complete = exact and one, complete and found.complete
        rows.append(f"{name} lies {describe_interval(values[name]['low'], values[name]['high'])}")

    where = describe_conditions(asked).strip()
    said = "\n".join(rows) + (
        f"\n{where[0].upper()}{where[1:]}. Ask for one output to see rows that attain this."
    )
    closing = () if complete else (describe_unfinished(asked),)

    return Answer(
        "range",
        said,
        None,
        values,
        exact,
        (),
        compose_notes(asked, None, exact=exact, closing=closing),
    )


def _bound_outputs(asked: Question) -> Array:
    """(m, 2) between which values outputs lie that aren't of one score."""
    if isinstance(asked.ground, RestrictedLines):
        return bound_line_outputs(asked.ground)
    bounds = asked.rules.ranges()
    return np.column_stack([np.nanmin(bounds[:, :, 0], axis=0), np.nanmax(bounds[:, :, 1], axis=0)])


def answer_bounded(asked: Question) -> Answer:
    """Whether an output stays between limits."""
    low, high = asked.at_least, asked.at_most
    if low is None and high is None:
        raise DataError("say which limit: at_least, at_most, or both, in units of the output")

    target = find_target(asked.ground, asked.output)
    found = find_score_range(asked, target, lambda w: _is_beyond(target, w, low, high))
    values, exact = list_range_values(target, found)
    holds = (low is None or values["low"] >= low) and (high is None or values["high"] <= high)
    limit = " and ".join(
        f"{word} {value:g}"
        for word, value in (("at least", low), ("at most", high))
        if value is not None
    )
    reached = values["reached"]
    broken = (low is not None and reached["low"] is not None and reached["low"] < low) or (
        high is not None and reached["high"] is not None and reached["high"] > high
    )
    # An end that is open breaks the limit on its own side alone.
    broken = broken or (
        found.complete
        and (
            (low is not None and low > values["low"] == -np.inf)
            or (high is not None and high < values["high"] == np.inf)
        )
    )
    lies = describe_interval(values["low"], values["high"])

    if holds:
        statement = f"Yes: {target.name} is {limit}{describe_conditions(asked)}; it lies {lies}."
    elif broken:
        statement = (
            f"No: {target.name} isn't always {limit}{describe_conditions(asked)}; it lies {lies}."
        )
    else:
        why = (
            "which is the limit but for rounding"
            if found.complete
            else "as far as the time limit allowed to tell"
        )
        statement = f"Not decided: {target.name} lies {lies}, {why}."

    shown = _list_witnesses(found)
    if broken:
        shown = tuple(w for w in shown if _is_beyond(target, w, low, high)) or shown
    return Answer(
        "bounded", statement, holds if holds or broken else None, values, exact, shown,
        _compose_range_notes(asked, target, found, exact),
    )  # fmt: skip


def _is_beyond(
    target: ScoreTarget, witness: Witness, low: float | None, high: float | None
) -> bool:
    value = read_output(target, witness)
    return (low is not None and value < low) or (high is not None and value > high)


def list_range_values(target: ScoreTarget, found: ScoreRange) -> tuple[Mapping[str, Any], bool]:
    """The numbers of a range, of the output and of its score; and whether rows come as far as the
    bounds.
    """
    low, high = target.through(found.low), target.through(found.high)
    shown = [None if w is None else read_output(target, w) for w in (found.lowest, found.highest)]
    reach = [None if w is None else w.score for w in (found.lowest, found.highest)]
    values = {
        "output": target.name,
        "low": low,
        "high": high,
        "reached": {"low": shown[0], "high": shown[1]},
        "score": {
            "low": found.low,
            "high": found.high,
            "reached": {"low": reach[0], "high": reach[1]},
        },
    }
    spread = found.high - found.low

    return values, is_attained(found.low, reach[0], spread) and is_attained(
        found.high, reach[1], spread
    )


def read_output(target: ScoreTarget, witness: Witness) -> float:
    """What was asked for, at a row: the rules' own output, or a score."""
    if target.name in witness.outputs:
        return float(witness.outputs[target.name])
    assert witness.score is not None  # noqa: S101  # witnesses of a target have one
    return witness.score


def _list_witnesses(found: ScoreRange) -> tuple[Witness, ...]:
    return tuple(w for w in (found.lowest, found.highest) if w is not None)


def describe_interval(low: float, high: float) -> str:
    """`between 0.1 and 0.5`, rounded outwards; 0 where an end is that but for a billionth of the
    whole.
    """
    low, high = (
        0.0 if abs(end) <= _NOTHING * (high - low) < np.inf else end for end in (low, high)
    )
    if not np.isfinite(low) and not np.isfinite(high):
        return "anywhere: no bound holds"
    if not np.isfinite(low):
        return f"at or below {format_bound(high, up=True)}, without a lower bound"
    if not np.isfinite(high):
        return f"at or above {format_bound(low, up=False)}, without an upper bound"
    if format_number(low) == format_number(high):
        return f"at {format_number(low)}"
    return f"between {format_bound(low, up=False)} and {format_bound(high, up=True)}"
