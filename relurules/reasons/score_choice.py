"""Which score of the rules is taken apart: that of an output, one number of every local model."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from relurules.errors import DataError, UnsupportedError
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array
from relurules.links.table import LINKS


class ScoreForm(NamedTuple):
    """A combination of scores that is taken apart. weights: (m,); label: what it is."""

    weights: Array
    label: str


class ScoreView(NamedTuple):
    """One number of every local model, weights x + constants. weights: (R, d), constants: (R,);
    label: what it is.
    """

    weights: Array
    constants: Array
    label: str


def is_decision(models: LocalModels, output: str | None = None) -> bool:
    """Whether an output is the number of a class, which is no sum of terms."""
    head = models.heads[find_output(models, output)]
    return bool(models.classes) or LINKS[head.link].is_class


def find_output(models: LocalModels, output: str | None) -> int:
    """The output of this name; without one, that of the positive class, else the last of two that
    share a score, or the first.
    """
    if output is None and models.labels is not None:
        return models.labels.positive if len(models.outputs) == len(models.labels) else 0
    if output is None:
        pair = len(models.outputs) == 2 and len({head.scores for head in models.heads}) == 1
        return 1 if pair else 0
    if output not in models.outputs:
        raise DataError(
            f"no output {output!r}; there are {', '.join(map(repr, models.outputs[:12]))}"
        )

    return models.outputs.index(output)


def choose_form(models: LocalModels, output: str | None = None) -> ScoreForm:
    """The score behind an output, by default the last one of two classes and the first of anything
    else.

    Of classes that share a softmax: the log odds where there are two, else the score minus the mean
    of all.
    """
    i = find_output(models, output)
    head, name = models.heads[i], models.outputs[i]
    if is_decision(models, output):
        raise UnsupportedError(_explain_no_sum(models, name))

    form = np.zeros(models.constants.shape[1])
    if not LINKS[head.link].joint:
        form[head.scores[0]] = LINKS[head.link].sign
        return ScoreForm(form, LINKS[head.link].score_label.format(name))

    form[list(head.scores)] = -1.0 / len(head.scores)
    form[head.scores[head.component]] += 1.0
    if len(head.scores) == 2:
        form, label = 2.0 * form, f"log odds of {name}"
    else:
        label = f"score of {name}, minus the mean of all classes"

    return ScoreForm(form, label)


def choose_view(models: LocalModels, output: str | None = None) -> ScoreView:
    """The score of `choose_form`, of every local model."""
    form, label = choose_form(models, output)
    return ScoreView(np.einsum("s,rsd->rd", form, models.weights), models.constants @ form, label)


def list_forms(models: LocalModels) -> dict[str, ScoreForm]:
    """Output -> its score, of every output that says something of its own: of two classes the
    positive one, else the last.

    UnsupportedError where no output is a sum of terms.
    """
    shared = Counter(head.scores for head in models.heads)
    default = find_output(models, None)
    found = {}
    for i, (output, head) in enumerate(zip(models.outputs, models.heads, strict=True)):
        if is_decision(models, output):
            continue
        if shared[head.scores] == 2 and len(head.scores) <= 2:
            pair = [k for k, other in enumerate(models.heads) if other.scores == head.scores]
            if i != (default if default in pair and len(models.outputs) == 2 else pair[-1]):
                continue
        found[output] = choose_form(models, output)

    if not found:
        raise UnsupportedError(_explain_no_sum(models, models.outputs[0]))
    return found


def _explain_no_sum(models: LocalModels, output: str) -> str:
    """Why no column contributes to an output that is a class, and what to do."""
    said = (
        f"output {output!r} is the number of a class, not a sum of terms, so no column contributes "
        "to it; "
    )
    if models.classes:
        return said + "extract rules of the scores, without decision="

    return said + (
        "the model itself ends in the class and gives nothing else. Extract from the part of it "
        "before that choice, which gives scores or probabilities, as from a classifier with "
        "predict_proba"
    )


def list_views(models: LocalModels) -> dict[str, ScoreView]:
    """The scores of `list_forms`, of every local model."""
    return {output: choose_view(models, output) for output in list_forms(models)}
