"""Tables on classes: told and come, at the cut-off of two, or of several."""

from math import exp

from relurules.documents.document import Block, Table
from relurules.documents.validation_cells import phrase_share
from relurules.validation import ValidationReport
from relurules.wording import phrases as p
from relurules.wording.numbers import format_short


def tabulate_classes(report: ValidationReport, part: str) -> Table:
    """What came and what is told of every class."""
    own = [one for one in report.classes if one.part == part]
    total = max(1, sum(one.came for one in own))
    rows = tuple(
        (
            p.text(one.label),
            *(p.number(f"{count:,}") for count in (one.came, one.told, one.right)),
            *map(phrase_share, (one.recall, one.precision, one.came / total, one.probability)),
        )
        for one in own
    )
    header = (
        "Class", "Came", "Told", "Right", "Recall", "Precision", "Share that came",
        "Mean probability",
    )  # fmt: skip

    return Table(f"Classes, {part} rows", header, rows, (False, *[True] * 7))


def tabulate_confusion(report: ValidationReport) -> list[Block]:
    """Counts and rates of every part."""
    cut = 0.0 if report.cut_off is None else report.cut_off
    counts = tuple(
        (
            p.text(one.part),
            *(p.number(f"{count:,}") for count in one[2:]),
            *map(phrase_share, one.rates.values()),
        )
        for one in report.confusion
    )
    header = (
        "Rows", "True positive", "False positive", "False negative", "True negative",
        "Accuracy", "Sensitivity", "Specificity", "Precision",
    )  # fmt: skip

    beyond = "at least" if report.cut_told else "above"
    caption = (
        f"Classes at the cut-off: {report.outcome} (positive) is told where the score is {beyond} "
        f"{format_short(cut)}{_say_probability(report, cut)}"
    )
    return [Table(caption, header, counts, (False, *[True] * 8))]


def _say_probability(report: ValidationReport, cut: float) -> str:
    """The probability that the cut-off stands for, where scores are log odds."""
    if not any(one.metric == "log loss" for one in report.figures):
        return ""
    share = 1 / (1 + exp(-cut))
    return f", which is a probability of {format_short(share)}"
