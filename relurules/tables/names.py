"""Names and texts that tables and users bring: what they may hold, and how messages show them."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from relurules.errors import UnsupportedError

#: Characters of a name that messages show.
_NAME_LENGTH = 60


def make_default_names(count: int, prefix: str = "x") -> tuple[str, ...]:
    """x0, x1, ...: what a column is called when nobody named it."""
    return tuple(f"{prefix}{i}" for i in range(count))


def find_free_name(name: str, taken: Collection[str]) -> str:
    """The name, with more underscores at its end if it is taken."""
    while name in taken:
        name += "_"
    return name


def find_text_flaw(text: str) -> str | None:
    """What keeps a text out of files, code and databases: a NUL, or half of a surrogate pair; None
    where nothing does.

    UTF-8 has no code for the half of a pair; Python puts one where bytes of a name aren't UTF-8.
    """
    if "\0" in text:
        return "a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"{text[error.start]!r}, the half of a surrogate pair, which UTF-8 can't write"
    return None


def quote_name(name: str) -> str:
    """A name in quotes, for messages: of a file that is no table, it may be the whole file."""
    return repr(name if len(name) <= _NAME_LENGTH else f"{name[:_NAME_LENGTH]}...")


def to_plain_value(value: Any) -> Any:
    """Numbers of numpy as Python's own, in lists, tuples and mappings too; anything else as it is.

    Python's floats are compared as the numbers that they are; beside a float32 of numpy, they would
    be rounded to float32 first.
    """
    if isinstance(value, Mapping):
        return {to_plain_value(key): to_plain_value(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(to_plain_value, value))
    return value.item() if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 else value


def check_finite(**numbers: float | None) -> None:
    """UnsupportedError for an argument, by its name, that is NaN or infinite; None is fine."""
    for name, value in numbers.items():
        if value is not None and not np.isfinite(value):
            raise UnsupportedError(f"{name}={value!r}; supported: a finite number")
