"""How C writes numbers, double or float, alone and in tables; and comments."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from relurules.errors import UnsupportedError
from relurules.files.templates import flatten_text

#: Numbers in a line of a table, beside the same in hexadecimal.
_PER_LINE = 4
#: Bytes that stand for themselves in a string; `?` might start a trigraph.
_PLAIN = frozenset(range(32, 127)) - frozenset(b'"\\?')
#: What functions written for double have in their place for float.
_OF_FLOAT: Mapping[str, str] = {
    "double": "float", "exp": "expf", "expm1": "expm1f", "fabs": "fabsf", "log": "logf",
    "log1p": "log1pf", "tanh": "tanhf",
}  # fmt: skip
_WORDS = re.compile(rf"\b(?:{'|'.join(_OF_FLOAT)})\b|\b\d+\.\d+\b")


@dataclass(frozen=True, kw_only=True)
class Real:
    """A floating-point type of C."""

    #: In C.
    name: str
    #: Of its literals.
    suffix: str
    #: What its names in float.h start with.
    macros: str
    #: Held.
    bits: int
    #: The same in numpy.
    type: type[np.float32] | type[np.float64]

    @property
    def size(self) -> int:
        """Bytes that one takes."""
        return np.dtype(self.type).itemsize

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return float(np.finfo(self.type).max)

    @property
    def infinity(self) -> str:
        """The macro of math.h."""
        return "HUGE_VAL" + self.suffix.upper()

    def nearest(self, value: float) -> float:
        """The nearest number of this type; UnsupportedError where that is infinite, or 0 for what
        isn't.
        """
        with np.errstate(over="ignore", under="ignore"):
            found = float(self.type(value))
        if np.isfinite(found) and (found != 0.0 or value == 0.0):
            return found
        raise UnsupportedError(
            f"{value!r} is too {'small' if found == 0 else 'large'} for {self.name}; use double"
        )

    def literal(self, value: float) -> str:
        """The shortest decimal that gives the number back; the largest number by its name."""
        found = self.nearest(value)
        if found == self.largest:
            return f"{self.macros}_MAX"
        return f"{self.type(found)!s}{self.suffix}" if self.suffix else repr(found)

    def hexadecimal(self, value: float) -> str:
        """The number as it is stored."""
        digits, _, power = self.nearest(value).hex().partition("p")
        return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}p{power}"

    def source(self, text: str) -> str:
        """A function that is written for double, for this type."""
        if not self.suffix:
            return text
        return _WORDS.sub(lambda found: _OF_FLOAT.get(found[0], found[0] + self.suffix), text)


REALS: Mapping[str, Real] = {
    "double": Real(name="double", suffix="", macros="DBL", bits=53, type=np.float64),
    "float": Real(name="float", suffix="f", macros="FLT", bits=24, type=np.float32),
}


class CTable(NamedTuple):
    """A constant array: its declaration without `= {`, a comment, and its lines."""

    declaration: str
    comment: str
    lines: list[str]


def print_real_table(real: Real, name: str, values: ArrayLike, said: str) -> CTable:
    """Numbers in decimals, and the same in hexadecimal beside them; a new line for every row of an
    (r, n) array.
    """
    array = np.atleast_2d(np.array(values, dtype=np.float64))
    lines = []
    for row in array.tolist():
        for i in range(0, len(row), _PER_LINE):
            part = row[i : i + _PER_LINE]
            beside = " ".join(map(real.hexadecimal, part))
            lines.append(f"{', '.join(map(real.literal, part))}, /* {beside} */")

    return CTable(f"static const {real.name} {name}[{array.size}]", said, lines)


def print_integer_table(name: str, rows: Sequence[Sequence[int]], said: str) -> CTable:
    """Rows of whole numbers, a line each; two or more a row make an array of arrays."""
    width = len(rows[0])
    if width == 1:
        return CTable(f"static const int {name}[{len(rows)}]", said, [f"{row[0]}," for row in rows])
    lines = [f"{{{', '.join(map(str, row))}}}," for row in rows]
    return CTable(f"static const int {name}[{len(rows)}][{width}]", said, lines)


def print_c_string(text: str) -> str:
    """A literal of UTF-8, written in ASCII; octal codes have three digits, so that none runs on."""
    coded = [chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in text.encode()]
    return f'"{"".join(coded)}"'


def escape_comment(name: str) -> str:
    """A name inside a C comment: it can neither end the comment nor form a trigraph or a line
    splice.
    """
    return (
        flatten_text(name)
        .replace("*", "\u2217")
        .replace("?", "\uff1f")
        .replace("\\", "\u2216")
        .replace("/", "\u2215")
    )
