"""The sections of a validation: figures side by side, curves, bands, front."""

from collections.abc import Sequence

from relurules.documents.cards import spell_metric
from relurules.documents.document import Block, LinePlot, Paragraph, Section, Table
from relurules.documents.validation_cells import NOTHING, phrase_share, phrase_value, write_measured
from relurules.documents.validation_classes import tabulate_classes, tabulate_confusion
from relurules.documents.validation_groups import build_groups
from relurules.documents.validation_movement import (
    build_movement,
    build_noise,
    build_weak_places,
)
from relurules.documents.validation_plots import list_plots
from relurules.documents.validation_refits import build_refits
from relurules.statistics.resampling import MeasuredValue
from relurules.validation import ValidationReport
from relurules.validation.report import Figure
from relurules.wording import phrases as p
from relurules.wording.numbers import format_count, format_short
from relurules.wording.phrases import Phrase

#: What is told of models that the fit scored, whose figure of the rules looks like another one.
_OTHERS = (
    "On validation rows, these are figures of models that were not yet fitted to them: of the "
    "rules as they were when their number was chosen, while all figures above are of the rules as "
    "they are."
)


def build_validation(report: ValidationReport) -> tuple[Section, ...]:
    """All sections that there are figures for."""
    plots = list_plots(report)
    found = (
        _build_figures(report),
        _build_curves(report, plots),
        _build_front(report, plots),
        build_groups(report),
        build_movement(report, [plots[n] for n in ("scores", "periods") if n in plots]),
        build_weak_places(report),
        build_noise(report),
        build_refits(report, [plot for name, plot in plots.items() if name.startswith("refits_")]),
        _build_contributions(plots),
    )

    return tuple(section for section in found if section is not None)


def _build_contributions(plots: dict[str, LinePlot]) -> Section | None:
    if "contributions" not in plots:
        return None
    said = (
        "Every dot is a row: how far right it stands is what the column adds to its score. "
        "data/contributions.csv has the numbers."
    )
    blocks = (Paragraph(p.text(said)), plots["contributions"])

    return Section("contributions", "What columns add, row by row", blocks)


def _phrase_measured(found: MeasuredValue | None) -> Phrase:
    """A number with its interval."""
    if found is None:
        return p.text(NOTHING)
    value = p.number(write_measured(found.value))
    if found.low is None or found.high is None:
        return value
    ends = f"({write_measured(found.low)} to {write_measured(found.high)})"
    return p.join_loose(value, p.text(ends.replace("-", "\u2212")))


def _build_figures(report: ValidationReport) -> Section:
    parts = [size.part for size in report.parts]
    blocks: list[Block] = [_tabulate_sizes(report)]
    if report.fitted:
        blocks.append(Paragraph(p.text(_explain_parts(report))))
    models: dict[str, None] = {}
    if report.figures:
        blocks.append(Paragraph(p.text(_explain_intervals(report))))
        models = dict.fromkeys(one.model for one in report.figures)
        blocks += [_tabulate_figures(report, model, parts) for model in models]
    if len(models) > 1:
        blocks.append(
            Paragraph(
                p.text(
                    f"The other models were fitted here to the {_name_fitted(report)} rows, by the "
                    "columns that the rules read, and are judged on the same rows as the rules."
                )
            )
        )
        blocks.insert(2, _tabulate_beside(report, list(models)))
    if report.others:
        blocks += [_tabulate_others(report), Paragraph(p.text(_OTHERS))]
    if report.classes:
        blocks += [tabulate_classes(report, size.part) for size in report.parts]
    if report.confusion:
        blocks += tabulate_confusion(report)

    return Section("validation", "Validation: how good the answers are", tuple(blocks))


def _name_fitted(report: ValidationReport) -> str:
    return " and ".join(report.fitted or ("training",))


def _explain_parts(report: ValidationReport) -> str:
    """Which parts are evidence of how good the rules are on new rows."""
    new = [size.part for size in report.parts if size.part not in report.fitted]
    said = f"The rules were fitted to the {_name_fitted(report)} rows"
    if "validation" in report.fitted:
        said += ", of which the validation rows chose the number of lines or rules before"
    if not new:
        return f"{said}; no others are shown, so that nothing here tells of new rows."
    return f"{said}. Only the {' and '.join(new)} rows tell how good they are on new rows."


def _tabulate_beside(report: ValidationReport, models: Sequence[str]) -> Table:
    """All models on the last part, like for like."""
    last = report.parts[-1].part
    own = {(one.model, one.metric): one for one in report.figures if one.part == last}
    metrics = list(dict.fromkeys(metric for _, metric in own))
    rows = tuple(
        (p.text(model), *(_phrase_one(own.get((model, metric))) for metric in metrics))
        for model in models
    )
    header = ("Model", *(spell_metric(metric) for metric in metrics))

    return Table(
        f"The rules beside other models, {last} rows",
        header, rows, (False, *[True] * len(metrics)),
    )  # fmt: skip


def _phrase_one(one: Figure | None) -> Phrase:
    return _phrase_measured(None if one is None else MeasuredValue(one.value))


def _tabulate_sizes(report: ValidationReport) -> Table:
    binary = report.task == "binary"
    write = phrase_share if binary else phrase_value
    rows = tuple(
        (
            p.text(size.part),
            p.number(f"{size.rows:,}"),
            p.number(f"{size.outside:,}"),
            write(size.mean_outcome),
            write(size.mean_prediction),
        )
        for size in report.parts
    )
    came = f"Share with {report.outcome}" if binary else f"Mean of {report.response or 'values'}"
    header = ("Rows", "Count", "Outside the domain", came, "Predicted, on average")
    shown = 3 if report.task == "multiclass" else 5

    return Table(
        "The rows that were judged; those outside the domain have no answer and are left out",
        header[:shown], tuple(row[:shown] for row in rows), (False, *[True] * (shown - 1)),
    )  # fmt: skip


def _explain_intervals(report: ValidationReport) -> str:
    rounds = report.settings.get("resamples")
    how = f"the percentiles of {rounds:,} resamples of the rows" if rounds else "left out"
    first = "Intervals hold 95 %; they are "
    if report.task == "binary":
        how = f"DeLong's for AUC and Gini, and {how} for the other figures"
    return f"{first}{how}. The manual of relurules defines every figure, in docs/validation.md."


def _tabulate_figures(report: ValidationReport, model: str, parts: Sequence[str]) -> Table:
    own = {(one.metric, one.part): one for one in report.figures if one.model == model}
    metrics = list(dict.fromkeys(metric for metric, _ in own))
    rows = []
    for metric in metrics:
        cells = []
        for part in parts:
            one = own.get((metric, part))
            measured = None if one is None else MeasuredValue(one.value, one.low, one.high)
            cells.append(_phrase_measured(measured))
        rows.append((p.text(spell_metric(metric)), *cells))
    header = ("Figure", *(f"{part} rows" for part in parts))
    caption = f"Figures of {model}, with intervals"

    return Table(caption, header, tuple(rows), (False, *[True] * len(parts)))


def _tabulate_others(report: ValidationReport) -> Table:
    """What the fit noted of all its models."""
    scores = {(one.model, one.part): one.value for one in report.others}
    parts = list(dict.fromkeys(part for _, part in scores))
    rows = tuple(
        (p.text(model), *(phrase_value(scores.get((model, part))) for part in parts))
        for model in dict.fromkeys(model for model, _ in scores)
    )
    header = ("Model", *(f"{part} rows" for part in parts))
    measure = spell_metric(report.others[0].measure)

    return Table(
        f"{measure} of models beside the rules, as the fit noted it",
        header, rows, (False, *[True] * len(parts)),
    )  # fmt: skip


def _build_curves(report: ValidationReport, plots: dict[str, LinePlot]) -> Section | None:
    blocks: list[Block] = [plots[name] for name in ("roc", "calibration") if name in plots]
    slopes = [one for one in report.figures if one.metric == "calibration slope"]
    if slopes:
        blocks.append(
            Paragraph(
                p.text(
                    "The calibration slope among the figures is 1 where probabilities are as far "
                    "apart as they should be, and below 1 where they are too far apart."
                )
            )
        )
    blocks += [_tabulate_bands(report, size.part) for size in report.parts if report.bands]

    return Section("curves", "Curves, and the score by bands", tuple(blocks)) if blocks else None


def _tabulate_bands(report: ValidationReport, part: str) -> Table:
    write = phrase_share if report.task == "binary" else phrase_value
    rows = tuple(
        (
            p.number(str(one.band)),
            p.text(_describe_band(one.low, one.high)),
            p.number(f"{one.rows:,}"),
            phrase_share(one.share),
            write(one.prediction),
            write(one.outcome),
            write(one.outcome_low),
            write(one.outcome_high),
        )
        for one in report.bands
        if one.part == part
    )
    header = ("Band", "Score", "Rows", "Share", "Predicted", "Came", "From", "To")

    return Table(
        f"The {part} rows by band of the score, whose ends are tenths of the "
        f"{report.parts[0].part} rows, with the interval of what came",
        header, rows, (True, False, True, True, True, True, True, True),
    )  # fmt: skip


def _describe_band(low: float, high: float) -> str:
    ends = [format_short(end).replace("-", "\u2212") for end in (low, high)]
    if low == float("-inf"):
        return "all" if high == float("inf") else f"below {ends[1]}"
    return f"from {ends[0]}" + ("" if high == float("inf") else f" to below {ends[1]}")


def _build_front(report: ValidationReport, plots: dict[str, LinePlot]) -> Section | None:
    if not report.front:
        return None
    rows = tuple(
        (
            p.number(str(step.size)),
            p.number(write_measured(step.value)),
            p.text("chosen" if step.chosen else ""),
        )
        for step in sorted(report.front, key=lambda step: step.size)
    )
    measure = report.front[0].measure
    table = Table(
        f"{format_count(len(rows), 'model')} on the way, by {measure} on the validation rows",
        ("Lines or rules", measure, "Choice"), rows, (True, True, False),
    )  # fmt: skip
    plot = [plots["front"]] if "front" in plots else []
    said = Paragraph(
        p.text(
            "The fit chooses by a measure of its own and within its budget, so that the model "
            "chosen need not have the highest figure here."
        )
    )

    return Section("front", "Accuracy against length", (*plot, said, table))
