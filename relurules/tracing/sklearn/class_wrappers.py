"""Wrappers of classifiers: calibration, cut-offs, one model per class or per target."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from relurules.errors import ModelError
from relurules.ir.class_labels import make_labels
from relurules.links.heads import Head, make_identity_heads
from relurules.links.table import LINKS
from relurules.tables.names import to_plain_value
from relurules.tracing.sklearn.forms import Signal
from relurules.tracing.sklearn.last_estimator import (
    get_class_name,
    make_class_heads,
    name_class_outputs,
)
from relurules.tracing.sklearn.linear_models import compute_decisions
from relurules.tracing.sklearn.reading import ModelReading, ReadModel, stack_readings
from relurules.tracing.sklearn.score_maps import mix_scores


def read_calibration(model: Any, signals: Sequence[Signal], read: ReadModel) -> ModelReading:
    """CalibratedClassifierCV of one fitted classifier with a score: the link of an affine map of
    it.
    """
    members, kind = model.calibrated_classifiers_, get_class_name(model)
    if len(members) > 1:
        raise ModelError(
            f"{kind} takes the mean of {len(members)} calibrated classifiers, and no link gives a "
            "mean of probabilities; supported: one. Set ensemble=False, or wrap the fitted "
            "classifier in a FrozenEstimator"
        )

    (member,) = members
    inner = read(member.estimator, signals)
    slope, constant = _read_calibrator(kind, member)
    if not inner.ending.decision:
        raise ModelError(
            f"{kind} calibrates the probabilities of {get_class_name(member.estimator)}, which has "
            "no decision_function: a sigmoid of a sigmoid, which is no link of a score; supported: "
            "classifiers with a decision_function, such as LogisticRegression, LinearSVC and "
            "ReLURulesClassifier. Extract the rules of the network itself, and calibrate its "
            "log odds"
        )

    weights = np.zeros((1, len(inner.ending.network.c)))
    weights[0, inner.ending.decision[0]] = slope
    return inner.with_ending(
        f"calibration by {member.method}",
        network=mix_scores(inner.ending.network, weights, np.array([constant])),
        heads=make_class_heads("sigmoid", 1, 2),
        outputs=name_class_outputs(model.classes_),
        labels=make_labels(model.classes_),
        decision=(),
        run=None,
    )


def _read_calibrator(kind: str, member: Any) -> tuple[float, float]:
    """What the score is multiplied by and what is added to it, before the sigmoid."""
    count = len(member.classes)
    if count != 2 or len(member.estimator.classes_) != 2:
        raise ModelError(
            f"{kind} of {count} classes gives each a probability of its own and divides by their "
            "sum, which is no link; supported: two classes. Calibrate nothing, or one class "
            "against the others"
        )

    (calibrator,) = member.calibrators
    if member.method == "sigmoid":
        return -float(calibrator.a_), -float(calibrator.b_)
    if member.method == "temperature":
        # a softmax of (-beta s, beta s) is a sigmoid of 2 beta s
        return 2.0 * float(calibrator.beta_), 0.0
    raise ModelError(
        f"{kind} with method={member.method!r} puts a step function after the score, which is no "
        "link; supported: method='sigmoid' and 'temperature'. Calibrate with one of them"
    )


def read_cut_off(model: Any, signals: Sequence[Signal], read: ReadModel) -> ModelReading:
    """FixedThresholdClassifier and TunedThresholdClassifierCV: the class is the positive one where
    its probability is at least the cut-off.
    """
    inner = read(getattr(model, "estimator_", model.estimator), signals)
    labels, kind = inner.ending.labels, get_class_name(model)
    if labels is None or len(labels) != 2:
        raise ModelError(f"{kind} needs a classifier of two classes; supported: one of those")

    shares = all(LINKS[head.link].is_share for head in inner.ending.heads)
    if not shares and not inner.ending.decision:
        raise ModelError(
            f"{kind} around a classifier that ends in {inner.ending.heads[-1].link} can't be "
            "traced; supported: classifiers with probabilities or a score. Remove the inner cut-off"
        )

    # scikit-learn's "auto" takes probabilities where there are any
    by_score = model.response_method == "decision_function" or not shares
    cut, positive = _read_cut(model, by_score)
    second = positive is None or labels.find(positive) == 1
    if not shares:
        return _cut_score(kind, model, inner, cut if second else None)
    if by_score and cut:
        raise ModelError(
            f"{kind} cuts decision_function at {cut!r}; supported: probabilities. Set "
            f"response_method='predict_proba' and the threshold {1 / (1 + math.exp(-cut))!r}"
        )

    share = 0.5 if by_score else cut
    # p >= t says in doubles what p > the number before t says
    threshold = float(np.nextafter(share, -np.inf)) if second else _find_last_share(share)
    return inner.with_ending(labels=make_labels(labels.values, threshold=threshold))


def _find_last_share(share: float) -> float:
    """The largest p up to 1 for which 1 - p, as doubles have it, is at least a share."""
    last, beyond = 1.0 - share - 1e-15, 1.0 - share + 1e-15
    if not 0.0 < share <= 1.0:
        return 1.0 - share
    while last < (middle := (last + beyond) / 2.0) < beyond:
        if 1.0 - middle >= share:
            last = middle
        else:
            beyond = middle

    return min(last, 1.0)


def _read_cut(model: Any, by_score: bool) -> tuple[float, Any]:
    """The cut-off, and the class that it is of, None for the second one."""
    if hasattr(model, "best_threshold_"):
        scorer = model._curve_scorer  # which alone knows the class
        return float(model.best_threshold_), scorer._get_pos_label()
    if model.threshold == "auto":
        return 0.0 if by_score else 0.5, model.pos_label
    return float(model.threshold), model.pos_label


def _cut_score(kind: str, model: Any, inner: ModelReading, cut: float | None) -> ModelReading:
    """The class of a score that is compared with a cut-off: 1 where it is at least that."""
    if cut is None:
        raise ModelError(
            f"{kind} cuts the score of the first class; supported: the second one. Leave pos_label"
        )

    weights = np.zeros((1, len(inner.ending.network.c)))
    weights[0, inner.ending.decision[0]] = 1.0
    estimator = getattr(model, "estimator_", model.estimator)
    return inner.with_ending(
        network=mix_scores(inner.ending.network, weights, np.array([-cut])),
        heads=(Head("step", (0,)),),
        outputs=("decision",),
        run=lambda X: (compute_decisions(estimator, X)[:, 1:] >= cut).astype(np.float64),
        decision=(),
    )


def read_one_versus_rest(model: Any, signals: Sequence[Signal], read: ReadModel) -> ModelReading:
    """OneVsRestClassifier: of two classes the one classifier, else a score for every class or
    label.
    """
    readings = _read_members(model, signals, read)
    shares = hasattr(model, "predict_proba")
    names = name_class_outputs(model.classes_, "p" if shares else "score")
    if len(readings) == 1:
        return readings[0].with_ending(outputs=names, labels=make_labels(model.classes_))
    if shares and not model.multilabel_:
        raise ModelError(
            f"{get_class_name(model)} of {len(readings)} classes divides the probability of each "
            "by their sum, which is no link; supported: two classes, several labels for a row, and "
            "classifiers without probabilities. Fit one classifier of all classes, such as "
            "MLPClassifier"
        )

    stacked, count = stack_readings(readings, "one for each class"), len(readings)
    weights = np.eye(len(stacked.ending.network.c))[_find_second_scores(readings)]
    heads = make_class_heads("sigmoid", count, count) if shares else make_identity_heads(count)
    return stacked.with_ending(
        network=mix_scores(stacked.ending.network, weights, np.zeros(count)),
        heads=heads,
        outputs=names,
        labels=None if model.multilabel_ else make_labels(model.classes_),
        run=None if shares else lambda X: compute_decisions(model, X),
    )


def _read_members(model: Any, signals: Sequence[Signal], read: ReadModel) -> list[ModelReading]:
    """The classifiers for each of the classes; ModelError for what isn't read by its score."""
    members, kind = model.estimators_, get_class_name(model)
    for member, label in zip(members, model.classes_[-len(members) :], strict=True):
        if get_class_name(member) == "_ConstantPredictor":
            raise ModelError(
                f"{kind}: all rows or none had the label {to_plain_value(label)!r}, so there is "
                "nothing to decide; train it on rows with and without it"
            )

    readings = [read(member, signals) for member in members]
    for link in (reading.ending.heads[-1].link for reading in readings):
        if link not in ("sigmoid", "identity"):
            raise ModelError(
                f"{kind} of classifiers that end in {link} can't be traced, as it looks at their "
                "scores; supported: classifiers with probabilities or a score. Remove the inner "
                "cut-off"
            )
    return readings


def _find_second_scores(readings: Sequence[ModelReading]) -> list[int]:
    """Which of all scores says how much each of the models is for its second class."""
    places, first = [], 0
    for reading in readings:
        places.append(first + reading.ending.heads[-1].scores[0])
        first += len(reading.ending.network.c)
    return places


def read_several_targets(model: Any, signals: Sequence[Signal], read: ReadModel) -> ModelReading:
    """MultiOutputClassifier of two classes each: the probabilities of every target in turn."""
    readings = [read(member, signals) for member in model.estimators_]
    for i, reading in enumerate(readings):
        links = {head.link for head in reading.ending.heads}
        if links != {"complement", "sigmoid"}:
            raise ModelError(
                f"{get_class_name(model)}: target {i} isn't one of two classes with probabilities; "
                "supported: those, as rules tell one class. Extract the rules of each of "
                "model.estimators_ by itself"
            )

    names = [
        name
        for i, classes in enumerate(model.classes_)
        for name in name_class_outputs(classes, f"p{i}")
    ]
    return stack_readings(readings, "one for each target").with_ending(
        outputs=tuple(names),
        run=lambda X: np.hstack([np.asarray(share) for share in model.predict_proba(X)]),
    )
