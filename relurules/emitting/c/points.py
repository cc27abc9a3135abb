"""The points of a scorecard in C, in double whatever the scores are in."""

import re
from collections.abc import Sequence
from functools import partial

from relurules.emitting import plan
from relurules.emitting.c.numbers import REALS, Real
from relurules.emitting.c.parts import InputAssignment
from relurules.emitting.line_values import LineNames
from relurules.emitting.point_plan import PointStyle, chain_choices, sum_points
from relurules.emitting.request import LineRequest

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def plan_c_points(
    request: LineRequest,
    real: Real,
    columns: Sequence[str],
    inputs: Sequence[InputAssignment],
    names: LineNames,
) -> dict[str, object]:
    """The points of a scorecard, in double, and the coordinates that they read."""
    planned = sum_points(
        request,
        plan.make_notation(request.rules, REALS["double"].literal, columns),
        PointStyle(
            choose=partial(chain_choices, choice="{} ? {}\n            : {}".format),
            positive=lambda _line, argument: f"beyond({argument})",
        ),
        lambda place: names.points[place],
    )
    texts = [part.text for part in planned.parts] if planned else []
    used = {word for text in texts for word in _IDENTIFIER.findall(text)}

    return {
        "pointed": planned,
        "point_inputs": move_inputs([each for each in inputs if each.name in used], real),
        "beyond": any("beyond(" in text for text in texts),
    }


def move_inputs(inputs: Sequence[InputAssignment], real: Real) -> list[InputAssignment]:
    """Coordinates in double, of a row in the type of scores, as the row is scored."""
    if not real.suffix:
        return list(inputs)
    return [each._replace(expression=f"(double)({each.expression})") for each in inputs]
