"""Figures of each of several classes."""

from collections.abc import Iterator, Sequence

import numpy as np

from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.validation.class_report import ClassFigures
from relurules.validation.judged_rows import Judge, JudgedRows


def measure_classes(
    judge: Judge, part: JudgedRows, labels: Sequence[str]
) -> Iterator[ClassFigures]:
    """Of every class, in the order of their numbers; nothing of any other task."""
    if judge.task != "multiclass" or part.values is None:
        return
    came, told = part.values.astype(np.intp), part.scores.argmax(axis=1)
    shares = np.exp(LINKS["log_softmax"].apply(part.scores)) if judge.certain else None
    for number in range(part.scores.shape[1]):
        right = int(((came == number) & (told == number)).sum())
        here, said = int((came == number).sum()), int((told == number).sum())
        yield ClassFigures(
            part.part,
            labels[number] if number < len(labels) else str(number),
            here,
            said,
            right,
            right / here if here else None,
            right / said if said else None,
            None if shares is None else float(shares[:, number].mean()),
        )


def list_right(part: JudgedRows) -> Array | None:
    """(n,) 1 where the class that came is told, else 0."""
    if part.values is None:
        return None
    return np.asarray(part.scores.argmax(axis=1) == part.values, dtype=np.float64)
