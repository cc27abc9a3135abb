"""A Scorecard as a document of its own, and the one function that writes it in every format."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from relurules.documents.document import Block, Bullets, Document, Facts, Paragraph, Section, Table
from relurules.documents.formats import PRINTERS
from relurules.errors import UnsupportedError
from relurules.files.version import VERSION
from relurules.ir import Artifact
from relurules.scorecards import Scorecard
from relurules.scorecards.card import PointChoices, PointCurve, PointPart
from relurules.scorecards.text import (
    describe_rounding,
    describe_scale,
    describe_sum,
    format_signed,
    list_lines,
    list_ranges,
    print_card,
)
from relurules.tables.spreadsheet_text import format_guarded_csv
from relurules.wording import phrases as p
from relurules.wording.numbers import format_number
from relurules.wording.phrases import Phrase


class CardFormat(NamedTuple):
    """A format of scorecards: the name of its file, and what prints a card with its title."""

    file: str
    print: Callable[[Scorecard, str | None], str]


def build_scorecard_section(card: Scorecard) -> Section:
    """The card: what points mean, the start, a table for every column and pair, what rounding
    changes.
    """
    start = p.join_tight(p.number(format_number(card.start)), p.text("points"))
    blocks: list[Block] = [
        Bullets(tuple(p.text(told) for told in describe_scale(card))),
        Facts((("Start", start),)),
        *(_tabulate_part(part) for part in card.parts),
        *(Paragraph(p.text(told)) for told in describe_sum(card)),
        Bullets(tuple(p.text(told) for told in describe_rounding(card))),
    ]

    return Section("scorecard", "Scorecard", tuple(blocks))


def _tabulate_part(part: PointPart) -> Table:
    if isinstance(part, PointCurve):
        return Table(
            part.name,
            ("Value", "Points", "to", "For every unit"),
            tuple(
                (p.number(where), *map(_phrase_number, cells))
                for where, *cells in list_ranges(part)
            ),
            (False, True, True, True),
        )
    if isinstance(part, PointChoices):
        return Table(
            part.name,
            ("Category", "Points"),
            tuple(
                (p.value(name), _phrase_number(format_signed(points)))
                for name, points in zip(part.categories, part.points.tolist(), strict=True)
            ),
            (False, True),
        )

    return Table(
        part.name,
        ("What is counted", "Points for every unit"),
        tuple((p.text(text), _phrase_number(points)) for text, points in list_lines(part)),
        (False, True),
    )


def _phrase_number(shown: str) -> Phrase:
    return p.number(shown) if shown else p.text("")


def _build_document(card: Scorecard, title: str | None) -> Document:
    about = (p.text(f"The {card.label}, as points that are added up"),)
    heading = title or f"Scorecard: {card.favourable_label} or {card.adverse_label}"
    return Document(heading, about, (build_scorecard_section(card),), f"relurules {VERSION}")


def _print_json(card: Scorecard, title: str | None) -> str:
    del title  # for people
    return json.dumps(card.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _print_csv(card: Scorecard, title: str | None) -> str:
    del title  # for people
    return format_guarded_csv(card.to_frame())


def _print_text(card: Scorecard, title: str | None) -> str:
    text = print_card(card)
    return text if title is None else f"{' '.join(title.split())}\n\n{text}"


#: Format -> what writes it.
CARD_FORMATS: Mapping[str, CardFormat] = {
    "text": CardFormat("scorecard.txt", _print_text),
    "markdown": CardFormat(
        "scorecard.md",
        lambda card, title: PRINTERS["markdown"].print(_build_document(card, title)),
    ),
    "html": CardFormat(
        "scorecard.html", lambda card, title: PRINTERS["html"].print(_build_document(card, title))
    ),
    "latex": CardFormat(
        "scorecard.tex", lambda card, title: PRINTERS["latex"].print(_build_document(card, title))
    ),
    "csv": CardFormat("scorecard.csv", _print_csv),
    "json": CardFormat("scorecard.json", _print_json),
}


def emit_scorecard(card: Scorecard, target: str, title: str | None = None) -> Artifact:
    """The card in a format; UnsupportedError for one that there is none of."""
    if target not in CARD_FORMATS:
        raise UnsupportedError(
            f"a scorecard can't be written as {target!r}; supported: {', '.join(CARD_FORMATS)}; "
            "code of additive rules has its points as the column points"
        )
    found = CARD_FORMATS[target]

    return Artifact(
        target,
        "scorecard",
        card.domain,
        (card.label,),
        {found.file: found.print(card, title)},
        card.score_error + card.score_rounding,
    )
