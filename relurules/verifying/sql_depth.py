"""A bound on how long SQL is and how deep it nests, before a parser that recurses reads it."""

import re

from relurules.errors import CheckError

#: Levels of parentheses, CASEs and prefix operators that may stand in one another: more than the
#: emitter writes, and few enough for a parser that calls itself some 20 times a level.
MOST_NESTED = 200
#: Characters that a text may have: more than the emitter writes.
MOST_CHARACTERS = 5 * 10**7

#: What is skipped (comments, texts, quoted names), and what makes or ends a level.
_TOKENS = r"""
    (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<quoted>'(?:''|{escape}[^'{stop}]++)*+(?:'|\Z)
    |"(?:""|{escape}[^"{stop}]++)*+(?:"|\Z)
    |`[^`]*+(?:`|\Z))
    |(?P<open>[(\[{{])|(?P<close>[)\]}}])
    |(?P<case>\bcase\b)|(?P<end>(?<![.])\bend\b)
    |(?P<prefix>\bnot\b|[-+~])"""
_FLAGS = re.VERBOSE | re.DOTALL | re.IGNORECASE
#: The same text read by engines in which a backslash escapes a quote, and by those in which not.
_READINGS = tuple(
    re.compile(_TOKENS.format(escape=escape, stop=stop), _FLAGS)
    for escape, stop in (("", ""), (r"\\(?:.|\Z)|", r"\\"))
)


def check_sql_depth(text: str, name: str) -> None:
    """CheckError for SQL that is too long or too deep for a parser; name: of its file.

    One pass over the text for each way of reading backslashes, without recursion.
    """
    if len(text) > MOST_CHARACTERS:
        raise CheckError(
            f"{name} has {len(text)} characters; SQL of at most {MOST_CHARACTERS} is read back"
        )
    if any(_nests_deeper(text, reading, MOST_NESTED) for reading in _READINGS):
        raise CheckError(
            f"{name} nests parentheses, CASEs or prefix operators more than {MOST_NESTED} levels "
            "deep, which its parser can't read; emit it in another form"
        )


def _nests_deeper(text: str, reading: re.Pattern[str], most: int) -> bool:
    """Whether more than `most` levels are open anywhere.

    Prefix operators, such as NOT NOT x, count while only blanks and comments part them.
    """
    brackets = cases = prefixes = last = 0
    for token in reading.finditer(text):
        kind = token.lastgroup
        if kind != "comment" and text[last : token.start()].strip():
            prefixes = 0
        last = token.end()

        if kind == "open":
            brackets += 1
        elif kind == "close":
            brackets = max(0, brackets - 1)
        elif kind == "case":
            cases += 1
        elif kind == "end":
            cases = max(0, cases - 1)
        prefixes = prefixes + 1 if kind == "prefix" else prefixes if kind == "comment" else 0

        if brackets + cases + prefixes > most:
            return True
    return False
