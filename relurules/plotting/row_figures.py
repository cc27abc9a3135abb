"""Figures of rows and regions: profiles, pairs of columns, planes through the domain, fewer local
models.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.explaining.flattening import ModelCountScores
from relurules.explaining.plain_text import add_article
from relurules.explaining.profiles import PairEffect, Profiles
from relurules.explaining.score_view import Feature
from relurules.explaining.slices import Slice, SlicePart
from relurules.ir.network import Array
from relurules.plotting.coefficient_figures import (
    MAX_COLOURED,
    choose_style,
    draw_model_key,
    set_title,
)
from relurules.plotting.style import (
    COLOURS,
    DIVERGING,
    DOWN,
    GREY,
    SHADES,
    UP,
    draw_legend,
    draw_note,
    measure_note,
    measure_rows,
    new_figure,
    wrap_name,
    wrap_names,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_profiles(found: Profiles) -> "Figure":
    """A number: a line per local model over its rows' values, and their histogram; else a dot per
    category.
    """
    if found.feature.categories:
        return _draw_categories(found)

    figure = new_figure(4.8)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[5, 1])
    axes.axhline(0, color=GREY, linewidth=0.8)

    for i, model in enumerate(found.models):
        axes.plot(
            model.x, model.y, zorder=2 - i / len(found.models), **_choose_profile_style(found, i)
        )

    axes.set_ylabel(wrap_name(f"term in {add_article(found.label)}, minus its mean", 34))
    below.hist(found.values, bins=40, color=COLOURS[5])
    below.set_ylabel("rows")
    below.set_xlabel(wrap_name(found.feature.name, 80))
    draw_model_key(figure, [axes, below], _count_rows(found))
    set_title(figure, f"Profiles of {found.feature.name} in {_name_models(found)}")

    return figure


def _draw_categories(found: Profiles) -> "Figure":
    names = [wrap_name(name) for name in found.feature.categories]
    figure = new_figure(2.2 + measure_rows(names))
    axes = figure.subplots()
    axes.axvline(0, color=GREY, linewidth=0.8)

    for i, model in enumerate(found.models):
        axes.plot(
            model.y,
            model.x,
            zorder=2 - i / len(found.models),
            **{**_choose_profile_style(found, i), "marker": "o"},
        )

    rows = np.bincount(found.values.astype(np.intp), minlength=len(names))
    axes.set_yticks(
        range(len(names)), [f"{n}\n({count:,} rows)" for n, count in zip(names, rows, strict=True)]
    )
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(f"term in {add_article(found.label)}, minus its mean")
    draw_model_key(figure, axes, _count_rows(found))
    set_title(figure, f"Profiles of {found.feature.name} in {_name_models(found)}")

    return figure


def draw_pairwise(found: PairEffect, features: tuple[Feature, Feature]) -> "Figure":
    """Rows in the plane of two columns, shaded by what both do together."""
    figure = new_figure(5.0)
    axes = figure.subplots()
    most = max(float(np.abs(found.effect).max(initial=0.0)), 1e-12)
    x, y = place_values(found.x, features[0], 0), place_values(found.y, features[1], 1)
    order = np.argsort(np.abs(found.effect), kind="stable")
    shown = axes.scatter(
        x[order], y[order], c=found.effect[order], cmap=DIVERGING, vmin=-most, vmax=most, s=14,
        edgecolors="#333333", linewidths=0.2,
    )  # fmt: skip
    label_ticks(axes, features)
    axes.set_xlabel(wrap_name(found.names[0], 60))
    axes.set_ylabel(wrap_name(found.names[1], 40))
    figure.colorbar(
        shown,
        ax=axes,
        label=wrap_name(f"terms of both in {add_article(found.label)}, minus their mean", 44),
    )
    set_title(figure, f"{found.names[0]} and {found.names[1]} together")

    return figure


def draw_slice(found: Slice) -> "Figure":
    """The parts of a plane in colours by rule, or, where they are many, shaded by the score;
    numbers are the rules'.
    """
    from matplotlib.patches import Patch

    rules = sorted({piece.model for piece in found.pieces})
    few, said = len(rules) <= MAX_COLOURED, wrap_names("Other columns: ", found.others)
    figure = new_figure(5.0 + measure_note(said))
    axes = figure.subplots()
    shades = _shade_by_value(found)

    for piece in found.pieces:
        colour = COLOURS[rules.index(piece.model)] if few else shades.to_rgba(piece.value)
        axes.fill(
            *piece.corners.T,
            facecolor=colour,
            edgecolor="black" if few else "#808080",
            linewidth=0.9,
            alpha=0.55 if few else 1.0,
        )
        if piece.share > 0.004 and piece.model:
            _number_part(axes, piece)

    axes.set_xlim(*found.box[0])
    axes.set_ylim(*found.box[1])
    axes.set_xlabel(wrap_name(found.names[0], 60))
    axes.set_ylabel(wrap_name(found.names[1], 40))
    if found.marked:
        axes.plot(*found.point, "x", color="black", markersize=9, markeredgewidth=2)
    if few:
        look: Any = {"edgecolor": "black", "alpha": 0.55}
        keys = [
            Patch(facecolor=COLOURS[i], label=f"{found.kind} {rule}" if rule else "no rows", **look)
            for i, rule in enumerate(rules)
        ]
        draw_legend(figure, said, handles=keys, ncols=min(len(keys), 4))
    else:
        draw_note(figure, said)
        figure.colorbar(
            shades, ax=axes, label=wrap_name(f"{found.label}, in the middle of each part", 44)
        )

    set_title(
        figure, f"{found.kind.capitalize()}s in the plane of {found.names[0]} and {found.names[1]}"
    )
    return figure


def draw_model_counts(found: ModelCountScores) -> "Figure":
    """The score over the number of models, beside that of all of them."""
    figure = new_figure(4.2)
    axes = figure.subplots()
    axes.axhline(
        found.network,
        color=GREY,
        linestyle="--",
        label=f"the network itself: {found.models:,} {found.kind}s",
    )
    axes.plot(found.counts, found.merged, "o-", color=UP, label="merged and refitted")
    axes.plot(
        found.counts, found.flattened, "s-.", color=DOWN, label="flattened to one hidden layer"
    )
    axes.set_xscale("log", base=2)
    axes.set_xticks(found.counts, [f"{count}" for count in found.counts])
    axes.minorticks_off()
    axes.set_xlabel(f"{found.kind}s after merging")
    axes.set_ylabel(f"{found.measure} on {found.held:,} rows held back")
    axes.grid(alpha=0.3)
    draw_legend(figure)
    set_title(figure, f"What fewer {found.kind}s cost")

    return figure


def _choose_profile_style(found: Profiles, i: int) -> dict[str, Any]:
    return choose_style([model.label for model in found.models], _count_rows(found), i)


def _count_rows(found: Profiles) -> list[int]:
    return [model.rows for model in found.models]


def _name_models(found: Profiles) -> str:
    kind = found.models[0].label.rsplit(" ", 1)[0] if found.models else "local model"
    if len(found.models) > MAX_COLOURED:
        return f"the {len(found.models)} {kind}s with the most rows"
    return f"{len(found.models)} {kind}{'s' * (len(found.models) != 1)}"


def place_values(values: Array, feature: Feature, seed: int) -> Array:
    """Categories beside one another, so that rows don't hide each other; always the same."""
    if not feature.categories:
        return values
    return values + np.random.default_rng(seed).uniform(-0.3, 0.3, len(values))


def label_ticks(axes: Any, features: tuple[Feature, Feature]) -> None:
    """The names of categories along their axis."""
    for feature, axis, width in zip(features, (axes.xaxis, axes.yaxis), (12, 20), strict=True):
        if feature.categories:
            axis.set_ticks(
                range(len(feature.categories)),
                [wrap_name(name, width) for name in feature.categories],
            )
            axis.axes.set(**{f"{axis.axis_name}lim": (-0.5, len(feature.categories) - 0.5)})


def _shade_by_value(found: Slice) -> Any:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    values = [piece.value for piece in found.pieces]
    return ScalarMappable(Normalize(min(values), max(values)), SHADES)


def _number_part(axes: Any, piece: SlicePart) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.2}
    axes.text(*piece.middle, f"{piece.model}", ha="center", va="center", fontsize=9, bbox=box)
