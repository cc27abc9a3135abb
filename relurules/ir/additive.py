"""Additive rules: base + lines, each IF half-space THEN so much for every unit beyond it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.linear_forms import apply_maps, evaluate_forms
from relurules.errors import DataError
from relurules.files.notebook import format_notebook_html
from relurules.ir.class_labels import ClassLabels
from relurules.ir.evidence import Evidence, Provenance
from relurules.ir.line_blocks import iterate_blocks, read_coordinates
from relurules.ir.line_sums import LineSum, add_up_lines, add_up_parts, list_part_terms
from relurules.ir.network import AffineMap, Array, Network, make_read_only
from relurules.ir.reference import ReferenceRow
from relurules.ir.rule import Condition
from relurules.ir.ruleset import CollapseStats, Decision, RuleSet, Tradeoff
from relurules.ir.score_parts import Curve, ScorePart, split_into_parts
from relurules.ir.scorer import Scorer, list_briefly
from relurules.links.heads import Head
from relurules.tables.column_types import TableSchema

if TYPE_CHECKING:
    import pandas

#: Lines that a notebook shows.
_LINES_SHOWN = 24


@dataclass(frozen=True, kw_only=True, eq=False)
class Adjustment:
    """A line: IF normal·x >= bound THEN every score rises by slope * (normal·x - bound).

    In the literature a hinge: L. Breiman, "Hinging hyperplanes for regression, classification and
    function approximation", 1993. number: from 1; condition: its half-space, which must hold;
    slopes: (m,) of every score, per unit of normal·x; columns: names of those that it reads; rows:
    how many of the data it applies to.
    """

    number: int
    condition: Condition
    slopes: Array
    columns: tuple[str, ...]
    rows: int | None = None

    @property
    def addition(self) -> AffineMap:
        """What it adds to the scores where its condition holds: weights (m, d), constants (m,)."""
        space = self.condition.half_space
        return AffineMap(np.outer(self.slopes, space.normal), -self.slopes * space.bound)


@dataclass(frozen=True, kw_only=True, eq=False)
class RuleGroup:
    """Neurons that read one another, as partition rules over the same domain: the one that applies
    adds its map.

    number: from 1; columns: names of those that it reads.
    """

    number: int
    rules: RuleSet
    columns: tuple[str, ...]

    def evaluate(self, X: Array) -> Array:
        """(N, d) rows of the domain -> (N, m) what it adds."""
        weights, constants = self.rules.maps
        return apply_maps(X, self.rules.tree.route(X), weights, constants)


@dataclass(frozen=True, kw_only=True)
class AdditiveRules(Scorer):
    """Lines that add up: score = base(x) + what every line and every group adds.

    base: (m, d) weights and (m,) constants; lines: numbered from 1; groups: of neurons that read
    one another. reduction: what became of the network; tradeoffs: the steps of a simplification, by
    the number of lines. Everything else is described in `Scorer`.
    """

    outputs: tuple[str, ...]
    domain: Domain
    base: AffineMap
    lines: tuple[Adjustment, ...]
    reduction: CollapseStats
    groups: tuple[RuleGroup, ...] = ()
    heads: tuple[Head, ...] = ()
    score_error: float = 0.0
    output_error: float | None = None
    evidence: Evidence | None = None
    provenance: Provenance = field(default_factory=Provenance)
    tradeoffs: tuple[Tradeoff, ...] = ()
    traced: Network | None = None
    labels: ClassLabels | None = None
    chosen_reference: ReferenceRow | None = None
    schema: TableSchema | None = None
    container: str = field(default="default", repr=False)

    def __post_init__(self) -> None:
        self._complete_heads()

    @property
    def complete(self) -> bool:
        """Always: no search is cut short."""
        return True

    @property
    def decision(self) -> Decision | None:
        """None: lines add up to scores; that classes are decided is for partition rules."""
        return None

    @property
    def simplified(self) -> bool:
        """Whether the lines aren't the network itself, but near it by a bound."""
        return bool(self.tradeoffs)

    @property
    def score_count(self) -> int:
        """Number of scores m."""
        return len(self.base.constants)

    def __len__(self) -> int:
        """Number of lines."""
        return len(self.lines)

    def __iter__(self) -> Iterator[Adjustment]:
        """The lines in the order of their numbers."""
        return iter(self.lines)

    def __repr__(self) -> str:
        """One line: how many lines and groups, of what, in which columns."""
        count = f"{len(self)} line{'' if len(self) == 1 else 's'}"
        if self.groups:
            count += f" and {len(self.groups)} group{'' if len(self.groups) == 1 else 's'}"
        error = "" if self.max_error == 0.0 else f", max_error {self.max_error:.3g}"
        return (
            f"<AdditiveRules: {count} for {list_briefly(self.outputs)} of "
            f"{list_briefly([column.name for column in self.domain.columns])}{error}>"
        )

    def _repr_html_(self) -> str:
        """The first lines as text, for notebooks."""
        from relurules.emitting.text.line_printer import print_first_lines

        return format_notebook_html(repr(self)[1:-1], print_first_lines(self, _LINES_SHOWN))

    @cached_property
    def normals(self) -> Array:
        """(K, d) of all lines' half-spaces."""
        d = len(self.domain.names)
        rows = [line.condition.half_space.normal for line in self.lines]
        return make_read_only(np.array(rows).reshape(-1, d))

    @cached_property
    def bounds(self) -> Array:
        """(K,) of all lines' half-spaces."""
        return make_read_only(np.array([line.condition.half_space.bound for line in self.lines]))

    @cached_property
    def slopes(self) -> Array:
        """(K, m) of all lines, per unit of normal·x."""
        rows = [line.slopes for line in self.lines]
        return make_read_only(np.array(rows).reshape(-1, self.score_count))

    @cached_property
    def line_sum(self) -> LineSum:
        """The base, the lines and the groups, as they are added up."""
        return LineSum(
            base=self.base,
            normals=self.normals,
            bounds=self.bounds,
            slopes=self.slopes,
            groups=[group.evaluate for group in self.groups],
        )

    @cached_property
    def read_coordinates(self) -> NDArray[np.bool_]:
        """(d,): which coordinates the base, a line or a group reads."""
        read = self.base.weights.any(axis=0) | self.normals.any(axis=0)
        for group in self.groups:
            read = read | group.rules.read_coordinates
        return np.asarray(read)

    @cached_property
    def parts(self) -> tuple[ScorePart, ...]:
        """Every column that is read, pairs of columns, larger sets: what they add, and the base's
        constants, are the score.
        """
        return split_into_parts(
            self.domain,
            self.base.weights,
            self.normals,
            [group.rules.read_coordinates for group in self.groups],
        )

    @property
    def group_networks(self) -> tuple[Network, ...]:
        """What every group adds, as a network."""
        return tuple(group.rules.network for group in self.groups)

    @cached_property
    def network(self) -> Network:
        """The same function in canonical form: a neuron of slope 0 for every line, then the
        groups'.
        """
        from relurules.ir.line_network import compose_line_network

        return compose_line_network(self)

    @np.errstate(over="ignore", invalid="ignore")
    def evaluate_parts(self, X: Array) -> Array:
        """(N, d) rows of the domain, in coordinates -> (N, P, m) what every part adds, as it
        stands: the score is the sum, and the base's constants.
        """
        found = np.empty((len(self.parts), self.score_count, len(X)))
        parts = list_part_terms(self.line_sum, self.parts, slice(None))
        for at, columns in iterate_blocks(X, self._numbers):
            add_up_parts(self.line_sum, parts, columns, slice(None), found[:, :, at])

        return found.transpose(2, 0, 1)

    @np.errstate(over="ignore", invalid="ignore")
    def predict_scores(self, table: Any) -> Array:
        """As `predict`, before the link: the scores f(x), named by `scores`.

        Equal rows have equal scores to the last bit, whatever other rows there are.
        """
        X = read_coordinates(self.domain, table)
        predicted = np.full((len(X), self.score_count), np.nan)
        for at, columns in iterate_blocks(X, X.shape[1] + self.score_count):
            inside, own = self._take_inside(columns)
            predicted[at][inside] = add_up_lines(self.line_sum, own).T

        return predicted

    def find_applying_lines(self, table: Any) -> NDArray[np.bool_]:
        """(N, d) array or frame -> (N, K) which lines apply; none to a row outside the domain."""
        X = read_coordinates(self.domain, table)
        applies = np.zeros((len(X), len(self.lines)), dtype=np.bool_)
        with np.errstate(over="ignore", invalid="ignore"):
            for at, columns in iterate_blocks(X, self._numbers):
                inside, own = self._take_inside(columns)
                forms = evaluate_forms(own, self.normals)
                applies[at][inside] = (self.bounds[:, None] < forms).T

        return applies

    @property
    def _numbers(self) -> int:
        """Of a row: its coordinates, and what its lines and parts add."""
        return len(self.domain.names) + len(self.lines) + len(self.parts) * self.score_count

    def _take_inside(self, columns: Array) -> tuple[NDArray[np.bool_] | slice, Array]:
        """Of a block's rows, columns (d, n), those in the domain."""
        inside = self.domain.contains(columns.T)
        return (slice(None), columns) if inside.all() else (inside, columns[:, inside])

    @cached_property
    def reference_parts(self) -> Array:
        """(P, m) what every part adds at the reference."""
        return make_read_only(self.evaluate_parts(self.reference.values[None])[0])

    @np.errstate(over="ignore", invalid="ignore")
    def contributions(self, table: Any, score: str | None = None) -> "pandas.DataFrame":
        """(N, d) array or frame -> (N, 1 + P): the reference's score, then what every part adds
        beside what it adds at the reference; the row's sum is its score.

        score: which, of `scores`; None for the only one. Missing where a row lies outside the
        domain. DataError where several scores leave it open which one is meant.
        """
        import pandas

        if score is None and self.score_count > 1:
            raise DataError(f"score=None, of several; give one of {', '.join(self.scores)}")
        if score is not None and score not in self.scores:
            raise DataError(f"score={score!r}; there are {', '.join(self.scores)}")

        i = 0 if score is None else self.scores.index(score)
        X = read_coordinates(self.domain, table)
        found = np.empty((1 + len(self.parts), 1, len(X)))
        reference = self.reference_parts[:, i, None, None]
        found[0] = self.base.constants[i] + reference.sum()
        which = slice(i, i + 1)
        parts = list_part_terms(self.line_sum, self.parts, which)
        for at, columns in iterate_blocks(X, self._numbers):
            inside, own = self._take_inside(columns)
            whole = isinstance(inside, slice)
            added = found[1:, :, at] if whole else np.empty((len(self.parts), 1, own.shape[1]))
            add_up_parts(self.line_sum, parts, own, which, added)
            added -= reference

            if not isinstance(inside, slice):
                found[1:, :, at][:, :, inside] = added
                found[:, :, at][:, :, ~inside] = np.nan

        index = getattr(table, "index", None)
        index = index if isinstance(index, pandas.Index) else None
        names = ["reference", *(part.name for part in self.parts)]
        return pandas.DataFrame(found[:, 0].T, columns=names, index=index, copy=False)

    @cached_property
    def curves(self) -> Mapping[str, Curve]:
        """Column of numbers -> what it adds in itself, measured from the reference."""
        from relurules.ir.score_curves import make_curve

        columns = self.domain.columns
        return {
            part.name: make_curve(self, i)
            for i, part in enumerate(self.parts)
            if len(part.columns) == 1 and not columns[part.columns[0]].categories
        }

    @cached_property
    def points(self) -> Mapping[str, Array]:
        """Column of categories -> (categories, m) what each adds in itself, measured from the
        reference.
        """
        found = {}
        for i, part in enumerate(self.parts):
            column = self.domain.columns[part.columns[0]]
            if len(part.columns) == 1 and column.categories:
                rows = np.tile(self.reference.values, (column.width, 1))
                rows[:, part.coordinates] = np.eye(column.width)
                found[part.name] = self.evaluate_parts(rows)[:, i] - self.reference_parts[i]

        return found

    def summary(self, data: Any = None) -> "pandas.DataFrame":
        """One row per part: its columns, lines, and what it moves on the data: the deviation of
        what it adds, and its share of all variances.

        data: (N, d) array or frame, on whose rows the mean size beside the reference, and what of a
        pair is interaction, are measured too; without it, what `evidence` holds.
        """
        from relurules.statistics.additive_statistics import summarise_parts

        return summarise_parts(self, data)

    def to_shap(self, data: Any, *, output: str | None = None, reference: Any = None) -> Any:
        """Rows of (N, d) array or frame as a `shap.Explanation`: (N, columns) Shapley values of a
        score, exact, which sum to it with those of the reference; for shap's own plots.

        They are interventional, against the reference. A part of several columns is shared among
        them by its own Shapley value; `contributions` keeps it together. output: whose score, as in
        `explain`; reference: a row or a policy, as there. UnsupportedError without the package
        shap; DataError for rows outside the domain.
        """
        from relurules.explaining.shapley import make_shap_explanation

        return make_shap_explanation(self, data, output, reference)

    def to_partition(
        self,
        *,
        data: Any = None,
        y: Any = None,
        max_regions: float | None = None,
        time_limit: float | None = None,
        memory_limit: float | None = None,
        jobs: int = 1,
    ) -> RuleSet:
        """The same function as rules of which one applies, over the same domain.

        Lines multiply: K of them give up to 2^K rules. Limits, and what is missing at one, are as
        in `extract`; data, y: what is counted per rule, as there.
        """
        from relurules.partitioning.options import SearchOptions
        from relurules.pipeline.extraction import partition_lines

        search = SearchOptions(
            max_regions=max_regions,
            time_limit=time_limit,
            memory_limit=memory_limit,
            jobs=jobs,
        )
        return partition_lines(self, search, data, y)

    def save(self, path: str | Path) -> None:
        """Write JSON (`relurules schema --form additive` prints its JSON Schema); the file appears
        whole or not at all.
        """
        from relurules.codec.additive_json import save_additive_rules

        save_additive_rules(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> "AdditiveRules":
        """Read what `save` wrote; numbers come back exactly.

        RulesError where the file doesn't follow the schema.
        """
        from relurules.codec.additive_json import load_additive_rules

        return load_additive_rules(Path(path))
