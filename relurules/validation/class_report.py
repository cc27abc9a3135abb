"""Tables on classes, as rows of a report."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Confusion(NamedTuple):
    """Rows by class told and class that came."""

    part: str
    cut_off: float
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def rates(self) -> Mapping[str, float]:
        """Shares that are made of the counts; NaN where there is nothing to divide by."""
        tp, fp, fn, tn = self[2:]
        pairs = {
            "accuracy": (tp + tn, tp + fp + fn + tn),
            "sensitivity": (tp, tp + fn),
            "specificity": (tn, tn + fp),
            "precision": (tp, tp + fp),
        }
        return {name: part / of if of else np.nan for name, (part, of) in pairs.items()}


class ClassFigures(NamedTuple):
    """Rows of one of several classes: that came, that are told, and both; recall: right over came,
    precision: right over told, None of none; probability: mean of what is predicted for the class,
    None where scores are no log odds.
    """

    part: str
    label: str
    came: int
    told: int
    right: int
    recall: float | None
    precision: float | None
    probability: float | None
