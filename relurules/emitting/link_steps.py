"""The last step of emitted code, from the scores to the outputs, planned for each language.

Rows of `links` print it.

A link over several scores is computed once for all outputs that share it.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, zip_longest
from typing import NamedTuple

from relurules.emitting.sql.dialect import Dialect
from relurules.ir import Head, Scorer
from relurules.links.heads import is_identity
from relurules.links.sources import LinkFunction, LinkFunctions
from relurules.links.sql import LinkColumns, Steps
from relurules.links.table import LINKS


class LinkStep(NamedTuple):
    """scores: names; functions: definitions; shared: statements that outputs need; outputs: an
    expression each.
    """

    scores: list[str]
    functions: list[str]
    shared: list[str]
    outputs: list[str]


def has_links(rules: Scorer) -> bool:
    """False where the outputs are just the scores."""
    return not is_identity(rules.heads, len(rules.scores))


def plan_python_links(rules: Scorer) -> LinkStep:
    """For Python; the scores are the variables _s0, _s1, ..."""
    return _plan_links(rules, lambda code: code.python, _Style())


def plan_javascript_links(rules: Scorer) -> LinkStep:
    """For JavaScript; the scores are variables as in Python."""
    return _plan_links(rules, lambda code: code.javascript, _Style(shared="const {name} = {call};"))


def plan_class_links(rules: Scorer, functions: Mapping[str, LinkFunction]) -> LinkStep:
    """For languages of classes; the scores are variables as in Python. functions: by link."""
    by_code = {id(LINKS[name].code): function for name, function in functions.items()}
    style = _Style(shared="double[] {name} = {call};", reduced="double {name} = {call};")
    return _plan_links(rules, lambda code: by_code[id(code)], style)


def plan_numpy_links(rules: Scorer) -> LinkStep:
    """For numpy; the scores are the columns of s, (N, k)."""
    style = _Style("s[:, {}]", lambda taken: f"s[:, {list(taken)}]", "{}[:, {}]")
    return _plan_links(rules, lambda code: code.numpy, style)


def _join_scores(taken: Sequence[int]) -> str:
    """Scores as arguments of a function."""
    return ", ".join(f"_s{i}" for i in taken)


class _Style(NamedTuple):
    """How a score is written, several that a function takes, an entry of what it returns, a
    variable for that, and one for a number that is returned, where it is another.
    """

    score: str = "_s{}"
    several: Callable[[Sequence[int]], str] = _join_scores
    part: str = "{}[{}]"
    shared: str = "{name} = {call}"
    reduced: str = ""


def _plan_links(
    rules: Scorer, function: Callable[[LinkFunctions], LinkFunction], style: _Style
) -> LinkStep:
    """For languages whose functions return several values."""
    names = _name_links(rules.heads)
    shared = [
        ((LINKS[link].reduces and style.reduced) or style.shared).format(
            name=name, call=_print_call(function(LINKS[link].code), style.several(taken))
        )
        for (link, taken), name in names.items()
        if LINKS[link].joint
    ]

    def output(head: Head) -> str:
        name, link = names[head.link, head.scores], LINKS[head.link]
        if link.joint:
            return name if link.reduces else style.part.format(name, head.component)
        return _print_call(function(LINKS[head.link].code), style.score.format(head.scores[0]))

    scores = [style.score.format(i) for i in range(len(rules.scores))]
    return LinkStep(
        scores, _list_sources(rules.heads, function), shared, [output(head) for head in rules.heads]
    )


def plan_c_links(rules: Scorer) -> LinkStep:
    """For C; the scores are the array s. A joint link works on a copy of those that it takes."""
    scores, names = [f"s[{i}]" for i in range(len(rules.scores))], _name_links(rules.heads)
    shared = []
    for (link, taken), name in names.items():
        if LINKS[link].joint:
            constant = "const " if LINKS[link].reduces else ""
            shared.append(f"{constant}double {name}[] = {{{', '.join(scores[i] for i in taken)}}};")

    for (link, taken), name in names.items():
        if LINKS[link].joint and not LINKS[link].reduces:
            shared.append(f"{LINKS[link].code.c.name}({name}, {len(taken)});")

    def output(head: Head) -> str:
        name, link, function = (
            names[head.link, head.scores],
            LINKS[head.link],
            LINKS[head.link].code.c,
        )

        if link.reduces:
            return f"{function.name}({name}, {len(head.scores)})"
        return (
            f"{name}[{head.component}]"
            if link.joint
            else _print_call(function, scores[head.scores[0]])
        )

    return LinkStep(
        scores,
        _list_sources(rules.heads, lambda code: code.c),
        shared,
        [output(head) for head in rules.heads],
    )


def plan_sql_links(
    rules: Scorer, scores: Sequence[str], prefix: str, dialect: Dialect
) -> LinkColumns:
    """For SQL: all links side by side, what two of them need once; results are the outputs."""
    printed = {
        key: LINKS[key[0]].print_sql([scores[i] for i in key[1]], f"{prefix}_{name}", dialect)
        for key, name in _name_links(rules.heads).items()
    }
    together = zip_longest(*(columns.steps for columns in printed.values()), fillvalue=[])
    steps: Steps = [list(dict.fromkeys(chain.from_iterable(parts))) for parts in together]

    return LinkColumns(
        steps, [printed[head.link, head.scores].results[head.component] for head in rules.heads]
    )


def _name_links(heads: Sequence[Head]) -> dict[tuple[str, tuple[int, ...]], str]:
    """Every link with the scores that it takes, once -> a name for it, such as softmax_1."""
    names: dict[tuple[str, tuple[int, ...]], str] = {}
    for head in heads:
        count = sum(link == head.link for link, _ in names)
        names.setdefault((head.link, head.scores), f"{head.link}_{count + 1}")
    return names


def _list_sources(
    heads: Sequence[Head], function: Callable[[LinkFunctions], LinkFunction]
) -> list[str]:
    found = [function(LINKS[link].code) for link in dict.fromkeys(head.link for head in heads)]
    return [each.source for each in found if each.source]


def _print_call(function: LinkFunction, argument: str) -> str:
    return f"{function.name}({argument})" if function.name else argument
