"""The front as a drawing: what a budget of rules costs."""

import io
from typing import TYPE_CHECKING, Any

from relurules.errors import UnsupportedError

if TYPE_CHECKING:
    import pandas as pd

#: Colours that colour-blind readers tell apart (M. Okabe and K. Ito, 2008), and markers for print.
_KINDS = (
    ({"sparse": False, "parallel": False}, "#0072B2", "o", "all terms"),
    ({"sparse": True, "parallel": False}, "#D55E00", "s", "few terms"),
    ({"parallel": True}, "#009E73", "^", "parallel"),
)


def draw_front(front: "pd.DataFrame", chosen: int, measure: str) -> str:
    """The front as SVG text: validation score over rules, the chosen network ringed; the same text
    for the same front.

    Raises UnsupportedError where matplotlib isn't installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
        from matplotlib.ticker import NullFormatter, StrMethodFormatter
    except ImportError as error:
        raise UnsupportedError(
            "a figure needs matplotlib: pip install 'relurules[plot]'"
        ) from error

    with mpl.rc_context({"svg.hashsalt": "relurules", "svg.fonttype": "none", "font.size": 11}):
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.subplots()
        _draw_points(axes, front, chosen)
        axes.set(xscale="log", xlabel="rules", ylabel=f"{measure} on validation rows")
        axes.set_xlim(0.8, 1.25 * max(1, front["rules"].max()))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})

    return out.getvalue()


def _draw_points(axes: Any, front: "pd.DataFrame", chosen: int) -> None:
    for kind, colour, marker, label in _KINDS:
        part = front[(front[list(kind)] == list(kind.values())).all(axis=1)]
        if len(part):
            axes.plot(part["rules"], part["validation"], color=colour, marker=marker, label=label)

    row = front.iloc[chosen]
    label = (
        f"chosen: {row['rules']} rule{'' if row['rules'] == 1 else 's'}, {row['validation']:.4f}"
    )
    ring = {"markersize": 14, "fillstyle": "none", "color": "black"}
    axes.plot(row["rules"], row["validation"], "o", label=label, **ring)
