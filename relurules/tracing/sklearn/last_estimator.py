"""What the last estimator of a pipeline is read as, and how its outputs are named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.ir import ClassLabels, Network
from relurules.links.heads import Head
from relurules.tables.names import make_default_names

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LastEstimator:
    """What the last estimator is: a network of the pipeline's features, and what it does to its
    scores.
    """

    #: Of the features.
    network: Network
    #: Of its scores.
    heads: tuple[Head, ...]
    #: Their names.
    outputs: tuple[str, ...]
    #: (operator, size) of each.
    layers: Sequence[tuple[str, int]]
    #: Activation units left out of `network`, see `Graph`.
    identities: int = 0
    #: What the estimator computes of its table, where that isn't its own predict_proba or predict
    #: in float64; None: it is.
    run: Callable[[Any], Array] | None = None
    #: What a classifier calls its classes.
    labels: ClassLabels | None = None
    #: Whether it is lines that were fitted to its rows, and no network that was trained.
    fitted: bool = False
    #: Which scores its decision_function gives, that of the second class alone where there are two;
    #: none where it has no decision_function.
    decision: tuple[int, ...] = ()


def get_class_name(estimator: Any) -> str:
    """What an estimator's class is called, by which all tables know it."""
    return type(estimator).__name__


def make_class_heads(link: str, scores: int, classes: int) -> tuple[Head, ...]:
    """Heads of classes: of two with one score, its complement and its sigmoid; else the link of the
    scores.
    """
    if (link, scores, classes) == ("sigmoid", 1, 2):
        return Head("complement", (0,)), Head("sigmoid", (0,))
    every = tuple(range(scores))
    return tuple(
        Head("softmax", every, i) if link == "softmax" else Head(link, (i,)) for i in every
    )


def name_class_outputs(classes: Any, prefix: str = "p") -> tuple[str, ...]:
    """An output for every class, such as p_yes."""
    names = tuple(f"{prefix}_{label}" for label in classes)
    if len(set(names)) < len(names):
        raise ModelError(f"classes {list(classes)!r} can't be told apart by name; rename one")
    return names


def name_numbers(count: int) -> tuple[str, ...]:
    """The outputs of a regressor."""
    return ("y",) if count == 1 else make_default_names(count, "y")


def check_fitted(estimator: Any, attribute: str) -> None:
    """ModelError where the estimator lacks what fit gives it."""
    if not hasattr(estimator, attribute):
        raise ModelError(f"the {get_class_name(estimator)} isn't fitted; call fit first")
