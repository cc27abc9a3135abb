"""Names in emitted code."""

import re
from collections.abc import Iterable


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
