"""What a model calls its classes, and how its scores tell which of them it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError, ModelError
from relurules.ir.network import Array
from relurules.links.heads import Head
from relurules.links.table import LINKS
from relurules.tables.names import find_text_flaw

Label = bool | int | float | str

#: Where the model names no class that scores speak of.
SECOND = "the second of the model's classes"
OWN_SCORES = "the first of the model's classes, each of which has a score of its own"
CHOSEN = "chosen by positive="


@dataclass(frozen=True, kw_only=True)
class ClassLabels:
    """The classes of a model: the label is what its own `predict` gives, with its type.

    values: the label of every class, in the order of their numbers. positive: the number of the
    class that scores and contributions speak of; origin: why it is that one. threshold: of two
    classes, the probability above which the second one is told; None: a half.
    """

    values: tuple[Label, ...]
    positive: int
    origin: str
    threshold: float | None = None

    def __post_init__(self) -> None:
        _check_values(self.values)
        if not 0 <= self.positive < len(self.values):
            raise ModelError(
                f"the positive class is number {self.positive} of {len(self.values)} classes, "
                "counted from 0"
            )

        if self.threshold is not None and not (len(self.values) == 2 and 0 < self.threshold < 1):
            raise ModelError(
                f"the model decides by the threshold {self.threshold!r}; supported: a number "
                "between 0 and 1, of two classes. Set the model's threshold to one"
            )

    def __len__(self) -> int:
        """Number of classes."""
        return len(self.values)

    @property
    def kind(self) -> type:
        """The type of all labels: bool, int, float or str."""
        return type(self.values[0])

    @property
    def positive_label(self) -> Label:
        """The class that scores speak of."""
        return self.values[self.positive]

    @property
    def are_numbers(self) -> bool:
        """Whether the labels are just the classes' numbers, 0, 1, ..."""
        return self.kind is int and self.values == tuple(range(len(self)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The labels as text."""
        return tuple(map(str, self.values))

    def find(self, wanted: Any) -> int:
        """The number of a class by its label, or by the label's text; DataError where there is
        none.
        """
        value = wanted.item() if isinstance(wanted, np.generic) else wanted
        for i, label in enumerate(self.values):
            if value == label and isinstance(value, str) == isinstance(label, str):
                return i
        if isinstance(value, str) and value in self.names:
            return self.names.index(value)
        raise DataError(f"no class {wanted!r}; there are {', '.join(map(repr, self.values[:12]))}")

    def decode(self, numbers: Array) -> NDArray[Any]:
        """(N,) numbers of classes, NaN for none -> (N,) labels, None for none."""
        found = np.full(len(numbers), None, dtype=object)
        given = ~np.isnan(numbers)
        found[given] = [self.values[number] for number in numbers[given].astype(np.intp).tolist()]
        return found

    def encode(self, labels: Iterable[Any]) -> Array:
        """Labels as an engine gives them -> (N,) numbers of classes: NaN for none, -1 for a label
        that is no class.

        A boolean may come as 0 or 1, a number as text is none.
        """
        numbers = {label: float(i) for i, label in enumerate(self.values)}
        return np.array([
            np.nan if label is None or _is_nan(label) else numbers.get(label, -1.0)
            for label in labels
        ])  # fmt: skip

    def with_positive(self, number: int) -> "ClassLabels":
        """The same, with scores that speak of another class."""
        return replace(self, positive=number, origin=CHOSEN)


@dataclass(frozen=True, kw_only=True)
class ClassTest:
    """How scores tell the class.

    scores: of which the first largest has the class's number; of one alone, the class is number 1
    where it is above the cut, or below where it doesn't rise. closed: at the cut too.
    """

    scores: tuple[int, ...]
    cut: float = 0.0
    rises: bool = True
    closed: bool = False

    @property
    def count(self) -> int:
        """Number of classes."""
        return max(2, len(self.scores))


def make_labels(values: Any, *, threshold: float | None = None) -> ClassLabels:
    """Labels of a model's classes as it holds them, an array or a list; ModelError for what can't
    be a label.
    """
    listed = np.asarray(values).tolist() if isinstance(values, np.ndarray) else list(values)
    plain = tuple(v.item() if isinstance(v, np.generic) else v for v in listed)
    threshold = None if threshold is None or threshold == 0.5 else float(threshold)
    two = len(plain) == 2
    return ClassLabels(
        values=plain,
        positive=int(two),
        origin=SECOND if two else OWN_SCORES,
        threshold=threshold,
    )


def find_class_test(
    heads: Sequence[Head], scores: int, threshold: float | None = None
) -> ClassTest | None:
    """How so many scores tell the class of a model with these heads; None where the outputs are no
    classes. threshold: the probability above which the second of two classes is told.
    """
    for head in heads:
        if LINKS[head.link].joint and len(head.scores) > 1:
            # Scores that are compared with one another have no other threshold than a half.
            return ClassTest(scores=head.scores) if threshold is None else None

    if scores > 1:
        plain = all(head.link == "identity" for head in heads)
        return ClassTest(scores=tuple(range(scores))) if plain and threshold is None else None

    last = heads[-1]
    if last.link == "step":
        return ClassTest(scores=(0,), closed=True)
    if not LINKS[last.link].is_share or last.component:
        return None

    link = LINKS[last.link]
    cut = 0.0 if threshold is None or link.inverse is None else float(link.inverse(threshold))
    return ClassTest(scores=(0,), cut=link.sign * cut, rises=link.sign > 0)


def number_classes(count: int) -> ClassLabels:
    """The labels of classes that have no others: their numbers from 0."""
    return make_labels(range(count))


def explain_no_class(heads: Sequence[Head]) -> str:
    """Why a model with these heads has no class, and what to do."""
    if len(heads) > 1 and all(head.link == "sigmoid" for head in heads):
        return (
            f"the model's {len(heads)} outputs are labels that may hold together (multilabel), so "
            "there is no one class; ask for the outputs, and compare each with a half"
        )
    return "the network's outputs are no classes; ask for 'outputs'"


def classify_scores(test: ClassTest, scores: Array) -> Array:
    """(N, s) scores -> (N,) the number of the class, NaN where a score is NaN."""
    taken = scores[:, test.scores]
    if len(test.scores) > 1:
        numbers = taken.argmax(axis=1)
    else:
        above = taken[:, 0] - test.cut if test.rises else test.cut - taken[:, 0]
        numbers = (above >= 0 if test.closed else above > 0).astype(np.intp)
    return np.where(np.isnan(taken).any(axis=1), np.nan, numbers)


def check_labels(labels: ClassLabels | None, heads: Sequence[Head], scores: int) -> None:
    """ModelError where a model with these heads has no class, or another number of them."""
    if labels is None:
        return

    for label in labels.names:
        if flaw := find_text_flaw(label):
            raise ModelError(f"the class {label!r} holds {flaw}; rename it")

    test = find_class_test(heads, scores, labels.threshold)
    if test is None:
        raise ModelError(
            f"{len(labels)} labels are given ({_list_labels(labels.values)}), and the model's "
            "outputs are no classes; supported: a model that ends in a sigmoid, a softmax, an "
            "argmax, or one score per class"
        )

    if test.count != len(labels):
        raise ModelError(
            f"{len(labels)} labels ({_list_labels(labels.values)}) for {test.count} classes; give "
            "one for each"
        )


def _check_values(values: Sequence[Any]) -> None:
    kinds = {type(value) for value in values}
    if len(kinds) != 1 or not kinds <= {bool, int, float, str}:
        raise ModelError(
            f"the classes {_list_labels(values)} are of the types "
            f"{', '.join(sorted(kind.__name__ for kind in kinds)) or 'none'}; supported: all bool, "
            "all int, all float or all text"
        )

    if len(values) < 2 or len(set(values)) < len(values):
        raise ModelError(f"the classes are {_list_labels(values)}; expected two or more, each once")
    for value in values:
        if isinstance(value, float) and not np.isfinite(value):
            raise ModelError(f"the class {value!r} isn't finite; name it otherwise")


def _list_labels(values: Sequence[Any]) -> str:
    return ", ".join(map(repr, values[:6])) + (", ..." if len(values) > 6 else "")


def _is_nan(label: Any) -> bool:
    return isinstance(label, float) and bool(np.isnan(label))
