"""The Jinja environment: templates hold structure only, every expression arrives printed."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PACKAGE = Path(__file__).parent.parent


@cache
def _load_environment() -> Environment:
    """Templates lie in the package when it was installed from a wheel, beside it in an editable
    install.
    """
    places = [_PACKAGE / "templates", _PACKAGE.parent / "templates"]
    return Environment(
        loader=FileSystemLoader([str(place) for place in places]),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # nothing here is HTML; each language quotes its own names
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render_template(template: str, **values: Any) -> str:
    """The template's text."""
    return _load_environment().get_template(template).render(**values)


def flatten_text(text: str) -> str:
    """Text for a line comment: control characters and line ends become spaces."""
    return "".join(c if c.isprintable() else " " for c in text)


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
