"""Figures of additive rules: importance of parts, the shape of a column, the map of a pair."""

from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.explaining.part_shapes import PairMap, PartImportance, Shape
from relurules.explaining.plain_text import add_article
from relurules.plotting.coefficient_figures import format_share, label_rows, set_title
from relurules.plotting.row_figures import label_ticks, place_values
from relurules.plotting.style import (
    COLOURS,
    DIVERGING,
    DOWN,
    GREY,
    UP,
    draw_legend,
    measure_rows,
    new_figure,
    wrap_name,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_part_importance(found: PartImportance) -> "Figure":
    """Bars, the longest on top, with their shares; what is interaction in another colour."""
    names = [wrap_name(name) for name in found.names]
    inner = np.nan_to_num(100 * found.interactions)
    interacts = bool((inner > 0.5).any())
    figure = new_figure(1.3 + measure_rows(names) + 0.4 * interacts)
    axes = figure.subplots()
    label_rows(axes, names)
    shares = 100 * found.shares
    axes.barh(range(len(names)), shares - inner, color=UP, height=0.7, label="by columns alone")
    if interacts:
        axes.barh(
            range(len(names)), inner, left=shares - inner, color=DOWN, height=0.7, hatch="///",
            edgecolor="white", label="interaction: by no column alone",
        )  # fmt: skip
        draw_legend(figure)
    for j, share in enumerate(found.shares.tolist()):
        axes.annotate(
            format_share(share), (100 * share, j), xytext=(3, 0), textcoords="offset points",
            va="center",
        )  # fmt: skip
    axes.set_xlim(0, 112 * max(found.shares.max(initial=0.0), 1e-3))
    axes.set_xlabel("share of the variances, %")
    set_title(figure, f"What moves {add_article(found.label)}")

    return figure


def draw_shape(found: Shape) -> "Figure":
    """The curve of a column, with its rows beneath; bars where it has categories."""
    if found.feature.categories:
        return _draw_points(found)

    figure = new_figure(4.8 if found.counts is not None else 4.0)
    if found.counts is None or found.edges is None:
        axes = below = figure.subplots()
    else:
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        below.stairs(found.counts, found.edges, fill=True, color=COLOURS[5])
        below.set_ylabel("rows")

    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.plot(found.x, found.y, color=UP, linewidth=2)
    axes.plot(found.x[1:-1], found.y[1:-1], "o", color=UP, markersize=4)
    if found.reference is not None:
        axes.axvline(found.reference, color=GREY, linewidth=0.8, linestyle=":")
        axes.annotate(
            "reference", (found.reference, 1.0), xycoords=("data", "axes fraction"),
            xytext=(3, -2), textcoords="offset points", va="top", color=GREY, fontsize=8,
        )  # fmt: skip
    axes.set_ylabel(wrap_name(f"adds to {add_article(found.label)}", 34))
    axes.grid(alpha=0.3)
    below.set_xlabel(wrap_name(found.feature.name, 80))
    set_title(figure, f"What {found.feature.name} adds, against {found.against}")
    return figure


def _draw_points(found: Shape) -> "Figure":
    names = [wrap_name(found.feature.categories[int(i)]) for i in found.x.tolist()]
    if found.counts is not None:
        names = [
            f"{n}\n({int(count):,} rows)" for n, count in zip(names, found.counts, strict=True)
        ]
    figure = new_figure(1.6 + measure_rows(names))
    axes = figure.subplots()
    label_rows(axes, names)
    axes.axvline(0, color=GREY, linewidth=0.8)
    colours = [UP if value >= 0 else DOWN for value in found.y.tolist()]
    axes.barh(range(len(names)), found.y, color=colours, height=0.7)
    axes.set_xlabel(f"adds to {add_article(found.label)}")
    set_title(figure, f"What {found.feature.name} adds, against {found.against}")

    return figure


def draw_pair(found: PairMap) -> "Figure":
    """A heat map, with rows as dots and a line where each line begins."""
    figure = new_figure(5.0)
    axes = figure.subplots()
    most = max(float(np.abs(found.values).max(initial=0.0)), 1e-12)
    shown = axes.pcolormesh(
        _find_edges(found.x), _find_edges(found.y), found.values, cmap=DIVERGING, vmin=-most,
        vmax=most, rasterized=True,
    )  # fmt: skip
    for line in found.bounds:
        _draw_bound(axes, found, line.a, line.b, line.bound)
    if len(found.rows):
        x, y = (
            place_values(found.rows[:, i], feature, i) for i, feature in enumerate(found.features)
        )
        axes.plot(x, y, ".", color="black", markersize=2, alpha=0.4)
    axes.set_xlim(*_find_edges(found.x)[[0, -1]])
    axes.set_ylim(*_find_edges(found.y)[[0, -1]])
    label_ticks(axes, found.features)
    one, other = (feature.name for feature in found.features)
    axes.set_xlabel(wrap_name(one, 60))
    axes.set_ylabel(wrap_name(other, 40))
    figure.colorbar(shown, ax=axes, label=wrap_name(f"adds to {add_article(found.label)}", 44))
    set_title(figure, f"What {one} and {other} add together, beyond either")

    return figure


def _find_edges(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(k + 1,) between values, and half a step beyond the outer ones."""
    step = np.diff(values) if len(values) > 1 else np.ones(1)
    inner = (values[1:] + values[:-1]) / 2
    return np.concatenate([[values[0] - step[0] / 2], inner, [values[-1] + step[-1] / 2]])


def _draw_bound(axes: Any, found: PairMap, a: float, b: float, bound: float) -> None:
    ends = np.array([found.x[0], found.x[-1]])
    if b:
        axes.plot(ends, (bound - a * ends) / b, color="black", linewidth=0.8)
    else:
        axes.axvline(bound / a, color="black", linewidth=0.8)
