"""Where a network is asked about: a box in the user's columns and units, cut by linear
inequalities.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relurules.domain.columns import (
    Column,
    check_texts,
    find_groups,
    is_plain,
    list_derived_columns,
    list_table_columns,
    make_number_columns,
    name_coordinates,
    place_columns,
)
from relurules.domain.encoding import CoordinateRows, encode_table
from relurules.domain.inequality import parse_inequality, quote_column
from relurules.domain.input_places import (
    InputPlaces,
    list_coordinates,
    narrow_coordinates,
    narrow_table,
    number_places,
)
from relurules.domain.linear_forms import evaluate_forms
from relurules.domain.normalisation import ExactRows as ExactRows
from relurules.domain.normalisation import Normalisation as Normalisation
from relurules.domain.ranges import (
    compute_ranges,
    find_indicator_groups,
    find_whole_numbers,
    infer_columns,
    widen_derived_ranges,
)
from relurules.errors import DataError, DomainError
from relurules.lp import Polytope
from relurules.lp.lengths import row_lengths as row_lengths
from relurules.tables.names import make_default_names
from relurules.tables.table import read_column_names
from relurules.tables.values import Value

Array = NDArray[np.float64]

#: Membership in a linear inequality forgives this share of the sum of its absolute terms (box
#: bounds forgive nothing).
_ROUNDING = 1e-12
#: Rounding of a side of the box, as a share of what is left of it in a frame: one difference, and
#: its scale.
_SIDE = 1e-15


@dataclass(frozen=True)
class Domain:
    """A box cut by linear inequalities: {x : lower <= x <= upper, normals x <= bounds}.

    names: d coordinates. lower, upper: (d,) in the user's units, infinite where there is no bound;
    equal where one is pinned. integer: (d,) True for a column of whole numbers. normals: (c, d),
    bounds: (c,), texts: the c inequalities, as the user wrote them. columns: the columns of the
    user's table, which become the coordinates; none given: the coordinates are its columns. groups:
    indices of coordinates of which exactly one is 1 and the others are 0, as in a one-hot encoding.
    table_places: where the columns stand in the model's table; None: they are all of it. bare:
    whether a bare array of so many columns holds coordinates where some are derived; see
    `taking_coordinates`. Build one
    with `box`, `over` or `from_data`, add to it with `where`.
    """

    names: tuple[str, ...]
    lower: Array
    upper: Array
    integer: NDArray[np.bool_]
    normals: Array
    bounds: Array
    texts: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    table_places: InputPlaces | None = None
    bare: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", self.columns or make_number_columns(self.names))
        check_texts(self.columns)

    @classmethod
    def box(
        cls, lower: ArrayLike, upper: ArrayLike, names: Sequence[str] | None = None
    ) -> "Domain":
        """Box lower <= x <= upper, (d,) each, +-inf allowed.

        DomainError for NaN, wrong sizes or crossed bounds.
        """
        low, high = _read_vector(lower, "lower"), _read_vector(upper, "upper")
        if low.shape != high.shape:
            raise DomainError(
                f"lower has {len(low)} bounds and upper has {len(high)}; both need one per column"
            )

        names = (
            make_default_names(len(low)) if names is None else tuple(str(name) for name in names)
        )
        _check_names(names, len(low))

        for name, a, b in zip(names, low, high, strict=True):
            if not a <= b or a == np.inf or b == -np.inf:
                raise DomainError(f"column {name!r}: the bounds [{a}, {b}] hold no number")

        return cls(names, low, high, np.zeros(len(low), bool), np.empty((0, len(low))), np.empty(0))

    @classmethod
    def unbounded(cls, names: Sequence[str]) -> "Domain":
        """All of R^d."""
        infinite = np.full(len(names), np.inf)
        return cls.box(-infinite, infinite, names)

    @classmethod
    def over(cls, columns: Sequence[Column]) -> "Domain":
        """All values that columns of a table may have.

        DomainError where two of their coordinates have one name.
        """
        check_texts(columns)
        domain, groups = cls.unbounded(name_coordinates(columns)), find_groups(columns)
        of_category = np.isin(np.arange(len(domain)), [i for group in groups for i in group])

        return replace(
            domain,
            lower=np.where(of_category, 0.0, -np.inf),
            upper=np.where(of_category, 1.0, np.inf),
            integer=of_category,
            columns=tuple(columns),
            groups=groups,
        )

    @classmethod
    def from_data(cls, table: Any, columns: Sequence[Column] | None = None) -> "Domain":
        """Range of every column of an array or frame; whole-number columns are noted, constant ones
        pinned.

        A column of text becomes one indicator per category, in the order of the alphabet, a missing
        value being a category too; columns that are a one-hot encoding already (neighbours that are
        0 or 1 and sum to 1 in every one of at least ten rows) are tied. Missing numbers are left
        out of the ranges. `columns` says how the table becomes coordinates where that is known.
        DomainError for an empty table, a column without any value or with an infinite one.
        """
        columns = infer_columns(table) if columns is None else columns
        domain = cls.over(columns)
        X = encode_table(table, columns)
        lower, upper = compute_ranges(X, domain.names, domain.groups)
        lower, upper = widen_derived_ranges(lower, upper, columns)
        pinned = {i for group in domain.groups for i in group}
        groups = (*domain.groups, *(g for g in find_indicator_groups(X) if not pinned & set(g)))

        return replace(
            domain, lower=lower, upper=upper, integer=find_whole_numbers(X), groups=groups
        ).with_gaps()

    def where(self, text: str) -> "Domain":
        """A new domain with one more inequality, such as "a + 2*b <= 1"; quote other names as `mean
        radius`.
        """
        coefficients, bound = parse_inequality(text, self.names)
        row = np.array([[coefficients.get(name, 0.0) for name in self.names]])
        if not (np.isfinite(row).all() and np.isfinite(bound)):
            raise DomainError(f"constraint {text!r} holds a number too large for float64")

        return replace(
            self,
            normals=np.vstack([self.normals, row]),
            bounds=np.append(self.bounds, bound),
            texts=(*self.texts, text.strip()),
        )

    def with_gaps(self) -> "Domain":
        """The same domain, in which a number is what a missing one counts as wherever a column says
        that it is missing: two inequalities for each, which leave just these rows.

        A side that is open is left so.
        """
        found = self
        at = {column.name: places for column, places in zip(self.columns, self.places, strict=True)}
        for column in self.columns:
            gap = at[column.name].start
            number = next((c for c in self.columns if c.name == column.source), None)
            if number is None or number.fill is None or self.normals[:, gap].any():
                continue
            place = at[number.name].start
            low, high = float(self.lower[place]), float(self.upper[place])
            name, lacks = quote_column(self.names[place]), quote_column(self.names[gap])
            fill = min(max(number.fill, low), high)
            if -np.inf < low < fill:
                found = found.where(f"{name} >= {low!r} + {fill - low!r} * {lacks}")
            if fill < high < np.inf:
                found = found.where(f"{name} <= {high!r} - {high - fill!r} * {lacks}")

        return found

    def bounded(self, bounds: Mapping[str, tuple[float, float]]) -> "Domain":
        """The same domain with other (lower, upper) bounds for the columns named."""
        pairs = [
            bounds.get(n, (a, b))
            for n, a, b in zip(self.names, self.lower, self.upper, strict=True)
        ]
        box = Domain.box([a for a, _ in pairs], [b for _, b in pairs], self.names)
        return replace(self, lower=box.lower, upper=box.upper)

    @property
    def places(self) -> tuple[range, ...]:
        """The indices of the coordinates of every column of the table."""
        return place_columns(self.columns)

    def admitting(self, categories: Mapping[str, Collection[Value]]) -> "Domain":
        """The same domain with fewer categories in the columns named; None is a missing value."""
        lower, upper = self.lower.copy(), self.upper.copy()
        by_name = {column.name: column for column in self.columns if column.categories}
        for name, wanted in categories.items():
            if name not in by_name:
                raise DomainError(
                    f"column {name!r} has no categories; those that have: "
                    f"{', '.join(by_name) or 'none'}"
                )
            column, first = by_name[name], self.names.index(by_name[name].coordinates[0])
            words = {category.word for category in column.categories}
            unknown = [v for v in wanted if v not in column.lookup and v not in words]
            if unknown:
                known = ", ".join(
                    member for category in column.categories for member in category.members
                )
                raise DomainError(f"column {name!r} has no category {unknown[0]!r}; it has {known}")
            kept = [
                upper[first + i] > 0 and not set(wanted).isdisjoint(column.known(i))
                for i in range(column.width)
            ]
            if not any(kept):
                raise DomainError(f"column {name!r}: no category is left")
            lower[first : first + column.width] = [float(keep and sum(kept) == 1) for keep in kept]
            upper[first : first + column.width] = np.array(kept, dtype=np.float64)

        return replace(self, lower=lower, upper=upper)

    def aligned(self, columns: Sequence[Column]) -> "Domain":
        """The same domain in the coordinates that `columns` have: bounds by name, the categories
        that this one has too.

        DomainError where a column is missing, or where an inequality reads a coordinate that isn't
        there.
        """
        if self.columns == tuple(columns):
            return self

        mine = {column.name: column for column in self.columns}
        if missing := [column.name for column in columns if column.name not in mine]:
            raise DomainError(
                f"the domain lacks the column {missing[0]!r}; it has {', '.join(list(mine)[:12])}"
            )

        return self.extended(columns)

    def extended(self, columns: Sequence[Column]) -> "Domain":
        """The same domain in the coordinates of `columns`, where this one's own stand by name; what
        others hold isn't limited.

        DomainError where an inequality reads a coordinate that isn't there.
        """
        mine = {column.name: column for column in self.columns}
        domain = Domain.over(columns)
        shared = [name for name in self.names if name in set(domain.names)]
        used = [self.names[j] for j in np.flatnonzero(self.normals.any(axis=0)).tolist()]
        if lost := [name for name in used if name not in shared]:
            raise DomainError(
                f"an inequality of the domain reads {lost[0]!r}, which is no input of the model"
            )

        at = {name: j for j, name in enumerate(domain.names)}
        place = [self.names.index(name) for name in shared]
        there = [at[name] for name in shared]
        lower, upper, integer = domain.lower.copy(), domain.upper.copy(), domain.integer.copy()
        lower[there], upper[there] = self.lower[place], self.upper[place]
        integer[there] = self.integer[place]
        normals = np.zeros((len(self.normals), len(domain)))
        normals[:, there] = self.normals[:, place]

        limits = {
            c.name: set(c.lookup) & set(mine[c.name].lookup)
            for c in columns
            if c.name in mine and mine[c.name].categories and not c.source
        }
        return (
            replace(
                domain,
                lower=lower,
                upper=upper,
                integer=integer,
                normals=normals,
                bounds=self.bounds,
                texts=self.texts,
                groups=(*domain.groups, *self._list_own_groups(domain.groups, at)),
            )
            .admitting(limits)
            .with_gaps()
        )

    def _list_own_groups(
        self, known: Collection[tuple[int, ...]], at: Mapping[str, int]
    ) -> Iterator[tuple[int, ...]]:
        """One-hot groups among plain columns, by the places of their coordinates."""
        taken = {i for group in known for i in group}
        for group in self.groups:
            moved = tuple(at.get(self.names[i], -1) for i in group)
            if not taken & {-1, *moved}:
                yield moved

    def select(self, kept: Sequence[int]) -> "Domain":
        """The same domain of some of its columns only, by their places, in order.

        DomainError where an inequality or a one-hot group reads one that is left out.
        """
        coordinates = list_coordinates(self.columns, kept)
        places = self.table_places or number_places(self.columns)
        number = {j: i for i, j in enumerate(coordinates)}
        groups = [group for group in self.groups if set(group) & number.keys()]
        read = {*np.flatnonzero(self.normals.any(axis=0)).tolist(), *(i for g in groups for i in g)}
        if lost := sorted(read - number.keys()):
            raise DomainError(f"an inequality or a group reads {self.names[lost[0]]!r}, left out")

        return Domain(
            names=tuple(self.names[j] for j in coordinates),
            lower=self.lower[coordinates],
            upper=self.upper[coordinates],
            integer=self.integer[coordinates],
            normals=self.normals[:, coordinates],
            bounds=self.bounds,
            texts=self.texts,
            columns=tuple(self.columns[i] for i in kept),
            groups=tuple(tuple(number[j] for j in group) for group in groups),
            table_places=places.select(kept, self.columns),
        )

    def taking_coordinates(self) -> "Domain":
        """The same domain for callers inside, whose arrays hold coordinates; a user's could as well
        hold the columns that derived ones are made of.
        """
        return replace(self, bare=bool(list_derived_columns(self.columns)))

    def narrow(self, table: Any) -> Any:
        """A table whose columns are this domain's, where an array holds all of the model's.

        DataError for an array where columns are derived of others, which it doesn't name.
        """
        derived = list_derived_columns(self.columns)
        if self.bare and type(table) is np.ndarray:
            table = table.view(CoordinateRows)
        if isinstance(table, CoordinateRows):
            return (
                table if self.table_places is None else narrow_coordinates(table, self.table_places)
            )
        if derived and read_column_names(table) is None:
            raise DataError(
                f"found an array; rules that read derived columns ({derived[0].name!r}) need the "
                "columns' names: pass a frame with "
                f"{', '.join(list(list_table_columns(self.columns))[:8])}"
            )
        if self.table_places is None:
            return table
        return narrow_table(table, self.columns, self.table_places)

    @property
    def unread_note(self) -> str:
        """For messages: that the model has columns which the network doesn't read; "" if not."""
        if self.table_places is None:
            return ""
        count = self.table_places.column_count
        return (
            f"; the network reads no other of the model's {count} columns, so that what they hold "
            "changes nothing"
        )

    def renamed(self, names: Sequence[str]) -> "Domain":
        """The same domain under other column names."""
        names = tuple(str(name) for name in names)
        _check_names(names, len(self))
        if not is_plain(self.columns):
            raise DomainError(
                "a domain with categories or filled values takes its names from its columns"
            )
        return replace(self, names=names, columns=make_number_columns(names))

    def __len__(self) -> int:
        """Number of columns d."""
        return len(self.names)

    @cached_property
    def limits(self) -> Array:
        """(c,) right-hand sides for tests of membership: the bounds plus room for rounding."""
        room: Array = _ROUNDING * (np.abs(self.bounds) + np.abs(self.normals) @ self.reach)
        return self.bounds + room

    @cached_property
    def reach(self) -> Array:
        """(d,) the largest size of every column's values, 1 where a side is open."""
        size = np.maximum(np.abs(self.lower), np.abs(self.upper))
        return np.where(np.isfinite(size), size, 1.0)

    @cached_property
    def widths(self) -> Array:
        """(d,) widths of the columns, for weighing their terms: 1 where a side is open, 0 where a
        column is pinned.
        """
        with np.errstate(over="ignore"):
            width = self.upper - self.lower
        return np.where(np.isfinite(width), width, 1.0)

    def rows(self, table: Any) -> Array:
        """The rows of a table in coordinates, (N, d), see `columns.encode`; an array of d columns
        holds coordinates, one as wide as the model's table its columns.
        """
        return encode_table(self.narrow(table), self.columns)

    @cached_property
    def _finite_bounds(self) -> tuple[Array, Array]:
        """(d,) each: the least and the largest number inside; infinity lies in no domain."""
        most = np.finfo(np.float64).max
        return np.maximum(self.lower, -most), np.minimum(self.upper, most)

    def contains(self, X: Array) -> NDArray[np.bool_]:
        """(N, d) -> (N,): which rows lie inside; one with a NaN or infinite value never does."""
        low, high = self._finite_bounds
        if X.flags.f_contiguous and len(X):  # extremes of a column in one piece are quick
            whole = bool(np.all(X.min(axis=0) >= low) and np.all(X.max(axis=0) <= high))
        else:
            whole = False
        inside = np.ones(len(X), np.bool_) if whole else self._compare_bounds(X)
        for group in self.groups:
            inside &= ((X[:, group] == 1).sum(axis=1) == 1) & (
                (X[:, group] == 0).sum(axis=1) == len(group) - 1
            )
        if len(self.normals):
            forms = evaluate_forms(X[inside].T, self.normals)
            inside[inside] = (forms <= self.limits[:, None]).all(axis=0)
        return inside

    def _compare_bounds(self, X: Array) -> NDArray[np.bool_]:
        low, high = self._finite_bounds
        within = low <= X
        within &= high >= X
        return np.ones(len(X), np.bool_) if within.all() else np.asarray(within.all(axis=1))

    def clamped(self, X: Array) -> Array:
        """(N, d) -> (N, d): every number brought to the nearer bound; NaN, infinities and
        indicators stay as they are.
        """
        own = [i for group in self.groups for i in group]
        moved = np.where(np.isfinite(X), np.clip(X, self.lower, self.upper), X)
        moved[:, own] = X[:, own]
        return np.asarray(moved)

    def frame(self, unit: Array) -> Normalisation:
        """Normalised coordinates; `unit` (d,) > 0 is the length scale of the columns that have no
        two bounds.

        Indicators of a one-hot group stay as they are, the last one tied to the others.
        """
        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        both = low & high
        one = np.where(low, self.lower, np.where(high, self.upper, 0.0))

        with np.errstate(invalid="ignore", over="ignore"):
            origin = np.where(both, self.lower / 2 + self.upper / 2, one)
            scale = np.where(both, self.upper / 2 - self.lower / 2, unit)

        pinned = self.lower == self.upper
        origin = np.where(pinned, one, origin)
        ties = tuple(
            tie for group in self.groups if len(tie := np.array(group)[~pinned[list(group)]])
        )
        tied = np.array([tie[-1] for tie in ties], dtype=np.intp)

        for tie in ties:
            origin[tie], scale[tie] = 0.0, 1.0

        return Normalisation(origin, scale, np.setdiff1d(np.flatnonzero(~pinned), tied), ties)

    def polytope(self, frame: Normalisation, *, outward: bool = False) -> Polytope:
        """The domain in the coordinates of `frame`, every row of unit length.

        outward: rows are moved by what rounding, here and in `contains`, may have cost, so that no
        row of the domain is left out. DomainError where an inequality over pinned columns alone is
        false.
        """
        normals, limits, first = self._half_spaces(frame)
        G, g = frame.rows(normals, -limits)
        length = row_lengths(G)
        moving = length > 0

        for i in np.flatnonzero(~moving[first:] & (g[first:] > 0)):
            raise DomainError(
                f"the domain is empty: {self.texts[i]!r} is false for the columns' fixed values"
            )

        room = np.zeros(len(g))
        if outward:
            room[:first], room[first:] = (
                _SIDE * np.abs(g[:first]),
                self.rounding(normals[first:], limits[first:]),
            )

        return Polytope(G[moving] / length[moving, None], (room - g)[moving] / length[moving])

    def exact_polytope(self, frame: Normalisation) -> ExactRows:
        """The rows of this domain, as `contains` tests them, without any rounding."""
        normals, limits, _ = self._half_spaces(frame)
        rows = frame.exact_rows(normals, limits)
        return rows.of(np.array([any(row) for row in rows.G], dtype=np.bool_))

    def rounding(self, normals: Array, offsets: Array) -> Array:
        """(n,) how far sums normals·x + offsets, in any order and any coordinates, may be off in
        the box in float64.

        An open column counts as 0.
        """
        reach = np.maximum(np.abs(self.lower), np.abs(self.upper))
        terms = np.abs(normals) @ np.where(np.isfinite(reach), reach, 0.0) + np.abs(offsets)
        return np.asarray((2 * len(self) + 16) * np.finfo(np.float64).eps * terms)

    @property
    def is_bounded(self) -> bool:
        """Whether every column has two bounds."""
        return bool(np.isfinite([self.lower, self.upper]).all())

    def _half_spaces(self, frame: Normalisation) -> tuple[Array, Array, int]:
        """The sides of the box and the inequalities, as `contains` tests them, normals x <= limits;
        how many sides.
        """
        eye = np.eye(len(self))
        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        high[[i for tie in frame.ties for i in tie]] = (
            False  # at least 0 and a sum of 1 leave no room above 1
        )
        normals = np.vstack([eye[high], -eye[low], self.normals])
        limits = np.concatenate([self.upper[high], -self.lower[low], self.limits])
        return normals, limits, len(limits) - len(self.bounds)


def _read_vector(values: ArrayLike, what: str) -> Array:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DomainError(f"{what} must be a list of numbers: {error}") from error
    if array.ndim != 1 or np.isnan(array).any():
        raise DomainError(f"{what} must be a list of numbers without NaN, found {values!r}")
    return array


def _check_names(names: tuple[str, ...], count: int) -> None:
    if len(names) != count:
        raise DomainError(f"{len(names)} names for {count} columns")
    if len(set(names)) != count or "" in names:
        doubled = next(name for name in names if name == "" or names.count(name) > 1)
        raise DomainError(
            f"column names must differ and not be empty, found {doubled!r} twice or empty"
        )
