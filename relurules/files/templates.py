"""The one loader of templates: they hold structure only, every expression arrives printed."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PACKAGE = Path(__file__).parent.parent

_ANGLES: Mapping[str, str] = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "comment_start_string": "<!--",
    "comment_end_string": "-->",
}
#: Marks of templates by the end of their name: LaTeX and Typst are full of braces, so their own are
#: others.
_MARKS: Mapping[str, Mapping[str, str]] = {".tex.j2": _ANGLES, ".typ.j2": _ANGLES}


def render_file(
    template: str,
    values: Mapping[str, object],
    filters: Mapping[str, Callable[..., Any]] | None = None,
) -> str:
    """The text of a template, `folder/name`; filters: what it may pass values through.

    Nothing is escaped here: languages quote names before, documents escape texts by their filters.
    """
    marks = next((end for end in _MARKS if template.endswith(end)), "")
    environment = _load_environment(marks, tuple((filters or {}).items()))
    return environment.get_template(template).render(**values)


@cache
def _load_environment(
    marks: str, filters: tuple[tuple[str, Callable[..., Any]], ...]
) -> Environment:
    """Templates are in the package if it was installed from a wheel, else beside it."""
    places = [_PACKAGE / "templates", _PACKAGE.parent / "templates"]
    environment = Environment(
        loader=FileSystemLoader([str(place) for place in places]),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # see `render_file`
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.do"],
        **_MARKS.get(marks, {}),  # type: ignore[arg-type]
    )
    environment.filters |= dict(filters)
    return environment


def flatten_text(text: str) -> str:
    """A text on one line: control characters and line ends become spaces."""
    return "".join(c if c.isprintable() else " " for c in text)
