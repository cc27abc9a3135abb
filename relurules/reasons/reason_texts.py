"""The lender's own words for reasons, from a file or a mapping, and what is asked of reasons."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from pathlib import Path
from typing import Any

from relurules.domain import Domain
from relurules.errors import DataError, InputError
from relurules.ir import RuleSet
from relurules.ir.rule import Rule
from relurules.reasons.contributions import ContributionTable, ExplainedColumn
from relurules.reasons.part_contributions import ExplainedPart, PartContributionTable
from relurules.reasons.ranking import SIGNS
from relurules.tables.names import find_text_flaw, quote_name
from relurules.wording.numbers import DIGITS, format_number

#: Sides of the reference, in the order of codes: the value is below it, or it isn't.
SIDES = ("low", "high")
#: What a text may hold, to be replaced.
_THRESHOLD = "{threshold}"
#: What a column's table may hold.
_KEYS = (*SIDES, "text")
#: More reasons than this are of no help to anybody; see Regulation B, comment 9(b)(2)-1.
MOST_REASONS = 4


@dataclass(frozen=True, kw_only=True)
class ReasonOptions:
    """What reasons are to be.

    direction: the adverse one of the score, "higher" or "lower"; count: how many at most; texts:
    column -> "low", "high" or "text" -> words.
    """

    direction: str = "higher"
    count: int = MOST_REASONS
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, ...]:
        """All texts."""
        return tuple(text for own in self.texts.values() for text in own.values())


def make_reason_options(
    direction: str = "higher", count: int = MOST_REASONS, texts: Any = None
) -> ReasonOptions:
    """texts: a mapping, or the path of a TOML file; None for the columns' names.

    InputError for a direction or number that there is none of, DataError for texts that can't be
    read.
    """
    if direction not in SIGNS:
        raise InputError(
            f"direction={direction!r}: which scores are adverse; supported: {', '.join(SIGNS)}"
        )
    if count < 1:
        raise InputError(f"top={count!r}: how many reasons are given; expected at least 1")

    return ReasonOptions(direction=direction, count=count, texts=read_reason_texts(texts))


def read_reason_texts(source: Any) -> dict[str, dict[str, str]]:
    """Column -> side -> words; DataError naming the place that is none."""
    if source is None:
        return {}
    where = "reasons" if isinstance(source, Mapping) else str(source)
    found = source if isinstance(source, Mapping) else _read_toml(Path(source))
    return {str(column): _read_column(own, f"{where}: [{column}]") for column, own in found.items()}


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: can't be read as TOML: {error}") from error


def _read_column(own: Any, where: str) -> dict[str, str]:
    if not isinstance(own, Mapping):
        raise DataError(f'{where}: expected {", ".join(_KEYS)} = "words", found {own!r}')

    for key, text in own.items():
        if key not in _KEYS:
            raise DataError(f"{where}: unknown key {key!r}; supported: {', '.join(_KEYS)}")
        if not isinstance(text, str) or not text.strip():
            raise DataError(f"{where}: {key} must be a text that isn't empty, found {text!r}")
        if flaw := find_text_flaw(text):
            raise DataError(f"{where}: {key}, {quote_name(text)}, holds {flaw}")
        rest = text.replace(_THRESHOLD, "")
        if "{" in rest or "}" in rest:
            raise DataError(
                f"{where}: {key} holds braces, {quote_name(text)}; only {_THRESHOLD} may be there"
            )

    return dict(own)


def check_reason_columns(
    domain: Domain, options: ReasonOptions, sets: Collection[str] = ()
) -> None:
    """DataError where texts are of a column that the rules don't have, or can't be of this one.

    sets: names of pairs and larger sets of columns, which have a text of their own.
    """
    columns = {column.name: column for column in domain.columns}
    for name, own in options.texts.items():
        if name not in columns and name not in sets:
            listed = [*columns, *sets]
            raise DataError(
                f"reasons: no column {name!r}; there are {', '.join(map(repr, listed[:12]))}"
            )

        sided = any(side in own for side in SIDES) or _THRESHOLD in own.get("text", "")
        if sided and (name not in columns or columns[name].categories):
            what = (
                f"column {name!r} holds categories, which are"
                if name in columns
                else f"{name!r} are several columns, which together are"
            )
            raise DataError(
                f"reasons: {what} neither low nor high and have no threshold; give its words as "
                "text = ..."
            )


@dataclass(frozen=True, kw_only=True)
class ReasonPhrases:
    """texts: all that are said; codes: (R or 1, n, 2) index of the text, by rule (where they differ
    between rules), column and side.
    """

    texts: tuple[str, ...]
    codes: tuple[tuple[tuple[int, int], ...], ...]

    def phrase(self, rule: int, column: int, side: int) -> str:
        """What is said of a column. rule: from 1; side: of `SIDES`."""
        return self.texts[self.codes[rule - 1 if self.by_rule else 0][column][side]]

    @property
    def by_rule(self) -> bool:
        """Whether rules differ in what is said."""
        return len(self.codes) > 1


def plan_phrases(rules: RuleSet, table: ContributionTable, options: ReasonOptions) -> ReasonPhrases:
    """The words for every rule, column and side."""
    check_reason_columns(rules.domain, options)
    threshold = any(_THRESHOLD in text for text in options.words)
    listed: list[Rule | None] = list(rules) if threshold else [None]
    places = dict[str, int]()
    codes = [
        tuple(_phrase_sides(rule, column, options, places) for column in table.columns)
        for rule in listed
    ]
    codes = codes[:1] if len(set(codes)) == 1 else codes
    return ReasonPhrases(texts=tuple(places), codes=tuple(codes))


def plan_part_phrases(table: PartContributionTable, options: ReasonOptions) -> ReasonPhrases:
    """The words for every part and side of additive rules, which are the same for all rows.

    A threshold is the reference: what is low lies below it. Several columns together have the text
    of their name, such as `a & b`, else the texts of all, joined likewise.
    """
    sets = [part.name for part in table.parts if len(part.columns) > 1]
    check_reason_columns(table.rules.domain, options, sets)
    places = dict[str, int]()
    codes = []
    for part in table.parts:
        texts = [_phrase_part(part, options, side) for side in SIDES]
        low, high = (places.setdefault(text, len(places)) for text in texts)
        codes.append((low, high))
    return ReasonPhrases(texts=tuple(places), codes=(tuple(codes),))


def _phrase_part(part: ExplainedPart, options: ReasonOptions, side: str) -> str:
    own = options.texts.get(part.name, {})
    if part.has_sides:
        text = own.get(side, own.get("text", part.name))
        return text.replace(_THRESHOLD, _format_outward(part.reference, side))
    if "text" in own or len(part.columns) == 1:
        return own.get("text", part.name)

    texts = [options.texts.get(column, {}).get("text", column) for column in part.columns]
    plain = [
        column if _THRESHOLD in text else text
        for column, text in zip(part.columns, texts, strict=True)
    ]
    return " & ".join(plain)


def _phrase_sides(
    rule: Rule | None, column: ExplainedColumn, options: ReasonOptions, places: dict[str, int]
) -> tuple[int, int]:
    low, high = (
        places.setdefault(_phrase_side(rule, column, options, side), len(places)) for side in SIDES
    )
    return low, high


def _phrase_side(
    rule: Rule | None, column: ExplainedColumn, options: ReasonOptions, side: str
) -> str:
    own = options.texts.get(column.name, {})
    text = own.get(side, own.get("text", column.name))
    if rule is None or _THRESHOLD not in text:
        return text
    return text.replace(_THRESHOLD, _format_outward(find_threshold(rule, column, side), side))


def find_threshold(rule: Rule, column: ExplainedColumn, side: str) -> float:
    """What a value on this side lies below or above: the nearest bound that the rule's conditions
    on this column alone set there; the reference, where they set none.
    """
    found = []
    for half_space, holds in rule.conditions:
        factor = float(half_space.normal[column.at])
        others = [i for i in half_space.normal.nonzero()[0].tolist() if i != column.at]
        if factor and not others and (holds == (factor > 0)) == (side == "high"):
            found.append(half_space.bound / factor)

    if not found:
        return column.reference
    return min(found) if side == "low" else max(found)


def _format_outward(value: float, side: str) -> str:
    """At most six digits, rounded so that "below" and "above" stay true.

    What is off in the twelfth digit came of a division, and isn't rounded up to another number.
    """
    way = ROUND_CEILING if side == "low" else ROUND_FLOOR
    rounded = Context(prec=DIGITS, rounding=way).create_decimal(Decimal(f"{value:.12g}"))
    return format_number(float(rounded))
