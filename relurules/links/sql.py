"""Every link in SQL. A score that is NULL gives NULL: a row without a rule needs no test here."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

#: SQL columns to compute, each list from those before it, as (name, expression).
Steps = list[list[tuple[str, str]]]

#: A sum or conjunction of more parts than this is bracketed in groups: engines limit how deep an
#: expression nests.
GROUP = 100
#: Scores that one SQL expression compares with one another.
_GROUP = 8


class LinkColumns(NamedTuple):
    """SQL: what to compute first, and the results as expressions."""

    steps: Steps
    results: list[str]


class LinkDialect(Protocol):
    """What links need of a dialect of SQL; `emitting.sql.dialect` says what these are."""

    @property
    def exp(self) -> Callable[[str], str]:
        """Exp of any number."""

    @property
    def shrink(self) -> Callable[[str], str]:
        """Exp of a number that isn't above 0."""

    @property
    def ln(self) -> str:
        """The name of the natural logarithm."""


#: From columns, a prefix for a link's own, and the dialect.
PrintSql = Callable[[Sequence[str], str, LinkDialect], LinkColumns]
#: From columns, which of the outputs, and the dialect.
PrintSqlAlone = Callable[[Sequence[str], int, LinkDialect], str]


def print_identity(s: Sequence[str], _p: str, _dialect: LinkDialect) -> LinkColumns:
    return LinkColumns([], [s[0]])


def print_exp(s: Sequence[str], _p: str, dialect: LinkDialect) -> LinkColumns:
    return LinkColumns([], [dialect.exp(s[0])])


def print_sigmoid(s: Sequence[str], _p: str, dialect: LinkDialect) -> LinkColumns:
    power = f"{s[0]}_power"  # shared with the complement
    step = [(power, dialect.shrink(f"-abs({s[0]})"))]
    return LinkColumns(
        [step], [f"CASE WHEN {s[0]} >= 0E0 THEN 1E0 ELSE {power} END / (1E0 + {power})"]
    )


def print_complement(s: Sequence[str], _p: str, dialect: LinkDialect) -> LinkColumns:
    power = f"{s[0]}_power"
    step = [(power, dialect.shrink(f"-abs({s[0]})"))]
    return LinkColumns(
        [step], [f"CASE WHEN {s[0]} >= 0E0 THEN {power} ELSE 1E0 END / (1E0 + {power})"]
    )


def print_sigmoid_alone(s: Sequence[str], _component: int, dialect: LinkDialect) -> str:
    """1 / (1 + exp(-s)), without a column of its own."""
    share = f"1E0 / (1E0 + exp(-{s[0]}))"
    return share if _is_exp_open(dialect) else _bound_share(s[0], share, ("0E0", "1E0"))


def print_complement_alone(s: Sequence[str], _component: int, dialect: LinkDialect) -> str:
    """1 / (1 + exp(s))."""
    share = f"1E0 / (1E0 + exp({s[0]}))"
    return share if _is_exp_open(dialect) else _bound_share(s[0], share, ("1E0", "0E0"))


def _is_exp_open(dialect: LinkDialect) -> bool:
    """Whether exp takes any number: infinite for large ones, 0 for those far below 0."""
    return dialect.exp("x") == dialect.shrink("x") == "exp(x)"


def _bound_share(score: str, share: str, ends: tuple[str, str]) -> str:
    """Beyond 700, where exp may end the query, a share is 0 or 1 but for 1e-304."""
    low, high = ends
    return f"CASE WHEN {score} < -7E2 THEN {low} WHEN {score} > 7E2 THEN {high} ELSE {share} END"


def print_step(s: Sequence[str], _p: str, _dialect: LinkDialect) -> LinkColumns:
    """NULL where the score is no finite number."""
    return LinkColumns(
        [],
        [f"CASE WHEN {s[0]} - {s[0]} = 0E0 THEN CASE WHEN {s[0]} >= 0E0 THEN 1E0 ELSE 0E0 END END"],
    )


def print_expm1(s: Sequence[str], p: str, dialect: LinkDialect) -> LinkColumns:
    """(u - 1) * s / ln(u) with u = exp(s) keeps the digits that u - 1 loses near 0 (Kahan)."""
    u = f"{p}_power"
    small = f"WHEN {u} = 1E0 THEN {s[0]} ELSE ({u} - 1E0) * {s[0]} / {dialect.ln}({u})"
    return LinkColumns(
        [[(u, dialect.exp(s[0]))]], [f"CASE WHEN abs({s[0]}) > 40E0 THEN {u} - 1E0 {small} END"]
    )


def print_softplus(s: Sequence[str], _p: str, dialect: LinkDialect) -> LinkColumns:
    """The larger of s and 0, and ln(1 + u) with u = exp(-|s|), in which u ln(1 + u) / ((1 + u) - 1)
    keeps the digits of a small u (Kahan).
    """
    u = f"{s[0]}_power"  # as a sigmoid's
    more = (
        f"CASE WHEN 1E0 + {u} = 1E0 THEN {u} "
        f"ELSE {u} * {dialect.ln}(1E0 + {u}) / ((1E0 + {u}) - 1E0) END"
    )
    return LinkColumns(
        [[(u, dialect.shrink(f"-abs({s[0]})"))]],
        [f"CASE WHEN {s[0]} > 0E0 THEN {s[0]} ELSE 0E0 END + {more}"],
    )


def print_tanh(s: Sequence[str], p: str, dialect: LinkDialect) -> LinkColumns:
    """-v / (2 + v) with v = exp(-2 |s|) - 1, which keeps the digits of a small s, and its sign.

    Beyond 20 it is 1 in float64; a score that is no number stays none.
    """
    twice, u, v = f"{p}_twice", f"{p}_power", f"{p}_less"
    size = f"abs({s[0]})"
    less = f"({u} - 1E0) * {twice} / {dialect.ln}({u})"
    steps: Steps = [
        [(twice, f"CASE WHEN {size} <= 20E0 THEN -2E0 * {size} ELSE -4E1 - 0E0 * {s[0]} END")],
        [(u, dialect.shrink(twice))],
        [
            (
                v,
                f"CASE WHEN {u} = 1E0 THEN {twice} ELSE {less} END",
            )
        ],
    ]
    return LinkColumns(steps, [f"CASE WHEN {s[0]} < 0E0 THEN {v} ELSE -{v} END / (2E0 + {v})"])


def print_logit(s: Sequence[str], _p: str, dialect: LinkDialect) -> LinkColumns:
    """NULL where the score isn't between 0 and 1."""
    share = f"{dialect.ln}({s[0]} / (1E0 - {s[0]}))"
    return LinkColumns([], [f"CASE WHEN {s[0]} > 0E0 AND {s[0]} < 1E0 THEN {share} END"])


def select_top(s: Sequence[str], p: str) -> tuple[str, Steps]:
    """The largest score, found in groups so that the text grows with the number of scores only."""
    steps: Steps = []
    while len(s) > 1:
        groups = [s[i : i + _GROUP] for i in range(0, len(s), _GROUP)]
        tops = [f"{p}_top{len(steps)}_{i}" for i in range(len(groups))]
        steps.append(
            [(top, _select_largest(group)) for top, group in zip(tops, groups, strict=True)]
        )
        s = tops

    return s[0], steps


def _select_largest(s: Sequence[str]) -> str:
    """The first that no later one exceeds."""
    tests = [" AND ".join(f"{s[i]} >= {later}" for later in s[i + 1 :]) for i in range(len(s) - 1)]
    cases = [f"WHEN {test} THEN {score}" for test, score in zip(tests, s[:-1], strict=True)]
    return f"CASE {' '.join(cases)} ELSE {s[-1]} END" if cases else s[0]


def print_softmax(s: Sequence[str], p: str, dialect: LinkDialect) -> LinkColumns:
    top, steps = select_top(s, p)
    powers = [(f"{p}_power{i}", dialect.shrink(f"{score} - {top}")) for i, score in enumerate(s)]
    total = (f"{p}_total", join_in_groups([name for name, _ in powers], " + "))
    return LinkColumns([*steps, powers, [total]], [f"{name} / {p}_total" for name, _ in powers])


def print_softmax_alone(s: Sequence[str], component: int, dialect: LinkDialect) -> str:
    """One share without columns of its own: 1 / (1 + exp(t - s) + ...), which reads every score
    few times. A difference beyond 700 counts as 700: the share is below 1e-304 then.
    """
    differences = [f"{other} - {s[component]}" for i, other in enumerate(s) if i != component]
    powers = [dialect.shrink(f"CASE WHEN {d} > 7E2 THEN 7E2 ELSE {d} END") for d in differences]
    return f"1E0 / ({join_in_groups(['1E0', *powers], ' + ')})"


def print_log_softmax(s: Sequence[str], p: str, dialect: LinkDialect) -> LinkColumns:
    top, steps = select_top(s, p)
    total = (
        f"{p}_total",
        join_in_groups([dialect.shrink(f"{score} - {top}") for score in s], " + "),
    )
    return LinkColumns(
        [*steps, [total]], [f"{score} - {top} - {dialect.ln}({p}_total)" for score in s]
    )


def print_argmax(s: Sequence[str], p: str, _dialect: LinkDialect) -> LinkColumns:
    """NULL where a score is no finite number."""
    top, steps = select_top(s, p)
    finite = join_in_groups([f"{score} - {score} = 0E0" for score in s], " AND ")
    cases = " ".join(f"WHEN {score} >= {top} THEN {i}" for i, score in enumerate(s))
    return LinkColumns(steps, [f"CASE WHEN {finite} THEN CASE {cases} END END"])


def join_in_groups(parts: Sequence[str], joiner: str) -> str:
    """The parts joined; many of them in brackets of `GROUP`, so that nesting grows with the
    logarithm only.
    """
    while len(parts) > GROUP:
        parts = [f"({joiner.join(parts[i : i + GROUP])})" for i in range(0, len(parts), GROUP)]
    return joiner.join(parts)
