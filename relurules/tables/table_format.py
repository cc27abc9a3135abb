"""How the text of a file is read: what separates its fields, what a number looks like, and which
texts are missing values.
"""

import codecs
import re
from dataclasses import dataclass
from functools import cached_property

from relurules.errors import DataError


@dataclass(frozen=True, kw_only=True)
class TableFormat:
    """How the text of a CSV file is read.

    na: texts that are missing values; an empty cell is one whatever is said here.
    sep: the character between two fields.
    decimal: the character before the fraction of a number.
    thousands: the character between groups of three digits; "": none.
    encoding: how the file's characters are written, as Python calls it.

    DataError where these don't fit together.
    """

    na: tuple[str, ...] = ()
    sep: str = ","
    decimal: str = "."
    thousands: str = ""
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        for name, least in (("sep", 1), ("decimal", 1), ("thousands", 0)):
            text = getattr(self, name)
            if not least <= len(text) <= 1 or text in ('"', "\n", "\r", "\0"):
                raise DataError(f"{name} {text!r}; expected one character, such as ';'")
            if name != "sep" and (text.isalnum() or (text and text in "+-")):
                raise DataError(f"{name} {text!r}; expected a mark, such as ','")
            if name == "sep" and not text.isascii():
                raise DataError(f"sep {text!r}; expected a character of ASCII, such as ';'")

        if self.decimal == self.thousands:
            raise DataError(
                f"decimal and thousands are both {self.decimal!r}; a number needs two marks"
            )
        try:
            codecs.lookup(self.encoding)
        except (LookupError, ValueError) as error:
            raise DataError(
                f"encoding {self.encoding!r} isn't known; supported: those of Python, such as "
                "utf-8, latin-1, cp1252 or utf-16"
            ) from error

    @property
    def is_utf8(self) -> bool:
        """Whether the file's bytes are those of UTF-8."""
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig", "ascii")

    @cached_property
    def number_pattern(self) -> str:
        """What the whole text of a number matches, in the syntax that Python and RE2 share.

        Without words: neither `nan`, which is a text unless declared missing, nor anything else
        that some function takes for a number; of infinity, `inf` and `infinity`.
        """
        digits, mark = "[0-9]+", re.escape(self.decimal)
        if self.thousands:
            digits = f"(?:[0-9]+|[0-9]{{1,3}}(?:{re.escape(self.thousands)}[0-9]{{3}})+)"
        plain = f"(?:{digits}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]+)?"
        return rf"^[ \t]*[+-]?(?:{plain}|(?i:inf(?:inity)?))[ \t]*$"

    def is_number(self, text: str) -> bool:
        """Whether a text is a number."""
        return re.match(self.number_pattern, text) is not None

    def parse_number(self, text: str) -> float:
        """The number of a text that is one."""
        bare = text.replace(self.thousands, "") if self.thousands else text
        return float(bare.replace(self.decimal, "."))
