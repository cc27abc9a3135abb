"""AdditiveRules with fewer and shorter lines, within a bound or down to a number of lines."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, AffineMap, Tradeoff
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array, make_read_only
from relurules.lp.certified import round_up
from relurules.rules.additive import HingeTable, number_lines
from relurules.rules.additive_error import bound_additive_output, find_additive_budget
from relurules.rules.exact_box import BoundedBox, make_box
from relurules.rules.line_ledger import CertifiedBase, LineLedger, measure_interval
from relurules.rules.line_reduction import LineReduction, reduce_lines, take_lines_apart
from relurules.rules.line_rounding import LineRounder, round_base
from relurules.rules.line_writing import open_ledger, take_line

#: What fewer lines, and then shorter lines, may cost of a bound; the rest is for the base's digits.
_OF_LINES, _OF_NUMBERS = Fraction(4, 5), Fraction(19, 20)
#: Room for digits beyond the error that a number of lines takes, as a share of that.
_ROOM = Fraction(1, 20)
#: So often a larger sum of steps is tried, where what they are off is less than this share of the
#: limit.
_TRIES, _NEAR = 3, Fraction(9, 10)


def simplify_additive_rules(
    rules: AdditiveRules,
    max_error: float = 0.0,
    max_lines: int | None = None,
    *,
    rows: Array | None = None,
    progress: Callable[[int], None] | None = None,
    deadline: Deadline = NEVER,
) -> AdditiveRules:
    """The same rules with as few lines, and as few digits, as max_error allows, of outputs, over
    the domain; or with so many lines and about the least error. Groups stay as they are.

    rows: (N, d) of the domain to count, None without any. Within 0, where there are no more lines
    than that already, and where no number can be shorter, rules stay as they are. Raises
    UnsupportedError where the domain has no bound for what would have to change, or where so few
    lines take more than max_error; OutOfTimeError where the deadline comes before there are so few.
    """
    if max_lines is None and not max_error:
        return rules
    if max_lines is not None:
        _check_lines_alone(rules, max_lines)
        if len(rules) <= max_lines and not max_error:
            return rules
    limit = None
    if max_error:
        budget = Fraction(_find_budget(rules, max_error)) - Fraction(rules.score_error)
        limit = max(Fraction(0), budget)
    if limit == 0:
        return rules if max_lines is None else _refuse_lines(rules, max_lines, len(rules))

    task = _SimplifyTask(
        rules=rules,
        box=make_box(rules.domain),
        max_lines=max_lines,
        rows=rows,
        progress=progress,
        deadline=deadline,
    )
    _check_bounded(rules, take_lines_apart(rules, task.box), max_lines)
    found = _reduce_once(task, None) if limit is None else _reduce_within(task, limit)
    left = len(found.state)
    if max_lines is not None and left > max_lines:
        deadline.check(f"merging lines to max_rules={max_lines}, with {left} left")
        return _refuse_lines(rules, max_lines, left)
    written = _write_rules(task, found, limit)
    change = Fraction(written.score_error) - Fraction(rules.score_error)
    if limit is not None and change > limit:  # less than rounding the numbers takes
        return rules if max_lines is None else _refuse_lines(rules, max_lines, len(rules))

    same = max_lines is None and written.network.has_same_arrays(rules.network)
    return rules if same else written


@dataclass(frozen=True, kw_only=True)
class _SimplifyTask:
    """What is asked for."""

    rules: AdditiveRules
    box: BoundedBox
    max_lines: int | None
    rows: Array | None
    progress: Callable[[int], None] | None
    deadline: Deadline


@dataclass(frozen=True, eq=False)
class _ReducedLines:
    """Fewer lines, with all digits, and what they are off."""

    state: LineReduction
    ledger: LineLedger

    @property
    def error(self) -> Fraction:
        """Of the worst score, once the constants are in the middle."""
        low, high = self.ledger.moved
        for curve in self.state.curves.values():
            if curve.changed:
                low, high = low + curve.low, high + curve.high
        return measure_interval((low, high))


def _reduce_once(task: _SimplifyTask, allowed: Fraction | None) -> _ReducedLines:
    state = take_lines_apart(task.rules, task.box)
    reduce_lines(state, allowed, task.max_lines, task.deadline, task.progress)
    return _ReducedLines(state, open_ledger(task.rules, state, task.rows, task.deadline))


def _reduce_within(task: _SimplifyTask, limit: Fraction) -> _ReducedLines:
    """As few lines as a limit allows; where the sum of steps is far above what they are off
    together, with a larger sum.
    """
    goal = allowed = limit * _OF_LINES
    best = _reduce_once(task, allowed)
    for _ in range(_TRIES):
        fewer = task.max_lines is None or len(best.state) > task.max_lines
        if not fewer or task.deadline.is_over() or not 0 < best.error < _NEAR * goal:
            break
        wider = allowed * min(goal / best.error, Fraction(2))
        tried = _reduce_once(task, wider)
        if tried.error > goal:
            wider = (allowed + wider) / 2
            tried = _reduce_once(task, wider)
        if tried.error > goal or len(tried.state) >= len(best.state):
            break
        best, allowed = tried, wider

    return best


def _check_lines_alone(rules: AdditiveRules, most: int) -> None:
    if rules.groups:
        neurons = sum(len(group.rules.network) for group in rules.groups)
        raise UnsupportedError(
            f"max_rules={most} counts lines, and {neurons} neurons of this network read one "
            "another, so they are no lines; give data and fidelity='rows' for the closest lines on "
            "these rows, or use form='partition'"
        )


def _find_budget(rules: AdditiveRules, max_error: float) -> float:
    return find_additive_budget(rules.heads, rules.network, rules.domain, max_error)


def _bound_outputs(rules: AdditiveRules, error: float) -> float | None:
    return bound_additive_output(rules.heads, rules.network, rules.domain, error)


def _refuse_lines(rules: AdditiveRules, most: int, left: int) -> AdditiveRules:
    if left <= most:
        return rules
    raise UnsupportedError(
        f"max_rules={most}: with this max_error {left} lines are needed; allow more lines, or a "
        "larger error"
    )


def _check_bounded(rules: AdditiveRules, state: LineReduction, most: int | None) -> None:
    """UnsupportedError where lines that would have to go read an open column, or nothing else is
    there.
    """
    open_ = np.flatnonzero(state.box.open & rules.read_coordinates)
    if not len(open_):
        return
    closed = rules.read_coordinates & ~state.box.open
    if closed.any() and (most is None or len(state.fixed) <= most):
        return
    raise UnsupportedError(
        "max_error and max_rules need bounds of the columns that lines read, and column "
        f"{rules.features[open_[0]]!r} is open; give its range"
    )


def _write_rules(
    task: _SimplifyTask, found: _ReducedLines, limit: Fraction | None
) -> AdditiveRules:
    """The rules of what is left, with as few digits as the limit allows; None: that of so many
    lines.
    """
    ledger, error = found.ledger, found.error
    room = limit * _OF_NUMBERS if limit else error * (1 + _ROOM)
    limit = limit or error * (1 + 2 * _ROOM)
    rounder = LineRounder(ledger, room, task.deadline)
    if room:
        rounder.round_all()
    wanted = ledger.target[:, :-1].astype(np.float64)
    for j, tilt in rounder.tilts.items():
        wanted[:, j] += tilt

    return _number_rules(task, found, round_base(ledger, wanted, limit, task.deadline))


def _number_rules(
    task: _SimplifyTask, reduced: _ReducedLines, base: CertifiedBase
) -> AdditiveRules:
    rules, state, ledger = task.rules, reduced.state, reduced.ledger
    lines = [take_line(rules, k) for k in state.fixed.tolist()]
    lines += [one.line for one in ledger.stand_ins]
    lines += [line for curve in ledger.curves.values() for line in curve.lines]
    d, m = len(rules.features), rules.score_count
    table = HingeTable(
        normals=np.array([line.normal for line in lines]).reshape(-1, d),
        bounds=np.array([line.bound for line in lines]),
        slopes=np.array([line.slopes for line in lines]).reshape(-1, m),
        neurons=tuple(line.neuron for line in lines),
    )
    error = round_up(Fraction(rules.score_error) + base.error)
    found = replace(
        rules,
        base=AffineMap(make_read_only(base.base.weights), make_read_only(base.base.constants)),
        lines=number_lines(table, rules.domain, task.rows),
        score_error=error,
        output_error=_bound_outputs(rules, error),
    )

    return replace(found, tradeoffs=_list_tradeoffs(rules, state, found))


def _list_tradeoffs(
    rules: AdditiveRules, state: LineReduction, found: AdditiveRules
) -> tuple[Tradeoff, ...]:
    """What so many lines cost of the outputs: no more than the rules do in the end."""
    before = [Tradeoff(len(rules), rules.max_error)]
    for step in state.steps:
        error = round_up(Fraction(rules.score_error) + step.error)
        bound = _bound_outputs(rules, error)
        if step.lines > len(found):
            bound = error if bound is None else bound
            before.append(Tradeoff(step.lines, min(bound, found.max_error)))
    last = Tradeoff(len(found), found.max_error)

    return (*(step for step in before if step.rules > last.rules), last)
