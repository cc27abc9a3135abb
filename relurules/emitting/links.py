"""Links in every language: what is done to the scores of a rule set. One row of `LINKS` for a link.

Code first computes the scores s, then outputs from them. exp is only ever taken of what is not positive, except where
the link itself is an exp, which then is infinite.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from relurules.ir import RuleSet
from relurules.ir.link import Head


class Printed(NamedTuple):
    """How a link is written.

    sql: from the scores' columns, the component, and the function that gives the largest of several; words: from the
    scores' names and the component. Python and C call the function of that name in the templates `links`.
    """

    sql: Callable[[Sequence[str], int, str], str]
    words: Callable[[Sequence[str], int], str]


def _largest(scores: Sequence[str], greatest: str) -> str:
    return scores[0] if len(scores) == 1 else f"{greatest}({', '.join(scores)})"


def _sql_sigmoid(scores: Sequence[str], _: int, __: str) -> str:
    small = f"exp(-abs({scores[0]}))"
    return f"CASE WHEN {scores[0]} >= 0E0 THEN 1E0 ELSE {small} END / (1E0 + {small})"


def _sql_softmax(scores: Sequence[str], component: int, greatest: str) -> str:
    top = _largest(scores, greatest)
    powers = [f"exp({score} - {top})" for score in scores]
    return f"{powers[component]} / ({' + '.join(powers)})"


def _sql_log_softmax(scores: Sequence[str], component: int, greatest: str) -> str:
    top = _largest(scores, greatest)
    powers = " + ".join(f"exp({score} - {top})" for score in scores)
    return f"({scores[component]} - {top}) - ln({powers})"


def _sql_argmax(scores: Sequence[str], _: int, greatest: str) -> str:
    top = _largest(scores, greatest)
    cases = " ".join(f"WHEN {score} >= {top} THEN {i}E0" for i, score in enumerate(scores))
    return f"CASE WHEN {scores[0]} IS NULL THEN NULL {cases} END"


def _function(name: str) -> Callable[[Sequence[str], int], str]:
    return lambda scores, _: f"{name}({', '.join(scores)})"


def _component(name: str) -> Callable[[Sequence[str], int], str]:
    return lambda scores, component: f"{name} of {scores[component]} among ({', '.join(scores)})"


LINKS: Mapping[str, Printed] = {
    "identity": Printed(lambda scores, _, __: scores[0], lambda scores, _: scores[0]),
    "sigmoid": Printed(_sql_sigmoid, lambda scores, _: f"1 / (1 + exp(-{scores[0]}))"),
    "exp": Printed(lambda scores, _, __: f"exp({scores[0]})", _function("exp")),
    "expm1": Printed(lambda scores, _, __: f"exp({scores[0]}) - 1E0", lambda scores, _: f"exp({scores[0]}) - 1"),
    "softmax": Printed(_sql_softmax, _component("softmax")),
    "log_softmax": Printed(_sql_log_softmax, _component("log-softmax")),
    "argmax": Printed(_sql_argmax, lambda scores, _: f"index of the largest of ({', '.join(scores)}), counted from 0"),
}

#: Links whose functions in Python and C take one score, not the component and all scores.
_SINGLE = ("sigmoid", "exp", "expm1")


class PlannedLinks(NamedTuple):
    """The links that occur, how many scores there are, and for each output the call in a language; none: no links."""

    used: list[str]
    scores: int
    calls: list[str]


def planned_links(rules: RuleSet, call: Callable[[Head], str]) -> PlannedLinks | None:
    """What a template prints after the scores; None where the outputs are the scores."""
    if not rules.linked:
        return None
    used = [name for name in LINKS if any(head.link == name for head in rules.heads)]
    return PlannedLinks(used, len(rules.network.c), [call(head) for head in rules.heads])


def python_call(head: Head) -> str:
    """The output from the arguments s0, s1, ..."""
    scores = [f"s{i}" for i in head.scores]
    if head.link == "identity":
        return scores[0]
    first = [] if head.link in _SINGLE else [str(head.component)]
    return f"_{head.link}({', '.join([*first, *scores])})"


def c_call(head: Head) -> str:
    """The output from the array s; several scores go as a compound literal of their indices."""
    if head.link == "identity":
        return f"s[{head.scores[0]}]"
    if head.link in _SINGLE:
        return f"link_{head.link}(s[{head.scores[0]}])"
    taken = ", ".join(f"s[{i}]" for i in head.scores)
    return f"link_{head.link}((const double[]){{{taken}}}, {len(head.scores)}, {head.component})"


def in_words(rules: RuleSet, names: Sequence[str], outputs: Sequence[str]) -> list[str]:
    """For each output that isn't a score itself: `output = link of the scores`, with names as given."""
    if not rules.linked:
        return []
    return [
        f"{output} = {LINKS[head.link].words([names[i] for i in head.scores], head.component)}"
        for output, head in zip(outputs, rules.heads, strict=True)
    ]
