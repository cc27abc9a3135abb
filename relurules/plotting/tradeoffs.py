"""How many rules a network needs for which error: the steps that a simplification left, and their
figure.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.plotting.style import GREY, UP, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Tradeoffs(NamedTuple):
    """rules: (n,) falling; errors: (n,) what outputs are off with so many at most; reached: what
    the rules are; unit: rule or line.
    """

    rules: Array
    errors: Array
    reached: float
    unit: str = "rule"


def list_tradeoffs(rules: RuleSet | AdditiveRules) -> Tradeoffs:
    """The steps with a finite bound. DataError where the rules weren't simplified."""
    steps = [step for step in rules.tradeoffs if np.isfinite(step.error)]
    if not steps:
        raise DataError(
            "this plot needs rules that were simplified: extract with max_error or max_rules"
        )
    counts, errors = zip(*steps, strict=True)
    unit = "rule" if isinstance(rules, RuleSet) else "line"
    return Tradeoffs(np.array(counts), np.array(errors), rules.max_error, unit)


def draw_tradeoffs(found: Tradeoffs) -> "Figure":
    """A stair from all rules, without any error, to those that are left."""
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(3.6)
    axes = figure.subplots()
    axes.step(found.errors, found.rules, where="post", color=UP)
    axes.plot(found.errors[-1], found.rules[-1], "o", color=UP)
    left = int(found.rules[-1])
    axes.annotate(
        (f"{left} {found.unit}{'s' if left != 1 else ''}, within "
        f"{found.reached:.3g}"), (found.errors[-1], found.rules[-1]),
        xytext=(-6, 8), textcoords="offset points", ha="right", color=GREY,
    )  # fmt: skip
    axes.set_ylim(0, float(found.rules.max()) * 1.08)
    axes.set_xlim(left=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("largest difference from the network anywhere in the domain")
    axes.set_ylabel(f"{found.unit}s")

    return figure
