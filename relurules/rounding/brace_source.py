"""Texts of C and JavaScript, in which names must stand for what is read, and for nothing else."""

import re

from relurules.rounding.expression import UnreadableError

_ASIDE = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |`(?:\\.|[^`\\])*`|//[^\n]*|/\*.*?\*/""",
    re.VERBOSE | re.DOTALL,
)
#: What stands in emitted C for compilers, whole.
_GUARDS = re.compile(
    r"^#ifdef __FAST_MATH__\n#error [^\n]*\n#endif$"
    r"|^#ifdef __clang__\n#pragma STDC FP_CONTRACT OFF *\n#endif$",
    re.MULTILINE,
)
_DIRECTIVE = re.compile(r"^[^\S\n]*(?:#|%:|\?\?=)([^\n]*)", re.MULTILINE)
_KNOWN = re.compile(r'include (?:"score\.h"|<\w+\.h>)|define (?:SCORES|VALUES|LINES) \d+')
_KNOWN_IN_HEADERS = re.compile(
    r"include <stddef\.h>|(?:ifndef|define) SCORE_H|define SCORE_[A-Z]+ \d+"
    r"|(?:ifdef|if defined\()\s*__cplusplus\)?|endif"
)
#: How C computes other than its operations say.
_ODD = re.compile(r"\b(?:_Pragma|__attribute__|__asm__|asm)\b|\\\s*\n")


def strip_comments(text: str) -> str:
    """A text with spaces in place of comments and of what stands between backquotes."""

    def blank(found: re.Match[str]) -> str:
        return found["text"] or re.sub(r"[^\n]", " ", found[0])

    return _ASIDE.sub(blank, text)


def require_plain_c(text: str) -> None:
    """UnreadableError where the preprocessor is told more than emitted code tells it, so that
    functions may not be what they seem. text: without comments.
    """
    _require_directives(_GUARDS.sub("", text), _KNOWN)
    if (odd := _ODD.search(text)) is not None:
        raise UnreadableError(f"{odd[0]!r} isn't read")


def require_plain_header(text: str) -> None:
    """The same of what is included."""
    _require_directives(strip_comments(text), _KNOWN_IN_HEADERS)


def _require_directives(text: str, known: re.Pattern[str]) -> None:
    for found in _DIRECTIVE.finditer(text):
        if not known.fullmatch(found[1].strip()):
            raise UnreadableError(f"the preprocessor's {found[0].strip()!r} isn't read")


def require_own_math(text: str) -> None:
    """UnreadableError where Math of JavaScript may be another one. text: without comments."""
    outside_texts = _ASIDE.sub(" ", text)
    if re.search(r"\bMath\b(?!\.\w+\()|\bfunction\s+Math\b", outside_texts):
        raise UnreadableError("Math may be another one than JavaScript's")
