"""Texts of C, JavaScript and SQL as tokens."""

import re
from typing import NamedTuple

from relurules.rounding.expression import UnreadableError

#: What counts for nothing in a language, and the marks behind its numbers.
_ASIDE = {
    "sql": (r"--[^\n]*|/\*.*?\*/", ""),
    "c": (r"//[^\n]*|/\*.*?\*/", "[fF]?"),
    "javascript": (r"//[^\n]*|/\*.*?\*/", ""),
}
_TOKENS = {
    language: re.compile(
        rf"""\s+|{comment}
        |(?P<number>(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?{mark})(?![\w.])
        |(?P<text>N?'(?:[^']|'')*')
        |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[(?=[^\W\d])(?:[^\]]|\]\])*\])
        |(?P<name>[A-Za-z_][\w.$]*)
        |(?P<sign>===|!==|&&|\|\||<=|>=|<>|!=|==|[-+*/<>=!?:;,.(){{}}\[\]])""",
        re.VERBOSE | re.DOTALL,
    )
    for language, (comment, mark) in _ASIDE.items()
}


class Token(NamedTuple):
    """kind: number, text, quoted, name or sign; start: where it stands in the text."""

    kind: str
    text: str
    start: int = 0


def split_tokens(text: str, language: str) -> list[Token]:
    """The tokens of a text; UnreadableError at a character that none starts with.

    language: sql, c or javascript.
    """
    found, at, pattern = list[Token](), 0, _TOKENS[language]
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise UnreadableError(f"{text[at : at + 10]!r} isn't read here")
        if match.lastgroup:
            found.append(Token(match.lastgroup, match[match.lastgroup], at))
        at = match.end()

    return [*found, Token("end", "")]
