"""What a question is about: one score of every rule."""

import math
from dataclasses import dataclass

import numpy as np

from relurules.analysis.restricted import RestrictedScorer
from relurules.errors import DataError, UnsupportedError
from relurules.ir.network import Array
from relurules.ir.scorer import Scorer
from relurules.links.table import LINKS


@dataclass(frozen=True, kw_only=True)
class ScoreTarget:
    """A score of every rule."""

    #: Of the output, or of the score itself.
    name: str
    #: What the score is called beside the output, "" where they are the same.
    score: str
    #: Link of one score, with which the output rises.
    head: str
    #: (R, d).
    weights: Array
    #: (R,).
    constants: Array
    #: (m,) of the rules' scores.
    combination: Array

    def through(self, score: float) -> float:
        """The output at a score."""
        if np.isinf(score) and self.head == "identity":
            return score
        with np.errstate(over="ignore"):
            return float(LINKS[self.head].apply(np.array([[score]]))[0, 0])

    def inverse(self, value: float) -> float:
        """The score at which the output is a value; infinite where it never gets there."""
        inverse = LINKS[self.head].inverse
        assert inverse is not None  # noqa: S101  # targets are made of links that have one
        try:
            return inverse(value)
        except (ValueError, ZeroDivisionError):
            return math.inf if self.head in ("sigmoid", "tanh") and value >= 1.0 else -math.inf

    def of(self, scores: Array) -> Array:
        """(N, m) scores of the rules -> (N,)."""
        return np.asarray(scores @ self.combination)


def find_target(ground: RestrictedScorer, name: str | None) -> ScoreTarget:
    """The score behind an output, or a score by its own name.

    name None: of two outputs that share scores, that of the positive class, which is the last one
    unless another was named; else the first. Of two classes that
    share a softmax it is the log odds. UnsupportedError where there is no one score behind it,
    DataError for an unknown name.
    """
    rules = ground.rules
    if rules.decision is not None:
        raise UnsupportedError(
            "these rules tell classes only, not scores; ask reach or counterfactual of them, or "
            "extract rules without a decision"
        )

    if name is None:
        pair = len(rules.outputs) == 2 and len({head.scores for head in rules.heads}) == 1
        name = rules.outputs[_find_spoken_output(rules) if pair else 0]

    eye = np.eye(len(rules.scores))
    if name in rules.outputs:
        head = rules.heads[rules.outputs.index(name)]
        if not LINKS[head.link].joint and head.link != "step":
            turned = head.link == "complement"  # it is the sigmoid of minus the score
            own = (-1.0 if turned else 1.0) * eye[head.scores[0]]
            return _make_target(
                ground,
                name,
                "" if head.link == "identity" else LINKS[head.link].score_label.format(name),
                "sigmoid" if turned else head.link,
                own,
            )
        if len(head.scores) == 2 and head.link == "softmax":
            this = head.scores[head.component]
            other = head.scores[1 - head.component]
            return _make_target(
                ground, name, f"log odds of {name}", "sigmoid", eye[this] - eye[other]
            )

    if name in rules.scores:
        return _make_target(ground, name, "", "identity", eye[rules.scores.index(name)])
    if name in rules.outputs:
        raise UnsupportedError(
            f"output {name!r} is no function of one score; ask about one of the scores "
            f"{', '.join(rules.scores[:12])}, or which class can be reached"
        )

    known = dict.fromkeys((*rules.outputs, *rules.scores))
    raise DataError(f"no output {name!r}; there are {', '.join(map(repr, list(known)[:12]))}")


def _find_spoken_output(rules: Scorer) -> int:
    """Which of two classes' outputs scores speak of."""
    return 1 if rules.labels is None else rules.labels.positive


def _make_target(
    ground: RestrictedScorer, name: str, score: str, link: str, combination: Array
) -> ScoreTarget:
    weights = np.einsum("s,rsd->rd", combination, ground.weights)
    return ScoreTarget(
        name=name,
        score=score,
        head=link,
        weights=weights,
        constants=ground.constants @ combination,
        combination=combination,
    )
