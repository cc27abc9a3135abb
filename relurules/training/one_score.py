"""What lines of several scores can't keep, and how it is refused: by a fit of a table, by the
estimators, and by what chooses lines.
"""

from collections.abc import Sequence

from relurules.errors import UnsupportedError

#: Options of lines that speak of one score: as a fit calls them, and as estimators do.
ONE_SCORE = {"monotone": "monotonic_cst", "signs": "signs", "effect_bounds": "effect_bounds"}


def refuse_several_scores(names: Sequence[str], *, classes: bool, count: int | None = None) -> None:
    """UnsupportedError where any of these options is given with several scores.

    classes: whether they are those of classes, or of targets. count: how many, where it is known.
    """
    if not names:
        return

    given = ", ".join(names)
    if not classes:
        raise UnsupportedError(
            f"{given} of {count} targets, whose scores would each need their own; supported: one "
            f"target; leave {given} out"
        )
    several = "a target of more than two" if count is None else str(count)
    raise UnsupportedError(
        f"{given} with {several} classes, of which one gains only if its score rises by more than "
        f"every other's. Only binary classification is supported with {given}: leave it out, or "
        "join classes until there are two"
    )
