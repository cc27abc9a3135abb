"""How figures look, and how they are written: the same bytes for the same data."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relurules.errors import UnsupportedError
from relurules.files.writing import replace_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colours that colour-blind readers tell apart, and line styles for print. M. Okabe and K. Ito,
#: 2008, without yellow.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C510A")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = "os^Dv<>p"
UP, DOWN, GREY = COLOURS[0], COLOURS[1], "#555555"
#: Shades of a number, dark for much, and of one on both sides of 0; colour-blind readers tell them
#: apart, too.
SHADES, DIVERGING = "cividis_r", "PuOr_r"

#: Names are broken into lines of so many characters; a figure is so many inches wide.
_WIDTH, WIDE = 26, 7.0
_FORMATS = (".svg", ".png", ".pdf")
_RC: Any = {
    "svg.hashsalt": "relurules",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "text.parse_math": False,
    "axes.formatter.limits": (-5, 7),
    "axes.formatter.useoffset": False,
}


@contextmanager
def use_style() -> Iterator[None]:
    """Figures made inside look alike. UnsupportedError where matplotlib isn't installed."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise UnsupportedError(
            "a figure needs matplotlib: pip install 'relurules[plot]'"
        ) from error

    # Names may hold letters that the font lacks.
    with (
        mpl.rc_context(_RC),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def new_figure(height: float, width: float = WIDE) -> "Figure":
    """An empty figure, inches, whose parts make room for one another."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def wrap_name(name: str, width: int = _WIDTH) -> str:
    """A name on as many lines as it needs, broken after spaces and marks where it can be; no letter
    is left out.
    """
    lines = [""]
    for part in re.split(r"(?<=[\s_\-./,;:=])", " ".join(name.split())):
        for start in range(0, max(1, len(part)), width):
            piece = part[start : start + width]
            if len(lines[-1]) + len(piece.rstrip()) > width and lines[-1]:
                lines.append("")
            lines[-1] += piece

    return "\n".join(line.rstrip() for line in lines)


def wrap_names(start: str, names: Sequence[str], width: int = 80) -> str:
    """Names after some words, on as many lines as they need; nothing without names."""
    lines = [start]
    for i, name in enumerate(names):
        part = name + (", " if i + 1 < len(names) else "")
        if len(lines[-1]) + len(part.rstrip()) > width and lines[-1].strip():
            lines.append("")
        lines[-1] += part
    return "\n".join(wrap_name(line, width) for line in lines) if names else ""


def draw_legend(figure: "Figure", text: str = "", **options: Any) -> None:
    """The legend below the axes, with some lines above it."""
    figure.legend(
        loc="outside lower left",
        alignment="left",
        title=text or None,
        title_fontsize=9,
        **{"ncols": 2, **options},
    )


def draw_note(figure: "Figure", text: str) -> None:
    """Some lines below everything, where there is no legend."""
    if text:
        figure.supxlabel(text, x=0.01, ha="left", fontsize=9)


def measure_note(text: str) -> float:
    """Inches that a `note` needs."""
    return 0.17 * (1 + text.count("\n")) + 0.1 if text else 0.0


def measure_rows(names: list[str], least: float = 0.34, line: float = 0.19) -> float:
    """Inches that rows with these names (as `wrapped`) need."""
    return sum(max(least, line * (1 + name.count("\n")) + 0.1) for name in names)


def save_figure(figure: "Figure", path: Path) -> None:
    """Write an .svg, .png or .pdf, whole or not at all, without dates.

    UnsupportedError for any other kind.
    """
    if path.suffix.lower() not in _FORMATS:
        raise UnsupportedError(f"{path}: figures are written as {', '.join(_FORMATS)}")

    kind = path.suffix.lower()[1:]
    nothing: dict[str, Any] = {
        "svg": {"Date": None, "Creator": None},
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }[kind]

    with use_style(), replace_atomically(path) as temporary:
        figure.savefig(temporary, format=kind, metadata=nothing, dpi=150)
