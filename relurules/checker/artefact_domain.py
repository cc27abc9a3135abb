"""Artefacts: the domain of rules, and functions on it in a form that is compared."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.forms import MEMBERSHIP_SLACK
from relurules.checker.groups import (
    find_category_groups,
    find_indicator_groups,
    read_constraints,
)
from relurules.checker.json_values import RefusedError, read_number
from relurules.checker.names import name_scores
from relurules.checker.wide_domain import CONSTANT

#: Feature, CONSTANT, or the sorted terms of a form w for max(0, w) -> coefficient. Two forms are
#: the same function just where they are equal, once a domain has reduced them.
ArtefactForm = dict[Any, Fraction]
_CATEGORY_PARTS = {"values", "missing", "other"}
_COLUMN_PARTS = {"name", "categories", "fill", "missing_of"}


def add_artefact_forms(one: ArtefactForm, other: ArtefactForm, weight: Fraction) -> ArtefactForm:
    """One form and a multiple of another; terms of 0 are dropped."""
    found = dict(one)
    for key, value in other.items():
        found[key] = found.get(key, Fraction(0)) + weight * value

    return {key: value for key, value in found.items() if value}


class ArtefactColumn(NamedTuple):
    """What rules read of a column of the table: its name there, its place among the table's columns
    that are read, its first feature; a category's values, whether it stands for missing ones,
    whether for all others. Numbers have no categories; fill: what a missing one counts as.
    tells_gap: whether the categories say no more than whether a number is missing.
    """

    name: str
    place: int
    first: int
    categories: tuple[tuple[tuple[str, ...], bool, bool], ...] = ()
    fill: Fraction | None = None
    tells_gap: bool = False

    def find_category(self, part: int) -> int:
        """The category of missing values (part 1), of other ones (2); -1 where there is none."""
        return next((k for k, own in enumerate(self.categories) if own[part]), -1)


class ArtefactWall(NamedTuple):
    """An inequality form <= limit, whose left side is computed with an error of at most this."""

    form: ArtefactForm
    error: Fraction
    limit: Fraction


class DomainWall(NamedTuple):
    """An inequality of a domain: form <= least in it, form <= most where membership forgives."""

    form: ArtefactForm
    least: Fraction
    most: Fraction


class ArtefactDomain:
    """Bounds, groups and columns of rules; RefusedError for domains that no artefact is read of."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        features = rules["features"]
        columns = rules.get("columns") or [{"name": feature["name"]} for feature in features]
        self.columns = _read_artefact_columns(columns)
        #: The table's columns, in order.
        self.names = list({column.name: None for column in self.columns})
        self.fills = {own.first: own.fill for own in self.columns if own.fill is not None}
        if any(item[end] is None for item in features for end in ("lower", "upper")):
            raise RefusedError("artefacts of columns without bounds aren't read")

        self.places = {feature["name"]: j for j, feature in enumerate(features)}
        self.low = [read_number(feature["lower"]) for feature in features]
        self.high = [read_number(feature["upper"]) for feature in features]
        self.whole = [feature.get("integer") is True for feature in features]
        self.groups = find_category_groups(columns)
        self.group_of = {j: i for i, group in enumerate(self.groups) for j in group}
        if sorted(map(sorted, find_indicator_groups(rules))) != self.groups:
            raise RefusedError("artefacts of columns that are tied as a group aren't read")
        if any(self.low[j] != 0 or self.high[j] != 1 for j in self.group_of):
            raise RefusedError("artefacts of categories that can't be aren't read")
        self.walls = [self._widen(*wall) for wall in read_constraints(rules, self.places)]

    @property
    def numbers(self) -> list[ArtefactColumn]:
        """Columns of numbers."""
        return [column for column in self.columns if not column.categories]

    @property
    def texts(self) -> list[ArtefactColumn]:
        """Columns of categories that are texts of the table."""
        return [column for column in self.columns if column.categories and not column.tells_gap]

    @property
    def gaps(self) -> list[ArtefactColumn]:
        """Columns that say whether a number is missing."""
        return [column for column in self.columns if column.tells_gap]

    def _widen(self, terms: Mapping[int, Fraction], most: Fraction) -> DomainWall:
        reach = sum(abs(v * max(self.low[j], self.high[j], key=abs)) for j, v in terms.items())
        room = MEMBERSHIP_SLACK * (abs(most) + reach)
        form = self.reduce(add_artefact_forms({}, dict(terms), Fraction(1)))

        return DomainWall(form, most, most + room)

    def check_walls(self, found: Sequence[ArtefactWall]) -> None:
        """RefusedError unless rows that meet these inequalities, as they are computed, are all that
        meet the domain's, and none beyond those that membership forgives.
        """
        left = list(self.walls)
        for form, error, limit in found:
            own = [wall for wall in self.walls if wall.form == self.reduce(form)]
            met = [wall for wall in own if wall.least + error <= limit <= wall.most - error]
            if not met:
                raise RefusedError("an inequality of the artefact isn't one of the domain's")
            left = [wall for wall in left if wall not in met]

        if any(self.find_range(wall.form)[1] > wall.most for wall in left):
            raise RefusedError("the artefact lacks an inequality of the domain")

    def reduce(self, form: ArtefactForm) -> ArtefactForm:
        """The same with coefficient 0 of the first category of every column."""
        for group in self.groups:
            if shift := form.get(group[0]):
                ones = dict.fromkeys(group, Fraction(1))
                form = add_artefact_forms(form, ones, -shift)
                form = add_artefact_forms(form, {CONSTANT: Fraction(1)}, shift)

        return form

    def find_only_group(self, form: ArtefactForm) -> Sequence[int]:
        """The categories that alone tell what a form is; none where it reads anything else."""
        groups = {self.group_of.get(key, -1) for key in form if key != CONSTANT}
        return self.groups[groups.pop()] if len(groups) == 1 and -1 not in groups else ()

    def make_hinge(self, form: ArtefactForm) -> ArtefactForm:
        """max(0, form): of categories of one column by itself, else a positive multiple of one
        whose first coefficient is 1, as max(0, -w) = max(0, w) - w.
        """
        form = self.reduce(form)
        terms = sorted(form.items())
        columns = [j for j, _ in terms if j != CONSTANT]
        constant = form.get(CONSTANT, Fraction(0))
        if group := self.find_only_group(form):
            own = {j: max(Fraction(0), constant + form.get(j, 0)) for j in group}
            return self.reduce({j: value for j, value in own.items() if value})
        if not columns:
            return {CONSTANT: constant} if constant > 0 else {}

        lead = form[columns[0]]
        hinge = {tuple((j, value / lead) for j, value in terms): abs(lead)}

        return hinge if lead > 0 else add_artefact_forms(form, hinge, Fraction(1))

    def find_range(self, form: ArtefactForm) -> tuple[Fraction, Fraction]:
        """Numbers between which a form is: exact where its hinges are of one column each."""
        low = high = form.get(CONSTANT, Fraction(0))
        ends, curves = (
            list[tuple[Fraction, Fraction]](),
            dict[int, list[tuple[Fraction, Fraction]]](),
        )
        for key, value in form.items():
            if isinstance(key, tuple):
                terms = dict(key)
                constant = terms.pop(CONSTANT, Fraction(0))
                if len(terms) == 1:
                    curves.setdefault(min(terms), []).append((-constant, value))
                else:
                    inner = self.find_range(dict(key))
                    ends.append(tuple(sorted(value * max(end, Fraction(0)) for end in inner)))  # type: ignore[arg-type]
            elif key != CONSTANT and key not in self.group_of:
                curves.setdefault(key, [])

        for j, knots in curves.items():
            values = list(self._trace_curve(j, form.get(j, Fraction(0)), sorted(knots)))
            ends.append((min(values), max(values)))

        for group in self.groups:
            values = [form.get(j, Fraction(0)) for j in group]
            ends.append((min(values), max(values)))

        return low + sum(end[0] for end in ends), high + sum(end[1] for end in ends)

    def _trace_curve(
        self, j: int, slope: Fraction, knots: Sequence[tuple[Fraction, Fraction]]
    ) -> Sequence[Fraction]:
        """What slope x + sum of c max(0, x - knot) is at the ends of a column and its knots."""
        at, last = self.low[j], self.high[j]
        value = slope * at + sum(c * (at - knot) for knot, c in knots if knot < at)
        slope += sum(c for knot, c in knots if knot <= at)
        found = [value]

        for knot, c in (*(pair for pair in knots if at < pair[0] < last), (last, Fraction(0))):
            value += slope * (knot - at)
            at, slope = knot, slope + c
            found.append(value)

        return found


def _read_artefact_columns(columns: Sequence[Mapping[str, Any]]) -> list[ArtefactColumn]:
    found, places, first = list[ArtefactColumn](), dict[str, int](), 0
    for column in columns:
        name = column.get("missing_of", column["name"])
        place = places.setdefault(name, len(places))
        found.append(_read_artefact_column(column, ArtefactColumn(name, place, first)))
        first += len(found[-1].categories) or 1

    texts = {own.name for own in found if own.categories and not own.tells_gap}
    if len({(own.name, own.tells_gap) for own in found}) < len(found) or any(
        own.tells_gap and own.name in texts for own in found
    ):
        raise RefusedError("the rules read a column of the table in two ways")

    return found


def _read_artefact_column(column: Mapping[str, Any], found: ArtefactColumn) -> ArtefactColumn:
    """A column as the rules have it; found: without its categories."""
    name, filled = column["name"], column.get("fill") is not None
    if not (isinstance(name, str) and isinstance(found.name, str) and set(column) <= _COLUMN_PARTS):
        raise RefusedError(f"artefacts of the kind of column that {name!r} is aren't read")
    categories, all_values = [], list[str]()
    for item in column.get("categories", ()):
        values = tuple(item["values"])
        if not all(isinstance(value, str) for value in values) or not set(item) <= _CATEGORY_PARTS:
            raise RefusedError("artefacts of categories that aren't texts aren't read")
        categories.append((values, item.get("missing") is True, item.get("other") is True))
        all_values += values

    most = max(sum(own[1] for own in categories), sum(own[2] for own in categories))
    if len(set(all_values)) < len(all_values) or most > 1:
        raise RefusedError(f"a value of {name!r} is in two categories")
    if filled and categories:
        raise RefusedError(f"a missing value of {name!r} counts as a number and as a category")
    tells_gap = "missing_of" in column
    if tells_gap and sorted(categories) != [((), False, True), ((), True, False)]:
        raise RefusedError(f"the categories of {name!r} aren't missing numbers and all others")

    fill = read_number(column["fill"]) if filled else None
    return found._replace(categories=tuple(categories), fill=fill, tells_gap=tells_gap)


def list_score_forms(rules: Mapping[str, Any], domain: ArtefactDomain) -> list[ArtefactForm]:
    """What the scores of additive rules are, exactly."""
    found = []
    for name in name_scores(rules, len(rules["base"])):
        base = rules["base"][name]
        form = read_artefact_terms(base["coefficients"], domain, read_number(base["constant"]))
        for line in rules["lines"]:
            z = read_artefact_terms(line["coefficients"], domain, -read_number(line["above"]))
            slope = read_number(line["slopes"][name])
            form = add_artefact_forms(form, domain.make_hinge(z), slope)

        found.append(domain.reduce(form))

    return found


def read_artefact_terms(
    coefficients: Mapping[str, Any], domain: ArtefactDomain, constant: Fraction
) -> ArtefactForm:
    """An affine function by the names of columns, in a domain's places."""
    terms = {domain.places[name]: read_number(value) for name, value in coefficients.items()}
    return add_artefact_forms({}, {**terms, CONSTANT: constant}, Fraction(1))
