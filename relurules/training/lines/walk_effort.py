"""How much work a walk takes upon itself, by the rows that it fits to."""

from dataclasses import dataclass, replace

#: Of more rows than these, steps take long, and what they would still gain is little: on the census
#: of benchmarks/lines.py, splits 10 and 11, less effort took two thirds of the time and cost no
#: accuracy. Fewer rows for candidates would cost some, an AUC of .002 on splits 12 to 14; so does
#: less effort on tables of fewer rows: on Taiwan credit, 24,000 rows, splits 10 to 12, .002.
MANY_ROWS = 30_000


@dataclass(frozen=True, kw_only=True)
class WalkEffort:
    """trial_steps: Gauss-Newton steps of a candidate; taken_steps: of the one that is taken. over:
    lines beyond the budget that are chosen before the least useful are dropped, as a share of it.
    renewals: rounds in which lines drawn at random are replaced.
    """

    trial_steps: int
    taken_steps: int
    over: float
    renewals: int


_FULL = WalkEffort(trial_steps=3, taken_steps=6, over=0.6, renewals=4)
_LESS = replace(_FULL, trial_steps=2, taken_steps=4, over=0.4, renewals=2)
#: Steps within trends take longer.
_WITHIN_TRENDS = replace(_FULL, over=0.3, renewals=2)


def choose_effort(rows: int, *, has_trends: bool) -> WalkEffort:
    """The effort of a walk that is fitted to so many rows."""
    if has_trends:
        return _WITHIN_TRENDS
    return _LESS if rows > MANY_ROWS else _FULL
