"""The sections on what has moved, weak places and noise."""

from collections.abc import Sequence

from relurules.documents.document import Block, LinePlot, Paragraph, Section, Table
from relurules.documents.validation_cells import phrase_share, phrase_value
from relurules.statistics.population_stability import LARGE_MOVE, SOME_MOVE, name_move
from relurules.validation import ValidationReport
from relurules.validation.report import BandShare, Movement
from relurules.wording import phrases as p
from relurules.wording.numbers import format_percent

#: Rows of a table of movements: of many periods, the largest alone.
_MOST = 40
#: Parts that have a column each.
_PARTS = 4


def build_movement(report: ValidationReport, plots: Sequence[LinePlot]) -> Section | None:
    """How far the score, columns and lines have moved."""
    if not report.movements:
        return None
    blocks: list[Block] = [
        Paragraph(p.text(explain_psi(report.movements[0].base))),
        *plots,
        tabulate_movements(report.movements),
    ]
    blocks += tabulate_moved_bands(report.movements, report.shares)

    return Section("movement", "What has moved", tuple(blocks))


def explain_psi(base: str) -> str:
    """What the index is, and what is customary."""
    return (
        "The population stability index (PSI) compares how rows are spread over the same bands: "
        "the sum of (share now \u2212 share then) times the logarithm of their ratio. Bands of "
        f"numbers are tenths of the {base} rows; a band without rows counts as half a row. It is "
        f"customary to look closer from {SOME_MOVE:g} on, and to act from {LARGE_MOVE:g} on."
    )


def tabulate_movements(movements: Sequence[Movement]) -> Table:
    """The indices, a row for each thing and a column for each part, the largest first; of many
    parts, such as months, a row for each index.
    """
    parts = list(dict.fromkeys(one.part for one in movements))
    if len(parts) > _PARTS:
        return _list_movements(movements)
    found: dict[tuple[str, str], dict[str, float]] = {}
    for one in movements:
        found.setdefault((one.kind, one.name), {})[one.part] = one.psi
    largest = {key: max(values.values()) for key, values in found.items()}
    ordered = sorted(found, key=lambda key: (key[0] != "score", -largest[key]))
    rows = tuple(
        (
            p.text(key[0]),
            p.name(key[1]),
            *(p.number(f"{found[key][part]:.4f}") for part in parts),
            p.text(name_move(largest[key])),
        )
        for key in ordered[:_MOST]
    )
    header = ("What", "Name", *(f"PSI, {part} rows" for part in parts), "Verdict")
    more = f"; the largest {_MOST} of {len(ordered)}" if len(ordered) > _MOST else ""

    return Table(
        f"How far from the {movements[0].base} rows{more}",
        header, rows, (False, False, *[True] * len(parts), False),
    )  # fmt: skip


def _list_movements(movements: Sequence[Movement]) -> Table:
    ordered = sorted(movements, key=lambda one: (one.kind != "score", -one.psi))
    rows = tuple(
        (
            p.text(one.kind),
            p.name(one.name),
            p.text(one.part),
            p.number(f"{one.psi:.4f}"),
            p.text(name_move(one.psi)),
        )
        for one in ordered[:_MOST]
    )
    more = f"; the largest {_MOST} of {len(ordered)}" if len(ordered) > _MOST else ""

    return Table(
        f"How far from the {movements[0].base} rows{more}",
        ("What", "Name", "Rows", "PSI", "Verdict"), rows, (False, False, False, True, False),
    )  # fmt: skip


def tabulate_moved_bands(movements: Sequence[Movement], shares: Sequence[BandShare]) -> list[Block]:
    """The bands of what has moved at least a little; five tables at most."""
    moved = sorted((one for one in movements if one.psi >= SOME_MOVE), key=lambda one: -one.psi)
    found: list[Block] = []
    for move in moved[:5]:
        rows = tuple(
            (p.text(one.band), phrase_share(one.base_share), phrase_share(one.share))
            for one in shares
            if (one.kind, one.name, one.part) == (move.kind, move.name, move.part)
        )
        found.append(
            Table(
                f"{move.name}: where the rows went",
                ("Band", f"{move.base} rows", f"{move.part} rows"), rows, (False, True, True),
            )
        )  # fmt: skip

    return found


def build_weak_places(report: ValidationReport) -> Section | None:
    """Ranges of columns where the loss is the largest."""
    if not report.weak_places:
        return None
    binary = report.task == "binary"
    write = phrase_share if binary else phrase_value
    told = any(one.prediction is not None for one in report.weak_places)
    rows = tuple(
        (
            p.name(one.column), p.text(one.place), p.number(f"{one.rows:,}"),
            phrase_value(one.loss, 3), phrase_value(one.overall, 3),
            *([write(one.outcome), write(one.prediction)] if told else []),
        )
        for one in report.weak_places
    )  # fmt: skip
    said = (
        f"For every column, the range of at least {report.settings.get('least rows')} rows whose "
        f"mean {report.loss} is most surely above that of all other rows, three standard errors "
        "at least: of the many ranges that are looked at, some are two apart by chance. "
    )
    if binary:
        said += (
            "Log loss is large wherever outcomes are hard to foretell; where what came and what "
            "was predicted differ too, the rules are wrong there."
        )
    header = ["Column", "Range", "Rows", "Loss there", "Loss overall"]
    header += ["Came", "Predicted"] if told else []
    table = Table(
        f"Weak places, {report.weak_places[0].part} rows", tuple(header), rows,
        (False, False, *[True] * (len(header) - 2)),
    )  # fmt: skip

    return Section("weak", "Weak places", (Paragraph(p.text(said)), table))


def build_noise(report: ValidationReport) -> Section | None:
    """What noise on inputs changes."""
    if not report.noise:
        return None
    metric = report.noise[0].metric
    header = ["Noise on", "Share of spread", "Score moves, on average", "At most"]
    header += ["Class changes"] if report.noise[0].class_changes is not None else []
    header += [f"{metric} before", f"{metric} after"] if metric else []
    rows = []
    for one in report.noise:
        cells = [
            p.name(one.columns), p.number(format_percent(one.size)),
            phrase_value(one.mean_change, 3), phrase_value(one.largest_change, 3),
        ]  # fmt: skip
        if one.class_changes is not None:
            cells.append(phrase_share(one.class_changes))
        if metric:
            cells += [phrase_value(one.before), phrase_value(one.after)]
        rows.append(tuple(cells))
    said = (
        f"Normal noise on columns of numbers of the {report.noise[0].part} rows, by a seed; its "
        "size is a share of the column's standard deviation. Numbers stay within the domain, and "
        "whole numbers whole: these are rounded up or down by chance, so that little noise moves "
        "few of them, by one."
    )
    table = Table(
        "What noise changes", tuple(header), tuple(rows), (False, *[True] * (len(header) - 1))
    )

    return Section("noise", "Noise on inputs", (Paragraph(p.text(said)), table))
