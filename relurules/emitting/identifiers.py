"""Names in emitted code."""

import re
from collections.abc import Iterable, Sequence

from relurules.errors import InputError


def make_unique(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The names, a number appended to each that came before or is taken."""
    seen, result = set(taken), []
    for name in names:
        fresh, count = name, 1
        while fresh in seen:
            count += 1
            fresh = f"{name}_{count}"
        seen.add(fresh)
        result.append(fresh)

    return result


def make_identifier(name: str) -> str:
    """An ASCII identifier that resembles a column's name: letters, digits and underscores, at most
    40, letter first.
    """
    plain = re.sub("[^0-9A-Za-z_]+", "_", name)[:40].strip("_")
    return plain if plain[:1].isalpha() else f"f_{plain}" if plain else "f"


def require_different_names(target: str, names: Sequence[str], what: str) -> None:
    """InputError where one name would be that of two things of an artefact; what: which two."""
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(
            f"target {target!r}: {twice[0]!r} would be the name of {what}; rename the column, or "
            "the output in the model's graph"
        )
