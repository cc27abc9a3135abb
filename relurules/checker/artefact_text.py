"""Artefacts: a text -> its tokens, and the values of the expressions in it."""

import ast
import json
import re
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.artefact_values import FloatArithmetic, FloatValue, is_misread
from relurules.checker.json_values import RefusedError, shorten_text

_QUOTED = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
_SQL_QUOTED = r"\"(?:[^\"\n]|\"\")*\"|'(?:[^'\n]|'')*'"
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.])"
#: More digits than tell a float64 from all others aren't rounded to the nearest one by SQLite.
_MOST_DIGITS = 17
#: Exponents of many signs aren't read as they stand by SQLite.
_MOST_SIGNS = 40
_WORDS = r"[A-Za-z_][A-Za-z0-9_]*"
_SIGNS = r"===|!==|&&|\|\||\?\?|\.\.\.|->|=>|[<>=!]=|[-+*/%(){}\[\],.:;?<>=!$]"
#: What may hide code from a reader: control characters, ends of lines that not all languages know,
#: lines that go on, trigraphs, another encoding that the first lines of Python name.
_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]|\\\\ *\n|\\?\\?[/(]"
    "|^(?:[^\n]*\n)?[^\n]*coding[:=]"
)


class ArtefactLanguage(NamedTuple):
    """How a language is split, and what stands before the argument of max(0, ...), if just that.

    lines: whether ends of lines are tokens, with what the next one is indented by or without;
    marks: of which one must be in a number for it to be a double; is_typed: numbers are decimals.
    """

    comment: str
    quoted: str
    hinge: str = ""
    lines: str = ""
    marks: str = ".e"
    is_typed: bool = False


ARTEFACT_LANGUAGES = {
    "python": ArtefactLanguage(
        r"#[^\n]*", rf'"""(?:[^"\\]|\\.)*"""|{_QUOTED}', "max(0.0,", "indented"
    ),
    "c": ArtefactLanguage(r"/\*[\s\S]*?\*/", rf"^#[^\n]*|{_QUOTED}", "positive("),
    "javascript": ArtefactLanguage(
        r"//[^\n]*|^/\*\*[\s\S]*?\*/", rf"`[^`\\\n]*`|{_QUOTED}", "Math.max(0.0,", "plain"
    ),
    "sqlite": ArtefactLanguage(r"--[^\n]*", _SQL_QUOTED, "max(0E0,", marks="E"),
    "duckdb": ArtefactLanguage(r"--[^\n]*", _SQL_QUOTED, marks="E"),
    "postgres": ArtefactLanguage(
        r"--[^\n]*", _SQL_QUOTED, "greatest(0E0,", marks="E", is_typed=True
    ),
}


def split_artefact(text: str, language: ArtefactLanguage) -> list[tuple[str, int]]:
    """Tokens, without comments, and their lines; RefusedError where a character belongs to none."""
    parts = f"(?P<skip>{language.comment}|[ ]+)|(?P<line>\\n[ ]*)|{language.quoted}|{_NUMBER}"
    pattern = re.compile(f"{parts}|{_WORDS}|{_SIGNS}", re.MULTILINE)
    found, at, number = list[tuple[str, int]](), 0, 1
    while at < len(text):
        part = pattern.match(text, at)
        if part is None:
            raise RefusedError(f"line {number}: {text[at]!r} isn't read there")
        token, at = part[0], part.end()
        if part["line"] is not None:
            token = token if language.lines == "indented" else "\n"
            if found and found[-1][0][0] == "\n":
                found.pop()
        if part["skip"] is None and (part["line"] is None or language.lines):
            found.append((token, number))
        number += part[0].count("\n")

    return found


class ArtefactReader:
    """Tokens one by one. names: what stands for a value there."""

    def __init__(self, text: str, language: str, arithmetic: FloatArithmetic) -> None:
        if found := _HIDDEN.search(text):
            raise RefusedError(f"the artefact holds {found[0]!r}, which may hide code")
        self.language, self.arithmetic = ARTEFACT_LANGUAGES[language], arithmetic
        self.is_sqlite = language == "sqlite"
        tokens = split_artefact(text, self.language)
        while tokens and tokens[-1][0].startswith("\n"):
            tokens.pop()

        first = 1 if tokens and tokens[0][0] == "\n" else 0
        self.tokens = [*tokens[first:], ("", text.count("\n") + 1)]
        self.at, self._misfit, self.names = 0, 0, dict[str, Any]()
        self._frames = dict[str, list[str]]()

    def refuse(self, due: str) -> RefusedError:
        """What was found in place of what is due."""
        token, line = self.tokens[self.at]
        return RefusedError(
            f"line {line}: {shorten_text(token)!r} stands where {shorten_text(due)!r} is due"
        )

    def _find_misfit(self, frame: str) -> str | None:
        """The first token that isn't as in a frame, in which $ is any text in quotes."""
        if frame not in self._frames:
            plain = frame.lstrip("\n")
            parts = [token for token, _ in split_artefact(plain, self.language)]
            start = ["\n" + " " * (len(plain) - len(plain.lstrip(" ")))] if plain != frame else []
            if start and self.language.lines != "indented":
                start = ["\n"]
            self._frames[frame] = start + parts if self.language.lines else parts

        for k, wanted in enumerate(self._frames[frame], self.at):
            token = self.tokens[min(k, len(self.tokens) - 1)][0]
            fits = token[:1] in ("'", '"') if wanted == "$" else self._is_same(token, wanted)
            if not fits:
                self._misfit = k
                return wanted

        return None

    def _is_same(self, token: str, due: str) -> bool:
        if token == due or not self.language.lines or {token[:1], due[:1]} - {"'", '"'}:
            return token == due
        return self.read_quoted(token) == self.read_quoted(due)

    def read_quoted(self, token: str) -> str:
        """The text that a token in quotes is."""
        if self.language.lines == "plain":
            return str(json.loads(token))
        if self.language.lines:
            return str(ast.literal_eval(token))
        return token[1:-1].replace(token[0] * 2, token[0])

    def accept(self, frame: str) -> bool:
        """Pass these tokens, where they are the next ones."""
        if self._find_misfit(frame) is not None:
            return False
        self.at += len(self._frames[frame])
        return True

    def peek(self, frame: str) -> bool:
        """Whether these tokens are the next ones."""
        return self._find_misfit(frame) is None

    def expect(self, frame: str) -> None:
        """Pass these tokens; RefusedError where others are next."""
        if (due := self._find_misfit(frame)) is not None:
            self.at = min(self._misfit, len(self.tokens) - 1)
            raise self.refuse(due)
        self.at += len(self._frames[frame])

    def look(self, ahead: int = 0) -> str:
        """The next token, or one behind it; "" at the end."""
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)][0]

    def take(self, pattern: str, due: str) -> str:
        """The next token, which must be of a kind."""
        token = self.tokens[self.at][0]
        if not re.fullmatch(pattern, token):
            raise self.refuse(due)
        self.at += 1
        return token

    def finish(self) -> None:
        """RefusedError where tokens are left."""
        if self.at < len(self.tokens) - 1:
            raise self.refuse("the end")

    def define(self, name: str, value: Any) -> None:
        """Give a name to a value; RefusedError where it has one."""
        if self.names.setdefault(name, value) is not value:
            raise RefusedError(f"line {self.tokens[self.at][1]}: {name} is defined twice")

    def read_number(self) -> float:
        """A number that is written, with its sign."""
        sign = -1.0 if self.accept("-") else 1.0
        token = self.take(_NUMBER, "a number")
        if not any(mark in token for mark in self.language.marks) or float(token) > 1e308:
            raise RefusedError(f"the number {token} of an artefact is no float64 by its type")
        self._check_digits(token)
        return sign * float(token)

    def _check_digits(self, token: str) -> None:
        """RefusedError where an engine takes a number for another than the nearest float64."""
        number, _, power = token.lower().partition("e")
        before, _, behind = number.partition(".")
        shown = f"the number {shorten_text(token)} of an artefact"
        if len((before + behind).strip("0")) > _MOST_DIGITS or len(token) > _MOST_SIGNS:
            raise RefusedError(f"{shown} has digits that SQLite misreads")
        if self.language.is_typed and Fraction(token) != Fraction(repr(float(token))):
            raise RefusedError(f"{shown} isn't in the shortest digits, and as decimals others")
        digits = (before + behind).rstrip("0")
        exponent = int(power or "0") + len(before) - len(digits)
        if self.is_sqlite and is_misread(int(digits or "0"), exponent):
            raise RefusedError(f"{shown} may be another one where SQLite reads it")

    def expect_number(self, due: Fraction) -> None:
        """Pass this number; RefusedError where another one is next."""
        start = self.at
        if self.read_number() != due:
            self.at = start
            raise self.refuse(str(float(due)))

    def read_sum(self) -> FloatValue:
        """Terms, added from the left."""
        found = self.read_product()
        while self.peek("+") or self.peek("-"):
            sign = 1 if self.accept("+") else -1
            self.at += sign < 0
            other = self.read_product()
            self._check_types(found, other)
            found = self.arithmetic.add(found, other, sign)

        return found

    def read_product(self) -> FloatValue:
        """Factors, multiplied from the left."""
        found = self.read_factor()
        while self.accept("*"):
            other = self.read_factor()
            self._check_types(found, other)
            found = self.arithmetic.multiply(found, other)

        return found

    def _check_types(self, one: FloatValue, other: FloatValue) -> None:
        if self.language.is_typed and not (one.is_double or other.is_double):
            raise RefusedError("an artefact computes with decimal numbers, which aren't binary64")

    def read_factor(self) -> FloatValue:
        """A number, a name, max(0, ...), minus one of them, or a sum in parentheses."""
        if self.accept("-"):
            return self.arithmetic.negate(self.read_factor())
        if self.accept("("):
            found = self.read_sum()
            self.expect(")")
            return found

        if self.language.hinge and self.accept(self.language.hinge):
            found = self.arithmetic.cut_below_zero(self.read_sum())
            self.expect(")")
            return found
        if re.fullmatch(_NUMBER, self.tokens[self.at][0]):
            return self.arithmetic.read_literal(self.read_number(), not self.language.is_typed)

        return self.read_named()

    def read_named(self) -> FloatValue:
        """What a name stands for."""
        token = self.tokens[self.at][0]
        if not isinstance(self.names.get(token), FloatValue):
            raise self.refuse("a number")

        self.at += 1
        value: FloatValue = self.names[token]

        return value
