"""The SQL that relurules writes is a small language; engines that can't be locked run nothing
beyond it.

A statement in these few words can't name a file, an address, a program, a setting or a table of
somebody else.
"""

import re
from dataclasses import dataclass

from relurules.errors import CheckError
from relurules.ir import Artifact

#: Statements, types and functions that the emitter writes for these engines, in lower case.
_WORDS = frozenset(
    [
        "select",
        "with",
        "as",
        "from",
        "where",
        "in",
        "and",
        "or",
        "not",
        "is",
        "null",
        "case",
        "when",
        "then",
        "else",
        "end",
        "cast",
        "create",
        "replace",
        "view",
        "function",
        "temporary",
        "return",
        "returns",
        "limit",
        "offset",
        "between",
        "true",
        "false",
        "double",
        "integer",
        "int",
        "string",
        "float64",
        "int32",
        "nullable",
        "abs",
        "exp",
        "expm1",
        "ln",
        "log",
        "sqrt",
        "power",
        "greatest",
        "least",
        "coalesce",
        "concat",
        "substr",
        "isnan",
        "nanvl",
        "throwif",
        "raise_error",
        "typeof",
        "totypename",
        "assumenotnull",
    ]
)
#: Names of our own subqueries and columns.
_OWN = re.compile(r"rr+_\w+")


#: A token that stands for any text in quotes.
_TEXT = "'"


@dataclass(frozen=True, kw_only=True)
class SqlAllowlist:
    """What one engine is given of emitted SQL.

    engine: its name.
    quote: what names stand in, with a backslash as it is unless `escapes`.
    forbidden: what it replaces anywhere in a statement, if anything.
    """

    engine: str
    quote: str
    escapes: bool = False
    forbidden: str = ""

    def check(self, text: str, artifact: Artifact) -> None:
        """CheckError where a statement says more than ours do."""
        if self.forbidden and self.forbidden in text:
            raise self._refusal(self.forbidden)

        tokens = ["", *self._tokens(text), ""]
        own = [
            name.split(".") for name in (artifact.table or "input_data", artifact.name or "scored")
        ]

        for i, (before, token, after) in enumerate(
            zip(tokens, tokens[1:], tokens[2:], strict=False), 1
        ):
            if token[0].isalpha() or token[0] == "_":
                if token.lower() not in _WORDS and not _OWN.fullmatch(token):
                    raise self._refusal(token)
            elif token == _TEXT and before.lower() in ("as", "from", "function"):
                raise self._refusal(f"{before} '...'")
            elif token[0] == self.quote and after == "(" and before.lower() != "function":
                raise self._refusal(f"{token}(")
            elif token[0] == self.quote and after == "." and self._path(tokens, i) not in own:
                raise self._refusal(f"{token}.")

        if artifact.shape == "function":
            self._check_function(tokens, (artifact.name or "score").split("."))

    def _check_function(self, tokens: list[str], name: list[str]) -> None:
        """The function that is called afterwards must be the one that is made here."""
        made = [i + 1 for i, token in enumerate(tokens) if token.lower() == "function"]
        if not made or any(self._path(tokens, i) != name for i in made):
            raise self._refusal("a statement that makes another function than its head says")

    def _tokens(self, text: str) -> list[str]:
        """Words, quoted names, signs, and a mark for each text; comments and numbers left out."""
        q = self.quote
        name = rf"{q}(?:\\.|{q}{q}|[^{q}\\])*{q}" if self.escapes else rf"{q}(?:{q}{q}|[^{q}])*{q}"
        pattern = re.compile(
            r"--[^\r\n]*|\s+|\d[\d.]*(?:[eE][+-]?\d+)?(?![\w.])"
            r"|(?P<text>'(?:\\.|''|[^'\\])*')"
            rf"|(?P<token>[A-Za-z_][A-Za-z0-9_]*|{name}|/(?!\*)|[().,*+<=>-])",
            re.DOTALL,
        )
        tokens, at = list[str](), 0

        while at < len(text):
            found = pattern.match(text, at)
            if found is None:
                raise self._refusal(text[at : at + 12])
            if found["text"] or found["token"]:
                tokens.append(found["token"] or _TEXT)
            at = found.end()

        return tokens

    def _path(self, tokens: list[str], i: int) -> list[str]:
        """The parts of a name whose first one stands at i."""
        parts = [tokens[i][1:-1]]
        while tokens[i + 1] == "." and i + 3 < len(tokens):
            i += 2
            parts.append(tokens[i][1:-1])
        return parts

    def _refusal(self, what: str) -> CheckError:
        return CheckError(
            f"score.sql wasn't run: {what!r} is nothing that relurules writes for {self.engine}, "
            "an engine that can't be kept from files in another way; emit it again"
        )
