"""What rounding does to outputs behind links: how far their scores are off, and what the link's own
formula adds, where the text has the formula that this was worked out for.

`exp` isn't rounded to nearest by usual libraries of mathematics: it is assumed to be within
`EXP_ULPS` units in the last place, which is more than those measured need (B. Gladman, V.
Innocente, J. Mather and P. Zimmermann, "Accuracy of Mathematical Functions in Single, Double,
Double Extended and Quadruple Precision").
"""

import ast
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.ir.network import Array
from relurules.links.heads import Head
from relurules.links.sources import FUNCTIONS
from relurules.links.table import LINKS
from relurules.rounding.brace_source import strip_comments
from relurules.rounding.expression import UnreadableError
from relurules.rounding.read_braces import split_body
from relurules.rounding.tokens import split_tokens

#: Units in the last place that exp may be off.
EXP_ULPS = 2
#: What is assumed where outputs have a bound.
ASSUMPTION = f"exp is within {EXP_ULPS} units in the last place"

_UNIT = 2.0**-53
#: A unit in the last place is at most two units of rounding.
_EXP = 2.0 * EXP_ULPS * _UNIT
#: More than products of several roundings, and than what underflows or is cut at exp(-700).
_SURE, _TINY = 1.001, 1e-300


def _round_share(_count: int, _high: float) -> float:
    """Of 1 / (1 + p) and p / (1 + p), p = exp(-|s|) or exp(-s): p p' / (1 + p)^2 is at most a
    quarter of p's own relative error; a sum and a quotient are rounded, of at most 1.
    """
    return (_EXP / 4.0 + 2.0 * _UNIT) * _SURE + _TINY


def _round_power(_count: int, high: float) -> float:
    """Of exp(s), infinite where it may overflow."""
    return _EXP * math.exp(high) * _SURE + _TINY if high < 700.0 else math.inf


def _round_softmax(count: int, _high: float) -> float:
    """Of k scores: share i moves by p_i (n_i - sum of p_j n_j) where the logarithm of power j is
    off by n_j, which is exp's error and a rounding of s_j - top; p_j |s_j - top| is at most 1 / e.
    A sum of k is rounded, and a quotient.
    """
    powers = 2.0 * _EXP + (count + 1.0) / math.e * _UNIT
    return (powers + count * _UNIT) * _SURE + _TINY


#: Link -> number of its scores, the largest that a score is as computed -> what its formula adds.
_ROUNDING: Mapping[str, Callable[[int, float], float]] = {
    "sigmoid": _round_share,
    "complement": _round_share,
    "exp": _round_power,
    "softmax": _round_softmax,
}


#: Links whose error depends on how large a score is.
_STEEP = ("exp",)


def has_links(rules: RuleSet | AdditiveRules) -> bool:
    """Whether some output is something else than its score."""
    return any(head.link != "identity" for head in rules.heads)


def needs_highs(rules: RuleSet | AdditiveRules) -> bool:
    """Whether the largest scores count for outputs."""
    return any(head.link in _STEEP for head in rules.heads)


@dataclass(frozen=True)
class EndScores:
    """Of rows that come to one end of a text, (m,) each. errors: how far every score may be off;
    highs: the largest that it is, but for these errors.
    """

    errors: Array
    highs: Array


def bound_steep_error(errors: Array, highs: Array) -> float:
    """The logarithm of what rows of a range may be off behind `exp`, at most."""
    high, error = float((highs + errors).max()), float(errors.max())
    return high + math.log(math.expm1(min(error, 700.0)) + _EXP)


def bound_outputs(
    artifact: Artifact, rules: RuleSet | AdditiveRules, ranges: Sequence[EndScores]
) -> Array:
    """(n,) how far each output of the rules may be off, infinite where nothing is known of its
    link, or where the text doesn't have the link's formula.

    ranges: of all rows, each of which is in one of them at least. An error counts most where its
    own rows' scores are largest, not where others' are.
    """
    found = np.full(len(rules.heads), np.inf)
    is_renamed = len(artifact.outputs) == len(rules.outputs)
    names = artifact.outputs if is_renamed else rules.outputs
    for i, (name, head) in enumerate(zip(names, rules.heads, strict=True)):
        if head.link == "identity" and _is_score_given(artifact, rules, name, i):
            found[i] = max(float(one.errors[list(head.scores)].max()) for one in ranges)
        elif (
            head.link in _ROUNDING
            and artifact.number == "double"
            and _can_read_formula(artifact, rules.heads, name, i)
        ):
            found[i] = max(_bound_output(head, one) for one in ranges)

    return found


def _bound_output(head: Head, of: EndScores) -> float:
    """What rows of a range may be off behind a link."""
    scores = list(head.scores)
    error, count = float(of.errors[scores].max()), len(scores)
    high = float((of.highs[scores] + of.errors[scores]).max())
    moved = LINKS[head.link].change(error, high, count)

    return float(moved * (1.0 + 1e-12) + _ROUNDING[head.link](count, high))


def _can_read_formula(artifact: Artifact, heads: Sequence[Head], name: str, at: int) -> bool:
    """Whether a text is read, and has the formula."""
    try:
        return _has_formula(artifact, heads, name, at)
    except UnreadableError:
        return False


def _has_formula(artifact: Artifact, heads: Sequence[Head], name: str, at: int) -> bool:
    """Whether a text defines the link's function as is known, once, and gives the output by it."""
    head, text = heads[at], str(artifact)
    if artifact.target == "numpy":  # its links aren't read
        return False
    if artifact.target == "sql":
        read = " ".join(token.text for token in split_tokens(text, "sql"))
        return _has_columns(read, head, name)
    function = getattr(FUNCTIONS[head.link], artifact.target)
    if artifact.target == "python":
        tree = ast.parse(text)
        functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
        known = [ast.unparse(one) for one in functions if one.name == function.name]
        due = ast.unparse(ast.parse(function.source))
        given = _print_python_result(text)
        return known == [due] and _is_given(given, function.name, head, f"{name!r}: ")

    text, before = strip_comments(text), _print_place(artifact.target, name, at)
    if function.source:
        named = re.findall(rf"^(?:static \w+|function) {function.name}\(", text, re.MULTILINE)
        if text.count(strip_comments(function.source)) != 1 or len(named) != 1:
            return False

    return _is_given(_find_result(text, artifact.target), function.name, head, before)


def _find_result(text: str, target: str) -> str:
    """Of C or JavaScript without comments, the function that makes outputs of scores; "" without
    one.
    """
    start = re.search(r"^(?:int score_row|function result)\(", text, re.MULTILINE)
    if start is None:
        return ""
    return " ".join(token.text for token in split_body(text[start.start() :], target))


def _print_place(target: str, name: str, at: int) -> str:
    """What stands before an output in C and JavaScript."""
    return f"{json.dumps(name)} : " if target == "javascript" else f"y [ {at} ] = "


def _print_python_result(text: str) -> str:
    """The functions of Python that make outputs of scores, one if there is nothing odd."""
    functions = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
    return "\n".join(ast.unparse(one) for one in functions if one.name == "_result")


def _is_score_given(artifact: Artifact, rules: RuleSet | AdditiveRules, name: str, at: int) -> bool:
    """Whether an output without link is the score as it is."""
    text, (score,) = str(artifact), rules.heads[at].scores
    if artifact.target in ("numpy", "onnx"):  # the function of all links isn't read
        return not has_links(rules)
    if artifact.target == "python":
        given, before = _print_python_result(text), f"{name!r}: "
    elif artifact.target == "sql":
        given = " ".join(token.text for token in split_tokens(text, "sql"))
        return _is_column(given, score, name)
    else:
        text = strip_comments(text)
        if artifact.target == "c" and "scores_of" not in text:  # scores are set where outputs are
            return not has_links(rules)
        given, before = _find_result(text, artifact.target), _print_place(artifact.target, name, at)

    value = rf"(?:s \[ {score} \]|_s{score})"
    return bool(re.search(re.escape(before) + value + _END, given))


def _is_given(text: str, function: str, head: Head, before: str) -> bool:
    """Whether an output is the link of its scores."""
    mark = r"s\s*\[\s*{}\s*\]|_s{}(?!\d)"
    scores = r"\s*,\s*".join(f"(?:{mark.format(i, i)})" for i in head.scores)
    call, start = re.escape(function).replace(r"\.", r"\s*\.\s*"), re.escape(before)
    if not LINKS[head.link].joint:
        return bool(re.search(rf"{start}{call}\s*\(\s*(?:{scores})\s*\){_END}", text))

    own = re.search(rf"{start}(\w+)\s*\[\s*{head.component}\s*\]{_END}", text)
    if own is None:
        return False
    array = rf"\b{own[1]}\s*\[\s*\]\s*=\s*{{\s*{scores}\s*}}\s*;\s*{call}\s*\(\s*{own[1]}\s*,"
    told = rf"\b{own[1]}\s*=\s*{call}\s*\(\s*{scores}\s*\)"

    return bool(re.search(f"{array}|{told}", text))


#: What an output of a query stands behind.
_START = r"(?:\bselect|,) "
#: What follows the value of an output in code.
_END = r"\s*[,;}]"


def _is_column(text: str, score: int, name: str) -> bool:
    """Whether a query gives an output by the column of its score, where scores have columns."""
    if not re.search(rf"as \w*_s{score}(?!\w)", text, re.IGNORECASE):
        return True
    return bool(re.search(rf"{_START}\w*_s{score} {_print_alias(name)}", text, re.IGNORECASE))


def _print_alias(name: str) -> str:
    """A pattern of how a query names a column."""
    own = re.escape(name)
    return rf'as (?:"{own}"|`{own}`|\[{own}\]|{own})(?!\w)'


def _has_columns(text: str, head: Head, name: str) -> bool:
    """Whether a query gives an output by a formula that is known; no steps of several scores."""
    score = rf"\w*_s{head.scores[0]}"
    told = _print_alias(name)
    if head.link == "exp":
        return bool(re.search(rf"{_START}exp \( {score} \) {told}", text, re.IGNORECASE))
    if head.link not in ("sigmoid", "complement"):
        return False

    turned = head.link == "sigmoid"
    alone = rf"{_START}1E0 / \( 1E0 \+ exp \( {'- ' if turned else ''}{score} \) \) {told}"
    sides = (r"1E0", r"(\w+)") if turned else (r"(\w+)", r"1E0")
    shared = (
        rf"{_START}case when {score} >= 0E0 then {sides[0]} else {sides[1]} end"
        rf" / \( 1E0 \+ \1 \) {told}"
    )
    if re.search(alone, text, re.IGNORECASE):
        return True
    found = re.search(shared, text, re.IGNORECASE)
    power = found and rf"exp \( - abs \( {score} \) \)(?: end)? as {found[1]}(?!\w)"

    return bool(power and re.search(power, text, re.IGNORECASE))
