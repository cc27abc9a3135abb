"""The classes that outputs tell, and between which scores each of them is chosen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from relurules.ir import Head
from relurules.ir.class_labels import find_class_test
from relurules.ir.network import Array
from relurules.links.table import LINKS


@dataclass(frozen=True, kw_only=True)
class ClassChoice:
    """A class on every row.

    scores: of which the largest is chosen; of one alone, whether it is above the cut (or reaches
    it, for a decision), or below it where it doesn't rise. classes: (N,) the place among the
    scores, or 1 and 0; NaN where there is none.
    """

    scores: tuple[int, ...]
    classes: Array
    cut: float = 0.0
    rises: bool = True


def read_class_choices(heads: Sequence[Head], outputs: Array) -> list[ClassChoice]:
    """All that these outputs, (N, m), tell: as the model says it, the likeliest one, or a
    probability above a half.
    """
    choices = []
    for i, head in enumerate(heads):
        if LINKS[head.link].is_class:
            choices.append(ClassChoice(scores=head.scores, classes=outputs[:, i]))
        elif head.link in ("sigmoid", "complement"):
            above = outputs[:, i] > 0.5 if head.link == "sigmoid" else outputs[:, i] < 0.5
            choices.append(
                ClassChoice(
                    scores=head.scores, classes=_mask_missing(above, np.isnan(outputs[:, i]))
                )
            )

    groups = dict.fromkeys(
        (head.link, head.scores) for head in heads if LINKS[head.link].keeps_order
    )
    for link, scores in groups:
        parts = {
            head.component: i
            for i, head in enumerate(heads)
            if (head.link, head.scores) == (link, scores)
        }
        if (classes := _choose_likeliest(link, len(scores), parts, outputs)) is not None:
            choices.append(ClassChoice(scores=scores, classes=classes))

    return choices


def read_label_class(
    heads: Sequence[Head], outputs: Array, scores: Array, threshold: float | None = None
) -> ClassChoice | None:
    """The class that the model itself tells by these outputs, (N, m), and scores, (N, s): what an
    artefact's column `class` has to be. threshold: the model's own, None for a half.
    """
    test = find_class_test(heads, scores.shape[1], threshold)
    if test is None:
        return None
    if LINKS[heads[-1].link].is_class:
        return ClassChoice(scores=test.scores, classes=outputs[:, -1])
    if len(test.scores) == 1:
        share, cut = outputs[:, -1], 0.5 if threshold is None else threshold
        classes = _mask_missing(share > cut, np.isnan(share))
        return ClassChoice(scores=test.scores, classes=classes, cut=test.cut, rises=test.rises)

    told = [choice for choice in read_class_choices(heads, outputs) if choice.scores == test.scores]
    return told[0] if told else _choose_largest(test.scores, scores)


def _choose_largest(chosen: tuple[int, ...], scores: Array) -> ClassChoice:
    taken = scores[:, chosen]
    return ClassChoice(
        scores=chosen, classes=_mask_missing(taken.argmax(axis=1), np.isnan(taken).any(axis=1))
    )


def _choose_likeliest(link: str, count: int, parts: dict[int, int], outputs: Array) -> Array | None:
    """The class with the largest share, None where too few of the shares are outputs. parts:
    component -> output.
    """
    if len(parts) == count and count > 1:
        shares = outputs[:, [parts[component] for component in range(count)]]
        return _mask_missing(shares.argmax(axis=1), np.isnan(shares).any(axis=1))
    if len(parts) == 1 and count == 2:
        component, i = next(iter(parts.items()))
        half = math.log(0.5) if link == "log_softmax" else 0.5
        likely = np.where(outputs[:, i] > half, component, 1 - component)
        return _mask_missing(likely, np.isnan(outputs[:, i]))

    return None


def _mask_missing(classes: ArrayLike, missing: ArrayLike) -> Array:
    return np.where(missing, np.nan, np.asarray(classes, dtype=np.float64))
