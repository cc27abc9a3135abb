"""What every link reads like in every language: one row of `ROWS` each.

A score that is NaN gives NaN in Python and C, and NULL gives NULL in SQL: so a row without a rule needs no test here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from relurules.emitting.notation import grouped
from relurules.emitting.sql_dialects import Dialect

#: SQL columns to compute, each list from those before it, as (name, expression).
Steps = list[list[tuple[str, str]]]

#: Scores that one SQL expression compares with one another.
_GROUP = 8


class Function(NamedTuple):
    """A function by name, none for the identity; source: its definition, empty where the language has it."""

    name: str = ""
    source: str = ""


class Columns(NamedTuple):
    """SQL: what to compute first, and the results as expressions."""

    steps: Steps
    results: list[str]


class Row(NamedTuple):
    """A link in every language.

    python: takes the scores, returns a number, or a list where the link is joint and doesn't reduce. c: takes a double;
    a joint one takes an array and its size, and changes the array, or returns a double where it reduces. sql: from
    columns, a prefix for its own, and the dialect. For people, `reading.links` says what it is.
    """

    python: Function
    c: Function
    sql: Callable[[Sequence[str], str, Dialect], Columns]


def _identity_sql(s: Sequence[str], _p: str, _dialect: Dialect) -> Columns:
    return Columns([], [s[0]])


def _exp_sql(s: Sequence[str], _p: str, dialect: Dialect) -> Columns:
    return Columns([], [dialect.exp(s[0])])


def _sigmoid_sql(s: Sequence[str], p: str, dialect: Dialect) -> Columns:
    power = f"{p}_power"
    step = [(power, dialect.shrink(f"-abs({s[0]})"))]
    return Columns([step], [f"CASE WHEN {s[0]} >= 0E0 THEN 1E0 ELSE {power} END / (1E0 + {power})"])


def _complement_sql(s: Sequence[str], p: str, dialect: Dialect) -> Columns:
    power = f"{p}_power"
    step = [(power, dialect.shrink(f"-abs({s[0]})"))]
    return Columns([step], [f"CASE WHEN {s[0]} >= 0E0 THEN {power} ELSE 1E0 END / (1E0 + {power})"])


def _step_sql(s: Sequence[str], _p: str, _dialect: Dialect) -> Columns:
    """NULL where the score is no finite number."""
    return Columns([], [f"CASE WHEN {s[0]} - {s[0]} = 0E0 THEN CASE WHEN {s[0]} >= 0E0 THEN 1E0 ELSE 0E0 END END"])


def _expm1_sql(s: Sequence[str], p: str, dialect: Dialect) -> Columns:
    """(u - 1) * s / ln(u) with u = exp(s) keeps the digits that u - 1 loses near 0 (Kahan's way)."""
    u = f"{p}_power"
    small = f"WHEN {u} = 1E0 THEN {s[0]} ELSE ({u} - 1E0) * {s[0]} / {dialect.ln}({u})"
    return Columns([[(u, dialect.exp(s[0]))]], [f"CASE WHEN abs({s[0]}) > 40E0 THEN {u} - 1E0 {small} END"])


def _top(s: Sequence[str], p: str) -> tuple[str, Steps]:
    """The largest score, found in groups so that the text grows with the number of scores only."""
    steps: Steps = []
    while len(s) > 1:
        groups = [s[i : i + _GROUP] for i in range(0, len(s), _GROUP)]
        tops = [f"{p}_top{len(steps)}_{i}" for i in range(len(groups))]
        steps.append([(top, _largest(group)) for top, group in zip(tops, groups, strict=True)])
        s = tops
    return s[0], steps


def _largest(s: Sequence[str]) -> str:
    """The first that no later one exceeds."""
    tests = [" AND ".join(f"{s[i]} >= {later}" for later in s[i + 1 :]) for i in range(len(s) - 1)]
    cases = [f"WHEN {test} THEN {score}" for test, score in zip(tests, s[:-1], strict=True)]
    return f"CASE {' '.join(cases)} ELSE {s[-1]} END" if cases else s[0]


def _softmax_sql(s: Sequence[str], p: str, dialect: Dialect) -> Columns:
    top, steps = _top(s, p)
    powers = [(f"{p}_power{i}", dialect.shrink(f"{score} - {top}")) for i, score in enumerate(s)]
    total = (f"{p}_total", grouped([name for name, _ in powers], " + "))
    return Columns([*steps, powers, [total]], [f"{name} / {p}_total" for name, _ in powers])


def _log_softmax_sql(s: Sequence[str], p: str, dialect: Dialect) -> Columns:
    top, steps = _top(s, p)
    total = (f"{p}_total", grouped([dialect.shrink(f"{score} - {top}") for score in s], " + "))
    return Columns([*steps, [total]], [f"{score} - {top} - {dialect.ln}({p}_total)" for score in s])


def _argmax_sql(s: Sequence[str], p: str, _dialect: Dialect) -> Columns:
    """NULL where a score is no finite number."""
    top, steps = _top(s, p)
    finite = grouped([f"{score} - {score} = 0E0" for score in s], " AND ")
    cases = " ".join(f"WHEN {score} >= {top} THEN {i}" for i, score in enumerate(s))
    return Columns(steps, [f"CASE WHEN {finite} THEN CASE {cases} END END"])


_PYTHON_SIGMOID = """\
def _sigmoid(s: float) -> float:
    power = math.exp(-abs(s))
    return (1.0 if s >= 0.0 else power) / (1.0 + power)
"""
_PYTHON_COMPLEMENT = """\
def _complement(s: float) -> float:
    power = math.exp(-abs(s))
    return (power if s >= 0.0 else 1.0) / (1.0 + power)
"""
_PYTHON_EXP = """\
def _exp(s: float) -> float:
    try:
        return math.exp(s)
    except OverflowError:
        return math.inf
"""
_PYTHON_EXPM1 = """\
def _expm1(s: float) -> float:
    try:
        return math.expm1(s)
    except OverflowError:
        return math.inf
"""
_PYTHON_SOFTMAX = """\
def _softmax(*scores: float) -> list[float]:
    top = max(scores)
    powers = [math.exp(s - top) for s in scores]
    total = sum(powers)
    return [power / total for power in powers]
"""
_PYTHON_LOG_SOFTMAX = """\
def _log_softmax(*scores: float) -> list[float]:
    top = max(scores)
    log_total = math.log(sum(math.exp(s - top) for s in scores))
    return [s - top - log_total for s in scores]
"""
_PYTHON_ARGMAX = """\
def _argmax(*scores: float) -> float:
    return math.nan if any(map(math.isnan, scores)) else scores.index(max(scores))
"""
_PYTHON_STEP = """\
def _step(s: float) -> float:
    return s if math.isnan(s) else float(s >= 0.0)
"""
_C_STEP = """\
static double step(double s)
{
    return s != s ? s : s >= 0.0 ? 1.0 : 0.0;
}
"""
_C_SIGMOID = """\
static double sigmoid(double s)
{
    const double power = exp(-fabs(s));
    return (s >= 0.0 ? 1.0 : power) / (1.0 + power);
}
"""
_C_COMPLEMENT = """\
static double complement(double s)
{
    const double power = exp(-fabs(s));
    return (s >= 0.0 ? power : 1.0) / (1.0 + power);
}
"""
_C_SOFTMAX = """\
static void softmax(double *s, int n)
{
    double top = s[0], total = 0.0;
    int i;
    for (i = 1; i < n; i++) {
        top = s[i] > top ? s[i] : top;
    }
    for (i = 0; i < n; i++) {
        s[i] = exp(s[i] - top);
        total += s[i];
    }
    for (i = 0; i < n; i++) {
        s[i] /= total;
    }
}
"""
_C_LOG_SOFTMAX = """\
static void log_softmax(double *s, int n)
{
    double top = s[0], total = 0.0;
    int i;
    for (i = 1; i < n; i++) {
        top = s[i] > top ? s[i] : top;
    }
    for (i = 0; i < n; i++) {
        total += exp(s[i] - top);
    }
    for (i = 0; i < n; i++) {
        s[i] = s[i] - top - log(total);
    }
}
"""
_C_ARGMAX = """\
static double argmax(const double *s, int n)
{
    int i, best = 0;
    for (i = 0; i < n; i++) {
        if (s[i] != s[i]) {
            return s[i];
        }
        best = s[i] > s[best] ? i : best;
    }
    return (double)best;
}
"""

#: Link -> how it is printed.
ROWS: Mapping[str, Row] = {
    "identity": Row(Function(), Function(), _identity_sql),
    "sigmoid": Row(
        Function("_sigmoid", _PYTHON_SIGMOID),
        Function("sigmoid", _C_SIGMOID),
        _sigmoid_sql,
    ),
    "complement": Row(
        Function("_complement", _PYTHON_COMPLEMENT),
        Function("complement", _C_COMPLEMENT),
        _complement_sql,
    ),
    "exp": Row(Function("_exp", _PYTHON_EXP), Function("exp"), _exp_sql),
    "expm1": Row(Function("_expm1", _PYTHON_EXPM1), Function("expm1"), _expm1_sql),
    "softmax": Row(
        Function("_softmax", _PYTHON_SOFTMAX),
        Function("softmax", _C_SOFTMAX),
        _softmax_sql,
    ),
    "log_softmax": Row(
        Function("_log_softmax", _PYTHON_LOG_SOFTMAX),
        Function("log_softmax", _C_LOG_SOFTMAX),
        _log_softmax_sql,
    ),
    "step": Row(
        Function("_step", _PYTHON_STEP),
        Function("step", _C_STEP),
        _step_sql,
    ),
    "argmax": Row(
        Function("_argmax", _PYTHON_ARGMAX),
        Function("argmax", _C_ARGMAX),
        _argmax_sql,
    ),
}
