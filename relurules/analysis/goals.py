"""What is to be reached: a class, or a value of an output."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.restricted import RestrictedScorer
from relurules.analysis.targets import ScoreTarget, find_target
from relurules.errors import DataError, UnsupportedError
from relurules.ir.class_labels import ClassTest, classify_scores
from relurules.ir.network import Array
from relurules.links.heads import Head, apply_links
from relurules.links.table import LINKS

#: A larger score has the same output in float64, or one that is infinite.
_FAR = 1e4


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A class, or a limit of an output, as scores that must not be negative."""

    #: In words.
    label: str
    #: (R, k, d) of every rule.
    weights: Array
    #: (R, k) of every rule, all 0 for a limit that every output meets.
    constants: Array
    #: (R,) where rules tell classes only, and k is 0, or where no output meets a limit.
    decided: NDArray[np.bool_] | None
    #: (N, d) -> (N,) whether the rules' own predictions are there.
    met: Callable[[Array], NDArray[np.bool_]]
    #: (k, m) combinations of scores, and (k,) what is added, that aren't negative there.
    leads: Array
    offsets: Array


def make_goal(
    ground: RestrictedScorer,
    output: str | None,
    wanted: str | None,
    at_least: float | None,
    at_most: float | None,
) -> Goal:
    """A class by name, or an output of no less, or no more, than a number; DataError if neither."""
    given = [value is not None for value in (wanted, at_least, at_most)]
    if sum(given) != 1:
        raise DataError(
            "say what is to be reached: one of target (a class), at_least or at_most (a number)"
        )

    if wanted is not None:
        return _make_class_goal(ground, wanted)

    target = find_target(ground, output)
    limit, up = (at_least, True) if at_least is not None else (at_most, False)
    assert limit is not None  # noqa: S101  # one of them is given
    cut, sign, decided = _find_cut(target, limit, up=up), 1.0 if up else -1.0, None
    if np.isfinite(cut):
        weights, constants = sign * target.weights, sign * (target.constants - cut)
    else:
        weights, constants = np.zeros_like(target.weights), np.zeros_like(target.constants)
        decided = np.zeros(len(weights), dtype=bool) if sign * cut > 0 else None
    index = ground.rules.outputs.index(target.name) if target.name in ground.rules.outputs else None

    def met(X: Array) -> NDArray[np.bool_]:
        values = (
            target.of(ground.rules.predict_scores(X))
            if index is None
            else ground.rules.predict_numbers(X)[:, index]
        )
        return np.asarray(values >= limit if up else values <= limit)

    return Goal(
        label=f"{target.name} {'>=' if up else '<='} {limit:g}",
        weights=weights[:, None],
        constants=constants[:, None],
        decided=decided,
        met=met,
        leads=sign * target.combination[None] * np.isfinite(cut),
        offsets=np.array([-sign * cut if np.isfinite(cut) else 0.0]),
    )


def _find_cut(target: ScoreTarget, limit: float, *, up: bool) -> float:
    """The score from which on, or up to which, an output is at a limit, as float64 has outputs.

    Infinite where it is so for all scores, or for none.
    """
    cut, sign = target.inverse(limit), 1.0 if up else -1.0
    if np.isfinite(cut) or sign * cut < 0:
        return cut

    def is_there(score: float) -> bool:
        value = target.through(score)
        return value >= limit if up else value <= limit

    # An output that only tends to the limit rounds to it from some score on.
    there, before = sign * _FAR, 0.0
    if not is_there(there):
        return cut
    while (middle := (there + before) / 2) not in (there, before):
        there, before = (middle, before) if is_there(middle) else (there, middle)
    return there


def list_class_names(ground: RestrictedScorer) -> tuple[str, ...]:
    """Classes that the rules tell apart, in the order of their numbers; none for outputs that are
    no classes.
    """
    rules = ground.rules
    if rules.decision is not None:
        return tuple(rules.decision.classes)

    if rules.labels is not None:
        return tuple(rules.labels.names)

    first, count = rules.heads[0], len(rules.heads)
    links = {head.link for head in rules.heads}
    if count == 1 and first.link in ("argmax", "step", "sigmoid"):
        return tuple(map(str, range(len(first.scores) if first.link == "argmax" else 2)))
    if links == {"identity"}:
        return rules.outputs if count > 1 else ()
    if count == 1 or not _are_one_choice(rules.heads):
        return ()

    plain = all(name.startswith("p_") and len(name) > 2 for name in rules.outputs)
    return tuple(name[2:] if plain else name for name in rules.outputs)


def _are_one_choice(heads: tuple[Head, ...]) -> bool:
    """Whether outputs are the shares of classes of one softmax, or of both classes of a sigmoid."""
    links = [head.link for head in heads]
    alike = len({head.scores for head in heads}) == 1
    if set(links) in ({"softmax"}, {"log_softmax"}):
        return alike and len({head.component for head in heads}) == len(heads)
    return alike and sorted(links) == ["complement", "sigmoid"]


def classify_rows(ground: RestrictedScorer, X: Array) -> NDArray[np.intp]:
    """(N, d) -> (N,) number of the class that the rules tell, -1 for rows without a rule."""
    rules = ground.rules
    if rules.labels is not None and (test := rules.class_test) is not None:
        numbers = classify_scores(test, rules.predict_scores(X))
        return np.asarray(np.nan_to_num(numbers, nan=-1), dtype=np.intp)

    y = rules.predict_numbers(X)
    found = np.where(np.isnan(y).any(axis=1), -1, 0)
    inside = found == 0
    if y.shape[1] > 1:
        found[inside] = y[inside].argmax(axis=1)
    else:
        number = rules.heads[0].link in ("argmax", "step") or rules.decision is not None
        found[inside] = y[inside, 0] if number else y[inside, 0] >= 0.5

    return np.asarray(found, dtype=np.intp)


def _make_class_goal(ground: RestrictedScorer, wanted: str) -> Goal:
    number, rules = find_class(ground, wanted), ground.rules

    def met(X: Array) -> NDArray[np.bool_]:
        return np.asarray(classify_rows(ground, X) == number)

    label = f"class {wanted}"
    if rules.decision is not None:
        told = apply_links(rules.heads, ground.constants.reshape(len(rules), -1))[:, 0] == number
        empty = np.empty((len(rules), 0, len(ground.domain)))
        return Goal(
            label=label,
            weights=empty,
            constants=np.empty((len(rules), 0)),
            decided=told,
            met=met,
            leads=np.empty((0, len(rules.scores))),
            offsets=np.empty(0),
        )

    test = rules.class_test
    if rules.labels is not None and test is not None:
        leads = _lead_by_test(test, number, len(rules.scores))
    else:
        leads = _combine_leads(rules.heads, number, len(rules.scores))
    cut = 0.0 if test is None else test.cut  # of one score
    return Goal(
        label=label,
        weights=np.einsum("ks,rsd->rkd", leads, ground.weights),
        constants=ground.constants @ leads.T - cut * leads.sum(axis=1),
        decided=None,
        met=met,
        leads=leads,
        offsets=-cut * leads.sum(axis=1),
    )


def find_class(ground: RestrictedScorer, wanted: Any) -> int:
    """The number of a class by its name, or by its label; DataError for one that there isn't,
    UnsupportedError for outputs that are no classes.
    """
    names = list_class_names(ground)
    if not names:
        raise UnsupportedError(
            "the outputs are no classes; say at_least or at_most, a number that an output is to "
            "reach"
        )
    if wanted in names:
        return names.index(wanted)
    if ground.rules.labels is not None:
        return int(ground.rules.labels.find(wanted))
    raise DataError(f"no class {wanted!r}; there are {', '.join(map(repr, names[:12]))}")


def _lead_by_test(test: ClassTest, number: int, scores: int) -> Array:
    """(k, m) combinations of scores that aren't negative where a labelled class is told: labels are
    in the order of the scores that are compared, whatever outputs there are.
    """
    eye, compared = np.eye(scores), test.scores
    if len(compared) == 1:
        return (1.0 if test.rises == (number == 1) else -1.0) * eye[[compared[0]]]

    return np.array(
        [eye[compared[number]] - eye[other] for i, other in enumerate(compared) if i != number]
    )


def _combine_leads(heads: tuple[Head, ...], number: int, scores: int) -> Array:
    """(k, m) combinations of scores that aren't negative where class `number` is told, of classes
    that are called as the outputs.
    """
    eye, first = np.eye(scores), heads[0]
    if not LINKS[first.link].joint and first.link != "identity":
        head = heads[number] if len(heads) == 2 else first
        rises = (head.link != "complement") == (len(heads) == 2 or number == 1)
        return (1.0 if rises else -1.0) * eye[[head.scores[0]]]

    joint = LINKS[first.link].joint
    order = (
        [first.scores[h.component] if len(heads) > 1 else -1 for h in heads]
        if joint
        else [h.scores[0] for h in heads]
    )

    if len(heads) == 1:
        order = list(first.scores)
    return np.array(
        [eye[order[number]] - eye[other] for i, other in enumerate(order) if i != number]
    )
