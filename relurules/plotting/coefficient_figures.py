"""Figures of coefficients: importance, parallel coordinates, violins, intervals, one row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.explaining.additive_explanation import AdditiveExplanation
from relurules.explaining.coefficients import Coefficients, Importance
from relurules.explaining.explanation import Explanation, format_output
from relurules.explaining.plain_text import add_article, format_value
from relurules.explaining.wald_intervals import Intervals
from relurules.ir.network import Array
from relurules.plotting.style import (
    COLOURS,
    DOWN,
    GREY,
    LINES,
    MARKERS,
    SHADES,
    UP,
    draw_legend,
    measure_note,
    measure_rows,
    new_figure,
    wrap_name,
    wrap_names,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from relurules.tables.values import Value

#: So many local models get a colour each and stand in the legend; more are shaded by their rows.
MAX_COLOURED = 8
#: Contributions that are drawn one by one.
_PARTS = 14


def draw_importance(found: Importance) -> "Figure":
    """Bars, the longest on top, with their shares."""
    names = [wrap_name(name) for name in found.names]
    figure = new_figure(1.3 + measure_rows(names))
    axes = figure.subplots()
    label_rows(axes, names)
    bars = axes.barh(range(len(names)), 100 * found.shares, color=UP, height=0.7)
    axes.bar_label(bars, [format_share(share) for share in found.shares], padding=3)
    axes.set_xlim(0, 112 * max(found.shares.max(initial=0.0), 1e-3))
    axes.set_xlabel("share of the mean squared effect, %")
    set_title(figure, f"Importance of the columns for {add_article(found.label)}")

    return figure


def draw_parallel(found: Coefficients) -> "Figure":
    """One line per local model from column to column, top to bottom."""
    names = [wrap_name(name) for name in found.names]
    figure = new_figure(2.2 + measure_rows(names, least=0.42))
    axes = figure.subplots()
    label_rows(axes, names)
    axes.axvline(0, color=GREY, linewidth=0.8)

    for i, values in enumerate(found.values):
        axes.plot(
            values,
            range(len(names)),
            zorder=2 - i / len(found.values),
            **choose_style(found.labels, found.counts, i),
        )

    draw_model_key(figure, axes, found.counts)
    axes.set_xlabel(_describe_units(found))
    set_title(figure, f"Coefficients of the {found.kind}s for {add_article(found.label)}")
    return figure


def draw_violin(found: Coefficients) -> "Figure":
    """How each column's coefficient spreads over the rows: density, the middle half, the median; a
    dot per model.
    """
    names = [wrap_name(name) for name in found.names]
    figure = new_figure(1.5 + measure_rows(names, least=0.5))
    axes = figure.subplots()
    label_rows(axes, names)
    axes.axvline(0, color=GREY, linewidth=0.8)
    rows = _spread_rows(found)

    for j in range(len(names)):
        values = found.values[rows, j]
        if np.ptp(values) > 1e-9 * max(1e-300, np.abs(values).max()):
            body = axes.violinplot(
                [values], [j], orientation="horizontal", widths=0.8, showextrema=False
            )
            bodies: Any = body["bodies"]
            for part in bodies:
                part.set(facecolor=COLOURS[5], edgecolor=UP, alpha=0.6, linewidth=0.8)
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        axes.plot([low, high], [j, j], color=UP, linewidth=4, solid_capstyle="butt")
        if len(found.values) <= 3 * MAX_COLOURED:
            axes.scatter(
                found.values[:, j], np.full(len(found.values), j), s=14, color="black", zorder=3
            )
        axes.plot(
            [middle], [j], "o", color="white", markeredgecolor="black", markersize=6, zorder=4
        )

    axes.set_xlabel(_describe_units(found))
    set_title(figure, f"Coefficients over the rows, for {add_article(found.label)}")
    return figure


def draw_intervals(found: Intervals) -> "Figure":
    """Each coefficient's interval, the estimate a dot, the model's own a diamond."""
    names = [wrap_name(name) for name in found.names]
    said = wrap_names("No estimate: ", found.dropped)
    figure = new_figure(1.7 + measure_rows(names) + measure_note(said))
    axes = figure.subplots()
    label_rows(axes, names)
    axes.axvline(0, color=GREY, linewidth=0.8)
    at = np.arange(len(names))
    ends = np.array([found.estimates - found.low, found.high - found.estimates]) * found.scales
    axes.errorbar(
        found.estimates * found.scales, at, xerr=ends, fmt="o", color=UP, capsize=3,
        label=f"fitted to its rows, {100 * found.level:g} % interval",
    )  # fmt: skip
    axes.plot(
        found.own * found.scales,
        at,
        "D",
        color=DOWN,
        markersize=6,
        fillstyle="none",
        label=f"{found.model}",
    )
    draw_legend(figure, said)
    axes.set_xlabel("change by one standard deviation of the column")
    set_title(
        figure,
        (
            f"{found.model[0].upper()}{found.model[1:]} beside its {found.rows:,} rows: "
            f"{add_article(found.label)}"
        ),
    )

    return figure


def draw_row(found: Explanation | AdditiveExplanation) -> "Figure":
    """Bars of what each column, or part, adds, from the base to the score."""
    said = ", ".join(f"{name} = {format_output(value)}" for name, value in found.outputs.items())
    if isinstance(found, Explanation):
        title = f"Rule {found.rule}: {said}"
        steps = [
            (f"{part.column} = {format_value(part.value)}", part.contribution)
            for part in found.contributions
        ]
    else:
        title = found.decided or said
        steps = [
            (f"{part.part} = {', '.join(map(_format_short, part.values))}", part.contribution)
            for part in found.contributions
            if part.contribution
        ]
    figure = _draw_steps(found, steps)
    set_title(figure, title)
    return figure


def _format_short(value: "Value") -> str:
    """A number of four digits: several stand in a row."""
    return f"{value:.4g}" if isinstance(value, float) else format_value(value)


def _draw_steps(
    found: Explanation | AdditiveExplanation, steps: Sequence[tuple[str, float]]
) -> "Figure":
    names, values = [name for name, _ in steps[:_PARTS]], [value for _, value in steps[:_PARTS]]
    if rest := steps[_PARTS:]:
        names.append(f"{len(rest)} more {'columns' if isinstance(found, Explanation) else 'parts'}")
        values.append(sum(value for _, value in rest))

    names = [
        wrap_name(n) for n in ["the reference" if found.centred else "constant", *names, "in all"]
    ]
    ends = found.base + np.cumsum([0.0, *values])
    figure = new_figure(1.5 + measure_rows(names))
    axes = figure.subplots()
    label_rows(axes, names)
    axes.barh([0, len(names) - 1], [ends[0], ends[-1]], color=GREY, height=0.7)
    colours = [UP if value >= 0 else DOWN for value in values]
    axes.barh(range(1, len(names) - 1), values, left=ends[:-1], color=colours, height=0.7)

    for j, end in enumerate(ends):
        axes.plot([end, end], [j - 0.35, j + 1.35], color="black", linewidth=0.7)

    axes.axvline(0, color=GREY, linewidth=0.8)
    _write_values(axes, np.array([found.base, *values, found.score]), np.append(ends, ends[-1]))
    axes.set_xlabel(found.label)
    return figure


def _write_values(axes: Any, values: Array, ends: Array) -> None:
    """Numbers to the right of all bars, in a column."""
    for j, value in enumerate(values.tolist()):
        text = f"{value:.4g}" if j in (0, len(values) - 1) else f"{value:+.4g}"
        axes.annotate(
            text,
            (1.0, j),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )
    span = max(float(np.ptp(np.append(ends, 0.0))), 1e-12)
    axes.set_xlim(min(0.0, ends.min()) - 0.04 * span, max(0.0, ends.max()) + 0.04 * span)


def label_rows(axes: Any, names: list[str]) -> None:
    """Names down the left side, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.3)


def _describe_units(found: Coefficients) -> str:
    one = "change by one standard deviation of the column"
    return f"{one},\nor of a category, against the mean of all" if found.categories else one


def choose_style(
    labels: Sequence[str], counts: Sequence[int] | NDArray[np.intp], i: int
) -> dict[str, Any]:
    """Colour and line of a local model, the first ones having the most rows: few have their own,
    many are shaded.
    """
    if len(labels) <= MAX_COLOURED:
        label = f"{labels[i]}, {counts[i]:,} rows"
        return {
            "color": COLOURS[i],
            "linestyle": LINES[i],
            "marker": MARKERS[i],
            "markersize": 4,
            "label": label,
        }

    shade, width = (
        shade_by_rows(counts).to_rgba(counts[i]),
        0.5 + 2.0 * float(np.sqrt(counts[i] / max(1, counts[0]))),
    )
    return {"color": shade, "linewidth": width}


def shade_by_rows(counts: Sequence[int] | NDArray[np.intp]) -> Any:
    """Shades of local models by their rows."""
    import matplotlib as mpl
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, PowerNorm

    dark = ListedColormap(mpl.colormaps[SHADES](np.linspace(0.2, 1.0, 256)))
    return ScalarMappable(PowerNorm(0.5, 0, max([1, *counts])), dark)


def draw_model_key(figure: "Figure", axes: Any, counts: Sequence[int] | NDArray[np.intp]) -> None:
    """The legend of `look`."""
    if len(counts) <= MAX_COLOURED:
        draw_legend(figure)
    else:
        figure.colorbar(shade_by_rows(counts), ax=axes, label="rows", shrink=0.7)


def _spread_rows(found: Coefficients) -> Any:
    """The local models of a few hundred rows, evenly spread over all."""
    total = int(found.counts.sum())
    if not total:
        return np.arange(len(found.counts))
    places = np.linspace(0, total - 1, min(total, 400)).round()
    return np.searchsorted(np.cumsum(found.counts), places, side="right")


def format_share(share: float) -> str:
    """`34 %`, `3.4 %`."""
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"


def set_title(figure: "Figure", text: str) -> None:
    """A title on as many lines as it needs."""
    figure.suptitle(wrap_name(text, 72), x=0.01, ha="left", fontsize=11)
