"""C and JavaScript: the function that scores a row, statement by statement."""

import json
import re
from collections.abc import Mapping

import numpy as np

from relurules.rounding.brace_source import (
    require_own_math,
    require_plain_c,
    strip_comments,
)
from relurules.rounding.expression import (
    Absent,
    Comparison,
    Expression,
    Leaf,
    Literal,
    Opaque,
    Program,
    UnreadableError,
    Words,
    refuse_broken,
)
from relurules.rounding.infix import InfixParser
from relurules.rounding.statements import (
    Exit,
    Names,
    chain_exits,
    fill_missing,
    merge_names,
    read_rule_number,
)
from relurules.rounding.tokens import Token, split_tokens

#: Where the statements of a language start; the first that a text has. number: what C computes in.
_STARTS = {
    "c": (
        r"^static int scores_of\(const {number} \*x, {number} \*(s)\)\s*\{{",
        r"^int score_row\(const {number} \*x, {number} \*(y)\)\s*\{{",
    ),
    "javascript": (r"^export function score\((row)\) \{{",),
}
_POSITIVE = (
    r"^static {number} positive\({number} z\)\s*\{{\s*const {number} counted\[2\] = "
    r"\{{{zero}, z\}};\s*return counted\[z > {zero} \? 1 : 0\];\s*\}}"
)
#: What C does with its scores where outputs are made of them.
_CALL = (
    r"^int score_row\(const {number} \*x, {number} \*y\)\s*\{{\s*"
    r"{number} s\[SCORES\];\s*const int rule = scores_of\(x, s\);"
)
#: The largest numbers, as C calls them.
_CONSTANTS = {
    "DBL_MAX": Literal(float(np.finfo(np.float64).max)),
    "FLT_MAX": Literal(float(np.finfo(np.float32).max)),
}


@refuse_broken("the text")
def read_braces(text: str, target: str, number: str, inputs: Mapping[str, Expression]) -> Program:
    """What score_row of C, or score of JavaScript, computes.

    number: the type that C computes in; inputs: what stands for columns: `x[0]` in C, a column's
    name in JavaScript. UnreadableError where the text does something else than assign, test and
    return.
    """
    text = strip_comments(text)
    if target == "c":
        require_plain_c(text)
        _require_positive(text, number)
    else:
        require_own_math(text)
    found = [re.search(each.format(number=number), text, re.MULTILINE) for each in _STARTS[target]]
    start = next((each for each in found if each), None)
    if start is None:
        raise UnreadableError("no function that scores a row is found")
    if start[1] == "s" and not re.search(_CALL.format(number=number), text, re.MULTILINE):
        raise UnreadableError("the function `scores_of` isn't what score_row calls")

    return _BraceReader(text[start.end() :], target, number, start[1], inputs).read()


def _require_positive(text: str, number: str) -> None:
    """UnreadableError where C has another function of the name than max(0, z)."""
    zero = "0\\.0f" if number == "float" else "0\\.0"
    due = _POSITIVE.format(number=number, zero=zero)
    if re.search(r"\bpositive\b", text) and not re.search(due, text, re.MULTILINE):
        raise UnreadableError("the function `positive` is another one than max(0, z)")


class _BraceReader:
    """One function. names: what variables stand for, up to where it has read; array: where C puts
    scores.
    """

    def __init__(
        self, text: str, target: str, number: str, array: str, inputs: Mapping[str, Expression]
    ) -> None:
        self._inputs, self._names, self._array = inputs, Names(), array
        self._types = ("const", number) if target == "c" else ("const", "let")
        tokens = split_body(text, target)
        self._parser = InfixParser(tokens, self._resolve, target, number)

    def read(self) -> Program:
        """Its end."""
        end = self._read_block()
        if end is None:
            raise UnreadableError("the function ends without a return")

        return end

    def _resolve(self, name: str, _: bool) -> Expression:
        found = self._names.get(name, self._inputs.get(name, _CONSTANTS.get(name)))
        return Opaque(f"{name!r} stands for nothing that is read here") if found is None else found

    def _read_block(self) -> Program | None:
        """Statements up to a closing brace, which is taken; None where it goes on behind that."""
        exits, parser = list[Exit](), self._parser
        while not parser.accept("}"):
            if parser.accept("return"):
                end = self._read_return()
                parser.expect("}")
                return chain_exits(exits, end)
            if parser.accept("if"):
                self._read_if(exits)
            else:
                self._read_assignment()
            if exits and exits[-1][0] is _ALWAYS:
                parser.expect("}")
                return chain_exits(exits[:-1], exits[-1][1])

        if exits:
            raise UnreadableError("an if ends the function on one side only")

        return None

    def _read_if(self, exits: list[Exit]) -> None:
        parser, before = self._parser, dict(self._names)
        parser.expect("(")
        test = parser.read_test()
        parser.expect(")")
        parser.expect("{")
        end, then = self._read_block(), self._names
        self._names, other_end = before, None
        if parser.accept("else"):
            self._names = dict(before)
            parser.expect("{")
            other_end = self._read_block()

        if end is not None and other_end is not None:
            exits += [(test, end), (_ALWAYS, other_end)]
        elif end is not None:
            exits.append((test, end))
        elif other_end is not None:
            raise UnreadableError("an else ends the function, and the if before it doesn't")
        else:
            self._names = merge_names(test, then, self._names)

    def _read_assignment(self) -> None:
        parser, start = self._parser, self._parser.at
        while parser.accept(*self._types):
            pass

        is_new = parser.at > start
        if parser.tokens[parser.at].kind != "name":
            raise UnreadableError(f"a statement that starts with {parser.take().text!r}")
        name = parser.take().text
        if parser.accept("["):
            name += f"[{parser.take().text}]"
            parser.expect("]")
        if not (is_new or name in self._names or name.startswith(f"{self._array}[")):
            raise UnreadableError(f"{name!r} is set, whose type isn't known")
        parser.expect("=")
        self._names[name] = self._read_input() or parser.read_number()
        parser.expect(";")

    def _read_input(self) -> Expression | None:
        """`number(row["name"], ...)` or `category(row["name"], ...)`; None for anything else."""
        parser = self._parser
        if not parser.peek("number", "category"):
            return None
        kind = parser.take().text
        for text in ("(", "row", "["):
            parser.expect(text)
        name = self._read_word()
        parser.expect("]")
        parser.expect(",")
        if self._read_word() != name:
            raise UnreadableError(f"column {name!r} is called something else in a message")
        value, rest = self._resolve(name, True), list[Expression]()
        while parser.accept(","):
            rest.append(parser.read_number())
        parser.expect(")")

        return fill_missing(value, rest[0]) if kind == "number" else value

    def _read_word(self) -> str:
        token = self._parser.take()
        if token.kind != "quoted":
            raise UnreadableError("no text where a column's name is due")
        try:
            return str(json.loads(token.text))
        except ValueError as error:
            raise UnreadableError("a text that isn't read") from error

    def _read_return(self) -> Program:
        parser = self._parser
        if parser.tokens[parser.at].kind == "number":  # C: scores stand in s or y
            rule = read_rule_number(parser.read_number())
            parser.expect(";")
            return Leaf(self._list_scores(), rule)
        name = parser.take().text
        if name not in ("outside", "result"):
            raise UnreadableError("a return of something else than scores")
        parser.expect("(")
        found = list[Expression]()
        while not parser.accept(")"):
            found.append(parser.read_number())
            parser.require_end_or_comma()

        parser.expect(";")
        absent = name == "outside" or any(isinstance(each, Absent) for each in found)
        rule = read_rule_number(found[0] if found else None)

        return Leaf(None if absent else tuple(found), rule)

    def _list_scores(self) -> tuple[Expression, ...]:
        found = list[Expression]()
        while f"{self._array}[{len(found)}]" in self._names:
            found.append(self._names[f"{self._array}[{len(found)}]"])
        if not found:
            raise UnreadableError("no scores are set before a return")

        return tuple(found)


#: The test of what always comes next.
_ALWAYS = Comparison("==", Words(None), Words(None))


def split_body(text: str, target: str) -> list[Token]:
    """The tokens up to the brace in the first column that closes the function."""
    found = re.search(r"^\}", text, re.MULTILINE)
    return split_tokens(text[: found.end() if found else len(text)], target)
