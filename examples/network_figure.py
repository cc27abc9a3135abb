"""Draw a PReLU network layer by layer, next to the same network with only its nonlinear neurons
left.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from torch import nn

from relurules.ir import Network
from relurules.networks.activations import is_linear

POSITIVE, NEGATIVE = "#c1272d", "#1f6fb4"  # edges
NONLINEAR, LINEAR, PLAIN = "#d9482b", "#1b9e77", "#ffffff"  # nodes
OUTLINE = "#333333"
SMALLEST = 0.005  # a weight below it is neither drawn nor printed
Array = NDArray[np.float64]


class Node(NamedTuple):
    """A circle (a square when it is a nonlinear PReLU) at x (column) and y, with a label in it."""

    x: float
    y: float
    label: str
    colour: str


Edge = tuple[Node, Node, float]


def draw_pair(
    model: nn.Sequential,
    collapsed: Network,
    inputs: Sequence[str],
    outputs: Sequence[str],
    stem: Path,
) -> list[Path]:
    """Draw `model` (Linear and PReLU modules in turn) and its `collapsed` form; return the SVG and
    the PNG written.
    """
    figure = Figure(figsize=(13.0, 7.6), layout="constrained")
    grid = figure.add_gridspec(2, 20, height_ratios=(5, 1.15))
    left, right = figure.add_subplot(grid[0, :12]), figure.add_subplot(grid[0, 12:])
    key, text = figure.add_subplot(grid[1, :5]), figure.add_subplot(grid[1, 5:])
    nodes, edges = full_network(model, inputs, outputs)
    prelus = sum(node.colour in (LINEAR, NONLINEAR) for node in nodes)
    nonlinear = sum(node.colour == NONLINEAR for node in nodes)
    _draw(left, nodes, edges, f"Trained: {prelus} PReLUs, {nonlinear} of them nonlinear")
    names = [f"{neuron.layer}.{neuron.unit}" for neuron in collapsed.neurons]
    nodes, edges = collapsed_network(collapsed, names, inputs, outputs)
    _draw(right, nodes, edges, "Collapsed: only the nonlinear neurons are left")
    _legend(key)
    text.axis("off")
    lines = "\n".join(equations(collapsed, names, inputs, outputs))
    written = text.text(
        0.0, 1.0, lines, family="monospace", fontsize=8.5, va="top", linespacing=1.5
    )
    written.set_in_layout(False)
    paths = [stem.with_suffix(suffix) for suffix in (".svg", ".png")]
    with mpl.rc_context({"svg.hashsalt": "relurules"}):
        figure.savefig(paths[0], metadata={"Date": None})
        figure.savefig(paths[1], dpi=150)
    return paths


def full_network(
    model: nn.Sequential, inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[list[Node], list[Edge]]:
    """Return the nodes and edges of `model`: inputs, one column for each hidden layer, outputs."""
    columns = [_column(0, inputs)]
    for name, module in model.named_children():
        if isinstance(module, nn.PReLU):
            colours = [
                LINEAR if is_linear(slope) else NONLINEAR for slope in module.weight.tolist()
            ]
            columns.append(
                _column(len(columns), [f"{name}.{i}" for i in range(len(colours))], colours)
            )
    columns.append(_column(len(columns), outputs))
    weights = [
        module.weight.detach().double().numpy() for module in model if isinstance(module, nn.Linear)
    ]
    edges = [
        edge
        for source, target, weight in zip(columns, columns[1:], weights, strict=False)
        for edge in _edges(source, target, weight)
    ]
    return [node for column in columns for node in column], edges


def collapsed_network(
    collapsed: Network, names: Sequence[str], inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[list[Node], list[Edge]]:
    """Return nodes and edges; the neurons stand above and below the edges that go straight to the
    outputs.
    """
    top = max(len(inputs), len(outputs)) / 2 + 0.4
    neurons = [
        Node(i, top if i % 2 else -top, name, NONLINEAR) for i, name in enumerate(names, start=1)
    ]
    first, last = _column(0, inputs), _column(len(names) + 1, outputs)
    edges = [*_edges(first, neurons, collapsed.A), *_edges(neurons, neurons, collapsed.L)]
    edges += [*_edges(first, last, collapsed.C), *_edges(neurons, last, collapsed.U)]
    return [*first, *neurons, *last], edges


def equations(
    collapsed: Network, names: Sequence[str], inputs: Sequence[str], outputs: Sequence[str]
) -> list[str]:
    """Return the collapsed network as one line of text for each neuron and each output."""
    values = [*inputs, *(f"φ(z{name})" for name in names)]
    lines = []
    for i, name in enumerate(names):
        z = _sum([*collapsed.A[i], *collapsed.L[i]], values, collapsed.b[i])
        lines.append(f"z{name} = {z}   (slope {collapsed.slope[i]:.2f})")
    for i, name in enumerate(outputs):
        lines.append(f"{name} = {_sum([*collapsed.C[i], *collapsed.U[i]], values, collapsed.c[i])}")
    return lines


def _sum(weights: Sequence[float], values: Sequence[str], constant: float) -> str:
    terms = [
        (weight, f" {value}")
        for weight, value in zip(weights, values, strict=True)
        if abs(weight) >= SMALLEST
    ]
    text = " ".join(
        f"{'-' if w < 0 else '+'} {abs(w):.2f}{value}" for w, value in [*terms, (constant, "")]
    )
    return text.removeprefix("+ ") if text.startswith("+") else "-" + text.removeprefix("- ")


def _column(x: int, labels: Sequence[str], colours: Sequence[str] | None = None) -> list[Node]:
    """Return nodes one above the other, centred on y = 0, the first on top."""
    top = (len(labels) - 1) / 2
    colours = colours or [PLAIN] * len(labels)
    return [
        Node(x, top - i, label, colour)
        for i, (label, colour) in enumerate(zip(labels, colours, strict=True))
    ]


def _edges(sources: Sequence[Node], targets: Sequence[Node], weights: Array) -> Iterable[Edge]:
    """Yield the edges of a weight matrix (targets, sources), without those too small to see."""
    for (i, j), weight in np.ndenumerate(weights):
        if abs(weight) >= SMALLEST:
            yield sources[j], targets[i], float(weight)


def _draw(axes: Axes, nodes: Sequence[Node], edges: Sequence[Edge], title: str) -> None:
    largest = max(abs(weight) for _, _, weight in edges)
    for source, target, weight in sorted(edges, key=lambda edge: abs(edge[2])):
        size = abs(weight) / largest
        axes.plot(
            [source.x, target.x],
            [source.y, target.y],
            color=POSITIVE if weight > 0 else NEGATIVE,
            linewidth=0.3 + 4.2 * size,
            alpha=0.35 + 0.55 * size,
            solid_capstyle="butt",
            zorder=1,
        )
    for node in nodes:
        marker = "s" if node.colour == NONLINEAR else "o"
        axes.plot(
            node.x,
            node.y,
            marker,
            markersize=25,
            color=node.colour,
            markeredgecolor=OUTLINE,
            zorder=2,
        )
        colour = "black" if node.colour == PLAIN else "white"
        axes.text(
            node.x,
            node.y,
            node.label,
            ha="center",
            va="center",
            fontsize=8.5,
            color=colour,
            zorder=3,
        )
    axes.set_title(f"{title}\nthickest edge: weight of size {largest:.2f}", fontsize=11)
    axes.margins(0.09, 0.1)
    axes.axis("off")


def _legend(axes: Axes) -> None:
    def node(marker: str, colour: str, label: str) -> Line2D:
        return Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markersize=12,
            color=colour,
            markeredgecolor=OUTLINE,
            label=label,
        )

    handles = [
        node("o", PLAIN, "input or output"),
        node("o", LINEAR, "linear PReLU: layer.neuron"),
        node("s", NONLINEAR, "nonlinear PReLU: layer.neuron"),
        Line2D([], [], color=POSITIVE, linewidth=3, label="positive weight (width: size)"),
        Line2D([], [], color=NEGATIVE, linewidth=3, label="negative weight (width: size)"),
    ]
    axes.legend(handles=handles, loc="upper left", frameon=False, fontsize=9.5)
    axes.axis("off")
