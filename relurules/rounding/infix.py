"""Expressions of C, JavaScript and SQL as trees, in the order in which they are computed."""

from collections.abc import Callable, Sequence

import numpy as np

from relurules.rounding.expression import (
    Absent,
    Choice,
    ColumnValue,
    Comparison,
    Expression,
    Junction,
    Literal,
    NumberList,
    Opaque,
    Operation,
    Test,
    UnreadableError,
    Words,
)
from relurules.rounding.statements import fill_missing
from relurules.rounding.tokens import Token

Parsed = Expression | Test
_COMPARISONS = {
    "==": "==", "===": "==", "=": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
#: Other tests of two things.
_WORDS = ("!=", "!==", "<>", "is", "in", "between", "regexp", "like", "collate")
#: Functions that give the larger of two numbers.
_LARGER = {"sql": ("max", "greatest"), "javascript": ("Math.max",), "c": ()}
_CASTS = ("cast", "try_cast", "safe_cast", "convert")
_ABSENT = ("null", "nan", "NaN", "NAN")
#: Types of 64-bit floats and of texts, in the words of all dialects.
_TYPE_WORDS = (
    "as", "using", "(", ")", "double", "precision", "float", "float64", "binary_double", "nullable",
    "text", "string", "varchar", "nvarchar", "varchar2", "binary", "utf8mb4", "4000", "65535",
)  # fmt: skip


class InfixParser:
    """Reads expressions from tokens.

    resolve: a name, and whether it is quoted -> what it stands for; a quoted one of a table stands
    behind the table's name and a NUL. language: sql, c or javascript; in SQL, the case of letters
    counts for nothing. number: the type that C computes in.
    """

    def __init__(
        self,
        tokens: Sequence[Token],
        resolve: Callable[[str, bool], Expression],
        language: str,
        number: str = "",
    ) -> None:
        self.tokens, self.at, self._resolve = tokens, 0, resolve
        self._language, self._number = language, number

    def peek(self, *texts: str) -> bool:
        """Whether one of these comes next."""
        token = self.tokens[self.at]
        return token.kind in ("name", "sign") and self._fold(token.text) in texts

    def _fold(self, text: str) -> str:
        return text.lower() if self._language == "sql" else text

    def accept(self, *texts: str) -> bool:
        """Go on where one of these comes next."""
        if self.peek(*texts):
            self.at += 1
            return True
        return False

    def expect(self, *texts: str) -> None:
        """Go on, or UnreadableError where something else comes next."""
        if not self.accept(*texts):
            raise UnreadableError(f"{self.tokens[self.at].text!r} where {texts[0]!r} is due")

    def require_end_or_comma(self, end: str = ")") -> None:
        """Go on behind a comma that something follows, or stay before a closing bracket."""
        if not self.peek(end):
            self.expect(",")
            if self.peek(end, ","):
                raise UnreadableError("a comma that nothing follows")

    def take(self) -> Token:
        """The next token."""
        self.at += 1
        return self.tokens[self.at - 1]

    def read_number(self) -> Expression:
        """An expression that is no test."""
        found = self.read()
        if isinstance(found, Comparison | Junction):
            return Opaque("a test stands where a number is due")
        return found

    def read_test(self) -> Test:
        """A test."""
        return _as_test(self.read())

    def read(self) -> Parsed:
        """Anything, with `?` and `:`."""
        test = self._read_any()
        if not self.accept("?"):
            return test
        then = self.read_number()
        self.expect(":")

        return Choice(_as_test(test), then, self.read_number())

    def _read_any(self) -> Parsed:
        first = self._read_all()
        tests = [first]
        while self.accept("||", "or"):
            tests.append(self._read_all())

        return first if len(tests) == 1 else Junction("or", tuple(map(_as_test, tests)))

    def _read_all(self) -> Parsed:
        first = self._read_not()
        tests = [first]
        while self.accept("&&", "and"):
            tests.append(self._read_not())

        return first if len(tests) == 1 else Junction("and", tuple(map(_as_test, tests)))

    def _read_not(self) -> Parsed:
        if self.accept("not"):
            return Junction("not", (_as_test(self._read_not()),))
        return self._read_comparison()

    def _read_comparison(self) -> Parsed:
        return self._compare(self._read_sum())

    def _compare(self, left: Parsed) -> Parsed:
        text = self._fold(self.tokens[self.at].text)
        if self.tokens[self.at].kind not in ("name", "sign"):
            return left
        if text in _COMPARISONS:
            self.at += 1
            return Comparison(_COMPARISONS[text], _as_number(left), self._read_operand())

        return self._read_words(_as_number(left), text) if text in _WORDS else left

    def _read_words(self, left: Expression, text: str) -> Parsed:
        """What SQL tests by words, and that two things aren't the same."""
        self.at += 1
        if text == "in":
            return self._read_list(left)
        if text == "collate":  # of a text; what follows compares it
            self.take()
            return self._compare(left)
        if text in ("regexp", "like"):
            self._read_operand()
            return Opaque("a pattern")
        if text == "between":
            low = Comparison(">=", left, self._read_operand())
            self.expect("and")
            return Junction("and", (low, Comparison("<=", left, self._read_operand())))
        if text == "is":
            turned = self.accept("not")
            self.expect("null")
            equal = Comparison("==", left, Words(None))
            return Junction("not", (equal,)) if turned else equal

        return Junction("not", (Comparison("==", left, self._read_operand()),))

    def _read_list(self, left: Expression) -> Test:
        self.expect("(")
        tests = list[Test]()
        while not self.accept(")"):
            tests.append(Comparison("==", left, self._read_operand()))
            self.require_end_or_comma()

        return tests[0] if len(tests) == 1 else Junction("or", tuple(tests))

    def _read_operand(self) -> Expression:
        return _as_number(self._read_sum())

    def _read_sum(self) -> Parsed:
        left = self._read_product()
        while self.peek("+", "-"):
            sign, right = self.take().text, _as_number(self._read_product())
            is_cast = isinstance(left, ColumnValue) and right == Literal(0.0)
            left = left if is_cast else Operation(sign, (_as_number(left), right))
        return left

    def _read_product(self) -> Parsed:
        left = self._read_sign()
        while self.peek("*", "/"):
            sign = self.take().text
            right = _as_number(self._read_sign())
            left = (
                Operation("*", (_as_number(left), right)) if sign == "*" else Opaque("a division")
            )
        return left

    def _read_sign(self) -> Parsed:
        if self.accept("-"):
            inner = _as_number(self._read_sign())
            if isinstance(inner, Literal):
                return Literal(-inner.value)
            return Operation("neg", (inner,))
        if self.accept("+"):
            return self._read_sign()
        if self.accept("!"):
            return Junction("not", (_as_test(self._read_sign()),))
        return self._read_primary()

    def _read_primary(self) -> Parsed:
        token = self.take()
        if token.kind == "number":
            return self._read_literal(token.text)
        if token.kind == "text":
            return Words(token.text[token.text.index("'") + 1 : -1].replace("''", "'"))
        if token.kind == "quoted":
            return self._resolve(unquote(token.text), True)
        if token.kind == "sign" and token.text == "(":
            return self._read_bracket()
        if self._language == "sql" and token.kind == "sign" and token.text == "[":
            return NumberList(tuple(map(_skip_filling, self._read_arguments("]"))))
        if token.kind == "name":
            return self._read_name(token.text)
        raise UnreadableError(f"{token.text!r} where a number is due")

    def _read_bracket(self) -> Parsed:
        if self._language == "c" and self.accept("double", "float"):
            self._require_type(self.tokens[self.at - 1].text)
            self.expect(")")
            return _as_number(self._read_sign())
        found = self.read()
        self.expect(")")

        return found

    def _require_type(self, found: str) -> None:
        if found != self._number:
            raise UnreadableError(f"a number of type {found} among those of {self._number}")

    def _read_literal(self, text: str) -> Literal:
        """A number; one of float32 is marked by f."""
        is_short = text[-1] in "fF"
        if self._language == "c" and (is_short or not text.isdigit()):
            self._require_type("float" if is_short else "double")
        return Literal(float(np.float32(text[:-1])) if is_short else float(text))

    def _read_name(self, name: str) -> Parsed:
        low = self._fold(name)
        if low == "case":
            return self._read_case()
        if self.peek("("):
            return self._read_cast() if low in _CASTS else self._read_call(name)
        if name.endswith(".") and self.tokens[self.at].kind == "quoted":
            return self._resolve(f"{name[:-1]}\0{unquote(self.take().text)}", True)
        return Absent() if low in _ABSENT else self._read_entry(name)

    def _read_entry(self, name: str) -> Expression:
        """A name, or an entry of an array."""
        if self.accept("["):
            place = self.take().text
            self.expect("]")
            return self._resolve(f"{name}[{place}]", False)
        return self._resolve(name, False)

    def _read_call(self, name: str) -> Parsed:
        self.expect("(")
        return self._call(name, self._read_arguments(")"))

    def _read_arguments(self, end: str) -> list[Parsed]:
        found = list[Parsed]()
        while not self.accept(end):
            found.append(self.read())
            self.require_end_or_comma(end)

        return found

    def _read_cast(self) -> Parsed:
        self.expect("(")
        inner, depth = self.read(), 1
        while depth:  # the type, which may have brackets
            text = self.take().text
            depth += (text == "(") - (text == ")")
            if text.lower() not in _TYPE_WORDS:
                raise UnreadableError(f"a cast to {text!r}")

        return inner

    def _read_case(self) -> Expression:
        asked = None if self.peek("when") else self.read_number()
        cases = list[tuple[Test, Expression]]()
        otherwise: Expression = Absent()
        while self.accept("when"):
            told = self.read()
            test = _as_test(told) if asked is None else Comparison("==", asked, _as_number(told))
            self.expect("then")
            cases.append((test, self.read_number()))

        if self.accept("else"):
            otherwise = self.read_number()
        self.expect("end")
        for test, then in reversed(cases):
            otherwise = Choice(test, then, otherwise)

        return otherwise

    def _call(self, name: str, arguments: Sequence[Parsed]) -> Parsed:
        low, count = self._fold(name), len(arguments)
        if low in _LARGER[self._language] and count == 2:
            return Operation("max", tuple(map(_as_number, arguments)))
        if (self._language, low, count) == ("c", "positive", 1):
            return Operation("max", (Literal(0.0), _as_number(arguments[0])))
        if low == "isnan" and count == 1 and isinstance(arguments[0], ColumnValue):
            return Comparison("==", arguments[0], Words(None))

        called = _call_sql(low, arguments) if self._language == "sql" else None
        return called or Opaque(f"a call of {name}")


def _call_sql(name: str, arguments: Sequence[Parsed]) -> Expression | None:
    """What a function that SQL alone has gives, None for one that isn't known."""
    numbers = list(map(_as_number, arguments))
    if name in ("if", "iff", "iif") and len(arguments) == 3:
        return Choice(_as_test(arguments[0]), *numbers[1:])
    if name == "abs" and len(arguments) == 1:
        return Operation("abs", tuple(numbers))
    if name == "coalesce" and len(arguments) == 2:
        return fill_missing(*numbers)
    if name == "list_inner_product" and len(arguments) == 2:
        return _sum_products(*numbers)

    return None


def _as_test(found: Parsed) -> Test:
    return found if isinstance(found, Comparison | Junction | Opaque) else Opaque("no test")


def _as_number(found: Parsed) -> Expression:
    if isinstance(found, Comparison | Junction):
        return Opaque("a test stands where a number is due")
    return found


def _skip_filling(entry: Parsed) -> Expression:
    """An entry of a list, of rows that have all values: no others have scores."""
    if isinstance(entry, Choice) and entry.test == Comparison("==", entry.otherwise, Words(None)):
        return entry.otherwise
    return _as_number(entry)


def _sum_products(left: Expression, right: Expression) -> Expression:
    """The sum of products of two lists, in any order."""
    lists = [one.entries for one in (left, right) if isinstance(one, NumberList)]
    if len(lists) != 2 or len(lists[0]) != len(lists[1]):
        return Opaque("an inner product of something else than two lists of one length")
    return Operation("sum", tuple(Operation("*", pair) for pair in zip(*lists, strict=True)))


def unquote(text: str) -> str:
    """A name without its quotation marks, if it has any."""
    if text[0] not in '"`[':
        return text
    if text.startswith("["):
        return text[1:-1].replace("]]", "]")
    return text[1:-1].replace(text[0] * 2, text[0])
