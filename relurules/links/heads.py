"""Heads: which link of which scores every output is, y = link(f(x))."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.links.table import LINKS
from relurules.tables.names import find_text_flaw

Array = NDArray[np.float64]


class Head(NamedTuple):
    """One output: entry `component` of the link of the scores (indices of the network's own outputs
    f).
    """

    link: str
    scores: tuple[int, ...]
    component: int = 0


def make_identity_heads(count: int) -> tuple[Head, ...]:
    """The scores as they are."""
    return tuple(Head("identity", (i,)) for i in range(count))


def is_identity(heads: Sequence[Head], scores: int) -> bool:
    """True where the outputs are just the scores."""
    return tuple(heads) == make_identity_heads(scores)


def check_heads(heads: Sequence[Head], outputs: int, scores: int) -> None:
    """ValueError where the heads don't fit so many outputs and scores, naming the head."""
    if len(heads) != outputs:
        raise ValueError(
            f"heads has {len(heads)} entries for {outputs} outputs; expected one per output"
        )

    for i, head in enumerate(heads):
        if head.link not in LINKS:
            raise ValueError(f"heads[{i}].link is {head.link!r}; supported: {', '.join(LINKS)}")
        link = LINKS[head.link]
        if not head.scores or not all(0 <= score < scores for score in head.scores):
            raise ValueError(
                f"heads[{i}].scores is {list(head.scores)}; expected indices of the {scores} scores"
            )
        if not link.joint and len(head.scores) > 1:
            raise ValueError(
                f"heads[{i}].scores holds {len(head.scores)} scores; {head.link} is of one"
            )
        if not 0 <= head.component < (1 if link.reduces else len(head.scores)):
            raise ValueError(
                f"heads[{i}].component is {head.component}; {head.link} has no such part here"
            )


def check_outputs(names: Sequence[str]) -> None:
    """ModelError where there is no output, or where a name can't be written."""
    if not names:
        raise ModelError(
            "the model gives no numbers: all its outputs have width 0; supported: one or more "
            "per row"
        )

    for name in names:
        if flaw := find_text_flaw(name):
            raise ModelError(
                f"the output {name!r} holds {flaw}; rename the output, or the class that it is of"
            )


def name_scores(
    outputs: Sequence[str], heads: Sequence[Head], scores: int, taken: Sequence[str]
) -> tuple[str, ...]:
    """The outputs' names where the scores are the outputs; else names that start none of `outputs`
    and `taken`.
    """
    if is_identity(heads, scores):
        return tuple(outputs)
    name = "score"
    while any(other.lower().startswith(name) for other in (*outputs, *taken)):
        name = f"raw_{name}"

    return (name,) if scores == 1 else tuple(f"{name}_{i}" for i in range(1, scores + 1))


def apply_links(heads: Sequence[Head], scores: Array) -> Array:
    """(N, s) scores -> (N, m) outputs, NaN where a score is NaN."""
    if _are_scores(heads):
        return scores[:, [head.scores[0] for head in heads]]

    def result(link: str, taken: tuple[int, ...]) -> Array:
        missing = np.isnan(scores[:, taken]).any(axis=1, keepdims=True)
        return np.where(missing, np.nan, LINKS[link].apply(scores[:, taken]))

    return _gather_components(heads, result, len(scores))


def bound_link_error(heads: Sequence[Head], scores: Array, off: Array, rounding: float) -> Array:
    """(N, s) scores and how far each may be off -> (N, m) the same of outputs, see `Link`."""
    if _are_scores(heads):
        return off[:, [head.scores[0] for head in heads]]
    return _gather_components(
        heads,
        lambda link, taken: LINKS[link].slack(scores[:, taken], off[:, taken], rounding),
        len(scores),
    )


def _are_scores(heads: Sequence[Head]) -> bool:
    """Whether every output is one of the scores, as of a network that ends in many numbers."""
    return all(head.link == "identity" for head in heads)


def _gather_components(
    heads: Sequence[Head], result: Callable[[str, tuple[int, ...]], Array], rows: int
) -> Array:
    """The heads' components, (rows, m), of `result`, which is computed once for all heads that
    share it.
    """
    outputs, shared = np.empty((rows, len(heads))), dict[tuple[str, tuple[int, ...]], list[int]]()
    for i, head in enumerate(heads):
        shared.setdefault((head.link, head.scores), []).append(i)

    with np.errstate(over="ignore", invalid="ignore"):
        for key, places in shared.items():
            outputs[:, places] = result(*key)[:, [heads[i].component for i in places]]
    return outputs
