"""Lines of one direction, and others that may be chosen beside them.

Where trends are kept everywhere, what one line adds another can only take back if it holds nowhere
that the first doesn't: a score that rises and then levels off along two columns needs two lines of
the very same direction.
"""

import numpy as np

from relurules.training.lines.candidates import Direction
from relurules.training.lines.line_model import HingeLine, LineModel, LineRows, project_rows

#: Shares of rows before the thresholds that are tried beside a line.
_SHARES = np.linspace(0.01, 0.99, 15)
#: Directions that agree in so many decimals are the same.
_DECIMALS = 7


def list_parallels(model: LineModel, rows: LineRows) -> list[Direction]:
    """Both sides of some thresholds along every direction of a model's lines."""
    found = []
    for group in group_parallels(model):
        line = model.lines[group[0]]
        size = float(np.linalg.norm(line.weights))
        if not size:
            continue
        weights = line.weights / size
        thresholds = np.unique(np.quantile(project_rows(weights @ line.atoms, rows.X), _SHARES))
        found += [
            Direction(
                columns=line.columns,
                atoms=line.atoms,
                pulls=line.pulls,
                weights=sense * weights,
                bounds=-sense * thresholds,
            )
            for sense in (1.0, -1.0)
        ]

    return found


def group_parallels(model: LineModel) -> list[list[int]]:
    """Numbers of the lines of each direction, whichever side they hold on."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for k, line in enumerate(model.lines):
        groups.setdefault(_describe_direction(line) or (float(k),), []).append(k)

    return list(groups.values())


def _describe_direction(line: HingeLine) -> tuple[float, ...]:
    """What parallel lines have in common; nothing for a line that holds everywhere or nowhere."""
    places = np.flatnonzero(line.weights)
    if not len(places):
        return ()
    relative = line.weights[places] / line.weights[places[-1]]
    shared = np.round(line.atoms[places] * relative[:, None], _DECIMALS)

    return len(line.weights), *shared.ravel().tolist()
