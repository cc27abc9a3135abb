"""The test of which rows have scores: it must be the domain, column by column, for every value."""

import operator
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.rounding.analysis import ErrorAnalysis, RowInputs
from relurules.rounding.cell_truth import (
    Cell,
    CellValue,
    decide_test,
    is_missing,
    list_cell_values,
    list_columns,
)
from relurules.rounding.expression import (
    Branch,
    Choice,
    Comparison,
    Expression,
    Junction,
    Leaf,
    Literal,
    Program,
    Test,
    UnreadableError,
)
from relurules.rounding.forms import CategorySpan, NumberSpan
from relurules.rounding.row_inputs import OTHER_WORD
from relurules.rounding.rule_forms import make_affine_form

#: SQL of dialects whose queries end where a number overflows takes no larger ones.
_MOST = 1e100
_LARGEST = {
    "double": float(np.finfo(np.float64).max),
    "float": float(np.finfo(np.float32).max),
}

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


def split_gate(program: Program, one_end: bool) -> tuple[list[Test], Program]:
    """What must hold for a row to have scores, and what is done then. one_end: whether all of them
    are scored in one way.
    """
    found = list[Test]()
    while isinstance(program, Branch):
        if is_end_without_scores(program.then):
            found += _split_test(Junction("not", (program.test,)), True)
            program = program.otherwise
        elif is_end_without_scores(program.otherwise) and (
            one_end or isinstance(program.then, Branch)
        ):
            found += _split_test(program.test, True)
            program = program.then
        else:
            break

    return found, program


def is_end_without_scores(program: Program) -> bool:
    """Whether it is the end of rows without scores."""
    return isinstance(program, Leaf) and program.scores is None


def _split_test(test: Test, holds: bool) -> Iterator[Test]:
    """Tests that hold together just where this one holds (or, turned, where it doesn't: is false
    or unknown).
    """
    if isinstance(test, Junction) and test.sign == "not":
        yield from _split_test(test.tests[0], not holds)
    elif isinstance(test, Junction) and (test.sign == "and") == holds:
        for each in test.tests:
            yield from _split_test(each, holds)
    elif (flag := _read_flag(test)) is not None:
        inner, same = flag
        yield from _split_test(inner, holds == same)
    elif holds and (needed := _read_chosen_number(test)) is not None:
        yield from _split_test(needed, True)
    else:
        yield test if holds else Junction("not", (test,))


def _read_flag(test: Test) -> tuple[Test, bool] | None:
    """What a flag of 1 and 0 stands for, where a test asks for it, and whether it asks for 1."""
    if not (isinstance(test, Comparison) and test.sign == "==" and isinstance(test.left, Choice)):
        return None
    flag, inner, asked = test.left, test.left.test, test.right
    while isinstance(flag.then, Choice) and flag.then.otherwise == flag.otherwise:
        flag = flag.then
        inner = Junction("and", (inner, flag.test))
    if {flag.then, flag.otherwise} != {Literal(1.0), Literal(0.0)}:
        return None
    if asked not in (flag.then, flag.otherwise):
        return None

    return inner, asked == flag.then


def _read_chosen_number(test: Test) -> Test | None:
    """What holds just where a number that tests choose, as that of the rule, compares with another
    one; None where that isn't tests that hold.
    """
    if not (isinstance(test, Comparison) and isinstance(test.right, Literal)):
        return None
    compare = _COMPARE.get(test.sign)
    if compare is None or not isinstance(test.left, Choice):
        return None
    found = _fold_choice(test.left, test.right.value, compare)
    return None if isinstance(found, bool) else found


def _fold_choice(
    chosen: Expression, asked: float, compare: Callable[[float, float], bool]
) -> Test | bool | None:
    """Where the number compares with the one asked for: anywhere, nowhere, where a test holds."""
    if isinstance(chosen, Literal):
        return compare(chosen.value, asked)
    if not isinstance(chosen, Choice):
        return None
    then, otherwise = (
        _fold_choice(side, asked, compare) for side in (chosen.then, chosen.otherwise)
    )
    if then is None or otherwise is None or then is otherwise:
        return then if then is otherwise else None
    if otherwise is False:
        return chosen.test if then is True else Junction("and", (chosen.test, then))  # type: ignore[arg-type]
    if then is True:
        return Junction("or", (chosen.test, otherwise))  # type: ignore[arg-type]

    return None


def find_gate_difference(
    gate: Sequence[Test],
    artifact: Artifact,
    rules: RuleSet | AdditiveRules,
    inputs: RowInputs,
    analysis: ErrorAnalysis,
) -> str | None:
    """What is wrong with the test of which rows have scores, None for nothing."""
    by_column, wide = defaultdict[int, list[Test]](list), list[Test]()
    for test in gate:
        columns = list_columns(test)
        if len(columns) == 1:
            by_column[columns.pop()].append(test)
        else:
            wide.append(test)

    for i, column in enumerate(rules.domain.columns):
        flaw = _judge_column(by_column[i], i, artifact, rules, inputs)
        if flaw is not None:
            return f"column {column.name!r}: {flaw}"

    return _compare_inequalities(wide, artifact, rules, inputs, analysis)


def _judge_column(
    tests: Sequence[Test],
    at: int,
    artifact: Artifact,
    rules: RuleSet | AdditiveRules,
    inputs: RowInputs,
) -> str | None:
    block, is_sql = inputs.blocks[at], artifact.target == "sql"
    words = [word for own in inputs.words.get(at, ()) for word in own]
    single = artifact.number == "float"
    for value in list_cell_values(tests, words, single, is_sql):
        if isinstance(block, CategorySpan):
            due = _is_known_category(value, at, inputs)
        else:
            due = _is_in_span(value, at, block, artifact, rules)
        if due is None:
            continue
        told = {
            all(decide_test(test, Cell(at, value, unread)) is True for test in tests)
            for unread in (False, True)
        }
        if len(told) > 1:
            raise UnreadableError("which rows have scores is decided by something that isn't read")
        if told != {due}:
            what = "missing" if is_missing(value) else f"{value!r}"
            return f"a row where it is {what} has {'no ' if due else ''}scores"

    return None


def _is_known_category(value: CellValue, at: int, inputs: RowInputs) -> bool | None:
    """Whether a row with it has scores; None for what can't be in the column."""
    own = [word for words in inputs.words[at] for word in words]
    if value is None:
        return None in own
    if isinstance(value, float):
        if is_missing(value):  # code of C; elsewhere a missing value has a number
            return True if None in own else None
        if not value.is_integer() or not any(isinstance(word, float) for word in own):
            return None

    return value in own or OTHER_WORD in own


def _is_in_span(
    value: CellValue,
    at: int,
    block: NumberSpan,
    artifact: Artifact,
    rules: RuleSet | AdditiveRules,
) -> bool | None:
    """Whether a row with it is to have scores; None for what isn't said."""
    if isinstance(value, str):
        return None
    if value is None or is_missing(value):
        return rules.domain.columns[at].fill is not None
    if artifact.outside == "exact":
        is_odd = _MOST < abs(value) <= _LARGEST[artifact.number]  # some dialects count them as out
        return None if is_odd else abs(value) <= _MOST
    low, high = float(rules.domain.lower[block.place]), float(rules.domain.upper[block.place])
    if artifact.number == "float":
        low, high = float(np.float32(low)), float(np.float32(high))
    if block.integer and not value.is_integer():
        return None

    return low <= value <= high


def _compare_inequalities(
    tests: Sequence[Test],
    artifact: Artifact,
    rules: RuleSet | AdditiveRules,
    inputs: RowInputs,
    analysis: ErrorAnalysis,
) -> str | None:
    """Tests of several columns must be the domain's inequalities, each once or more."""
    domain, found = rules.domain, set[object]()
    if artifact.number == "float" and (tests or len(domain.normals)):
        raise UnreadableError("inequalities of the domain are rounded to float32")
    for test in tests:
        if not (isinstance(test, Comparison) and test.sign in ("<=", ">=")):
            raise UnreadableError("which rows have scores is decided by something that isn't read")
        left, right = analysis.analyse(test.left), analysis.analyse(test.right)
        above = left.form.subtract(right.form)
        found.add((above if test.sign == "<=" else above.scale(-1)).key)  # type: ignore[arg-type]

    due = (
        set[object]()
        if artifact.outside == "exact"
        else {
            make_affine_form(inputs, normal, -limit).key
            for normal, limit in zip(domain.normals, domain.limits, strict=True)
        }
    )
    return None if found == due else "inequalities of the domain are others"
