"""Numbers of emitted code, read back by parsers that aren't the emitter's: Python's own, sqlglot, a
reader of C.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from relurules.errors import CheckError
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.verifying.sql_depth import check_sql_depth

_C_WORD = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'   # what holds no numbers
    |[A-Za-z_]\w*                                               # a name, with its digits
    |((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[uUlLfF]*            # a number""",
    re.VERBOSE | re.DOTALL,
)


#: Our dialects that sqlglot calls something else.
_SQLGLOT_NAMES = {"mariadb": "mysql"}


def find_misprint(code: Artifact, rules: RuleSet | AdditiveRules, again: Artifact) -> str | None:
    """Why code isn't what the rules give, None where it is. again: what the rules give now.

    Read by another parser, every number of the rules must be in the code as often as in `again` and
    no other be there; and the text must be the same.
    """
    name = list(code.files)[-1]
    found, wanted = (_count_numbers(one, name) for one in (code, again))
    for value in sorted(found.keys() | wanted.keys()):
        if found[value] != wanted[value]:
            return (
                f"{name} holds the number {value!r} {found[value]} times, the rules give it "
                f"{wanted[value]} times"
            )

    due = _collect_due_numbers(code, rules)
    if lost := sorted(number for number in due if number not in found):
        return f"{name} lacks the number {lost[0]!r} of the rules"

    for file, text in again.texts.items():
        given = code.texts.get(file, "")
        lines = zip(given.split("\n"), text.split("\n"), strict=False)
        for i, (own, wanted_line) in enumerate(lines):
            if own != wanted_line:
                return f"{file} line {i + 1} isn't what the rules give; emit it again"
        if given != text:
            return f"{file} has other lines than the rules give; emit it again"

    return None


def _collect_due_numbers(code: Artifact, rules: RuleSet | AdditiveRules) -> set[float]:
    """Numbers that code of rules must hold, as it holds them; code of their network, or of rules
    that go on outside their domain, has others.
    """
    if code.outside == "exact":
        return set()
    if isinstance(rules, AdditiveRules):
        found = _collect_line_numbers(rules)
    else:
        found = _collect_rule_numbers(rules) if code.form != "network" else set()
    if code.number == "float":
        return {float(str(np.float32(value))) for value in found} - {0.0, 1.0}
    return found


def _count_numbers(code: Artifact, name: str) -> Counter[float]:
    found: Counter[float] = Counter()
    for text in code.texts.values():
        found.update(abs(value) for value in READERS[code.target](text, code, name))
    return found


def _collect_rule_numbers(rules: RuleSet) -> set[float]:
    """The sizes of all numbers of maps and half-spaces but 0 and 1, which code may leave out."""
    found = set[float]()
    for rule in rules:
        if rules.decision is None:
            found.update(abs(rule.map.weights).ravel().tolist(), abs(rule.map.constants).tolist())
        for condition in rule.conditions:
            found.update(
                abs(condition.half_space.normal).tolist(), [abs(condition.half_space.bound)]
            )

    return found - {0.0, 1.0}


def _collect_line_numbers(rules: AdditiveRules) -> set[float]:
    """The sizes of all numbers of the base, the lines, and the groups' tests and maps, but 0 and
    1.
    """
    arrays = [*rules.base, rules.normals, rules.bounds, rules.slopes]
    for group in rules.groups:
        tree, maps = group.rules.tree, group.rules.maps
        arrays += [tree.normals, tree.offsets, maps.weights, maps.constants]
    return {value for array in arrays for value in abs(array).ravel().tolist()} - {0.0, 1.0}


def _read_python_numbers(text: str, _: Artifact, name: str) -> Iterator[float]:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise CheckError(f"{name} is no Python: {error}") from error

    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, int | float)
            and not isinstance(node.value, bool)
        ):
            yield float(node.value)


def _read_c_numbers(text: str, _: Artifact, __: str) -> Iterator[float]:
    return (float(found.group(1)) for found in _C_WORD.finditer(text) if found.group(1))


def _read_sql_numbers(text: str, code: Artifact, name: str) -> Iterator[float]:
    try:
        import sqlglot
    except ModuleNotFoundError as error:
        raise CheckError(
            "sqlglot isn't installed, and SQL is read with it: pip install sqlglot"
        ) from error

    check_sql_depth(text, name)
    dialect: Any = _SQLGLOT_NAMES.get(code.dialect or "", code.dialect)
    try:
        trees = sqlglot.parse(text, read=dialect)
    except RecursionError as error:  # within the bound, where the caller stands deep itself
        raise CheckError(
            f"{name} nests deeper than its parser can read; emit it in another form"
        ) from error
    except sqlglot.errors.SqlglotError as error:
        raise CheckError(
            f"{name} is no SQL that sqlglot reads: {str(error).splitlines()[0]}"
        ) from error

    for tree in trees:
        for literal in tree.find_all(sqlglot.exp.Literal) if tree is not None else ():
            if not literal.is_string:
                yield _read_number(literal.this, name)


def _read_number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise CheckError(f"{name} holds {text!r}, which is no number") from error


#: Language -> all number literals of a text.
READERS: Mapping[str, Callable[[str, Artifact, str], Iterator[float]]] = {
    "python": _read_python_numbers,
    "numpy": _read_python_numbers,
    "c": _read_c_numbers,
    "javascript": _read_c_numbers,
    "sql": _read_sql_numbers,
}
