"""Artefacts: how outputs are made of scores, token for token, in SQL."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from relurules.checker.artefact_links import JOINT_LINKS, ArtefactHead

#: exp of any number, and of one that isn't above 0, by dialect.
_SQL_POWERS = {
    "sqlite": ("exp(S)", "exp(S)"),
    "duckdb": ("exp(S)", "exp(S)"),
    "postgres": (
        "CASE WHEN S > 7.09E2 THEN CAST('Infinity' AS DOUBLE PRECISION)"
        " WHEN S < -7E2 THEN 0E0 ELSE exp(S) END",
        "CASE WHEN S < -7E2 THEN 0E0 ELSE exp(S) END",
    ),
}
#: Outputs of the score S, whose names begin with P. POWER(x), SMALL(x): exp of x. First the columns
#: that are worked out for it, name and text; behind them, the output.
_SQL_LINKS: Mapping[str, Sequence[tuple[str, str]]] = {
    "sigmoid": [
        ("S_power", "SMALL(-abs(S))"),
        ("", "CASE WHEN S >= 0E0 THEN 1E0 ELSE S_power END / (1E0 + S_power)"),
    ],
    "complement": [
        ("S_power", "SMALL(-abs(S))"),
        ("", "CASE WHEN S >= 0E0 THEN S_power ELSE 1E0 END / (1E0 + S_power)"),
    ],
    "exp": [("", "POWER(S)")],
    "expm1": [
        ("P_power", "POWER(S)"),
        ("", "CASE WHEN abs(S) > 40E0 THEN P_power - 1E0 WHEN P_power = 1E0 THEN S"
         " ELSE (P_power - 1E0) * S / ln(P_power) END"),
    ],
    "softplus": [
        ("S_power", "SMALL(-abs(S))"),
        ("", "CASE WHEN S > 0E0 THEN S ELSE 0E0 END + CASE WHEN 1E0 + S_power = 1E0 THEN S_power"
         " ELSE S_power * ln(1E0 + S_power) / ((1E0 + S_power) - 1E0) END"),
    ],
    "tanh": [
        ("P_twice", "CASE WHEN abs(S) <= 20E0 THEN -2E0 * abs(S) ELSE -4E1 - 0E0 * S END"),
        ("P_power", "SMALL(P_twice)"),
        ("P_less", "CASE WHEN P_power = 1E0 THEN P_twice"
         " ELSE (P_power - 1E0) * P_twice / ln(P_power) END"),
        ("", "CASE WHEN S < 0E0 THEN P_less ELSE -P_less END / (2E0 + P_less)"),
    ],
    "logit": [("", "CASE WHEN S > 0E0 AND S < 1E0 THEN ln(S / (1E0 - S)) END")],
    "step": [
        ("", "CASE WHEN S - S = 0E0 THEN CASE WHEN S >= 0E0 THEN 1E0 ELSE 0E0 END END"),
    ],
}  # fmt: skip
#: Shares of one score in one expression; where exp of large numbers ends a query, with ends.
_SQL_SHARES = {
    "sigmoid": ("1E0 / (1E0 + exp(-S))", "0E0", "1E0"),
    "complement": ("1E0 / (1E0 + exp(S))", "1E0", "0E0"),
}
#: So many scores are compared in one expression.
_COMPARED = 8


class SqlLink(NamedTuple):
    """columns: what is worked out for an output, by name; results: the output, in any of these
    ways.
    """

    columns: dict[str, str]
    results: list[str]


def plan_sql_link(head: ArtefactHead, dialect: str) -> SqlLink:
    """The texts of an output behind a link."""
    large, small = _SQL_POWERS[dialect]
    own, columns, results = f"rr_{head.name}", dict[str, str](), list[str]()
    scores = [f"rr_s{i}" for i in head.scores]
    steps = list(_list_joint_steps(head, scores, own) if head.link in JOINT_LINKS else ())
    for name, text in steps or _SQL_LINKS[head.link]:
        said = [re.sub(r"\bP_", f"{own}_", part) for part in (name, text)]
        said = [re.sub(r"\bS(?=\b|_)", scores[0], part) for part in said]
        full = _call_power("SMALL", small, _call_power("POWER", large, said[1]))
        columns |= {said[0]: full} if name else {}
        results += [] if name else [full]

    if head.link in _SQL_SHARES:
        share, low, high = _SQL_SHARES[head.link]
        if dialect == "postgres":
            share = f"CASE WHEN S < -7E2 THEN {low} WHEN S > 7E2 THEN {high} ELSE {share} END"
        results.append(re.sub(r"\bS\b", scores[0], share))

    return SqlLink(columns, results)


def _call_power(word: str, power: str, text: str) -> str:
    """The text with exp in place of a word; what that is of holds one pair of brackets at most."""
    *parts, last = re.split(rf"\b{word}\(([^()]*(?:\([^()]*\))?)\)", text)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    calls = (before + re.sub(r"\bS\b", argument, power) for before, argument in pairs)

    return "".join(calls) + last


def _list_joint_steps(
    head: ArtefactHead, scores: Sequence[str], own: str
) -> Iterator[tuple[str, str]]:
    """Columns, and the output last, of a link that takes several scores."""
    tops, level = list(scores), 0
    while len(tops) > 1:
        groups = [tops[i : i + _COMPARED] for i in range(0, len(tops), _COMPARED)]
        tops = [f"{own}_top{level}_{i}" for i in range(len(groups))]
        yield from zip(tops, map(_print_largest, groups), strict=True)
        level += 1

    mine, top = scores[head.component], tops[0]
    powers = [f"SMALL({score} - {top})" for score in scores]
    if head.link == "softmax":
        names = [f"{own}_power{i}" for i in range(len(scores))]
        yield from zip(names, powers, strict=True)
        yield f"{own}_total", " + ".join(names)
        yield "", f"{names[head.component]} / {own}_total"
    elif head.link == "log_softmax":
        yield f"{own}_total", " + ".join(powers)
        yield "", f"{mine} - {top} - ln({own}_total)"
    else:
        finite = " AND ".join(f"{score} - {score} = 0E0" for score in scores)
        cases = " ".join(f"WHEN {score} >= {top} THEN {i}" for i, score in enumerate(scores))
        yield "", f"CASE WHEN {finite} THEN CASE {cases} END END"


def _print_largest(scores: Sequence[str]) -> str:
    """The first that no later one exceeds."""
    cases = ""
    for i, score in enumerate(scores[:-1]):
        tests = " AND ".join(f"{score} >= {later}" for later in scores[i + 1 :])
        cases += f"WHEN {tests} THEN {score} "

    return f"CASE {cases}ELSE {scores[-1]} END" if cases else scores[-1]
