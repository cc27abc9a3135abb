"""Partition rules: IF half-spaces THEN an affine map, for every part of a domain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.linear_forms import apply_maps
from relurules.files.notebook import format_notebook_html
from relurules.ir.class_labels import ClassLabels
from relurules.ir.estimate import Estimate
from relurules.ir.evidence import Evidence, Provenance
from relurules.ir.local_models import LocalModels
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import AffineMap, Array, Network
from relurules.ir.partition import Tree
from relurules.ir.reference import ReferenceRow
from relurules.ir.rule import Condition, HalfSpace, Rule
from relurules.ir.rule_table import collect_maps
from relurules.ir.scorer import Scorer, list_briefly
from relurules.links.heads import Head
from relurules.tables.column_types import TableSchema

if TYPE_CHECKING:
    import pandas


#: Rules that a notebook shows.
_RULES_SHOWN = 12


class CollapseStats(NamedTuple):
    """What became of the network: neurons traced and left, why the others went, regions, rows of
    data looked at.
    """

    neurons_traced: int
    neurons_left: int
    removed: Mapping[str, int]
    regions: int
    rows: int | None


class Decision(NamedTuple):
    """What rules decide: classes by name, the first of which is number 0; threshold: that the
    output reaches or not.

    Without a threshold it is which output is the largest.
    """

    classes: tuple[str, ...]
    threshold: float | None

    @property
    def wanted(self) -> str | float:
        """What `extract` was asked for."""
        return "argmax" if self.threshold is None else self.threshold


class Tradeoff(NamedTuple):
    """So many rules are enough if the outputs may be off by this much: one step of a
    simplification.
    """

    rules: int
    error: float


@dataclass(frozen=True)
class RuleSet(Scorer):
    """Partition rules: they cover a domain and overlap on boundaries only, numbered from 1.

    tree: the same rules as a decision tree; leaf i, to which several branches may lead, is rule i +
    1. network: the collapsed neurons, the function that the rules stand for, and `tree.neurons` are
    its indices. heads: for each output the link and the scores that it takes, where the scores are
    what the rules' maps and `network` give; none given: the outputs are the scores. score_error:
    bound on |network as traced - rules| over the domain, for every score (rounding of float64 not
    counted); output_error: the same for the outputs, where they aren't the scores. complete: False
    where a budget left part of the domain uncovered; `estimate` says how much, where that is known.
    evidence: what data say; provenance: how the rules were made; tradeoffs: the steps of the
    simplification. decision: the classes, where the output is the number of one; a rule's scores
    are constant then, and tell the class only. traced: the network as traced, right outside the
    domain too, if it is kept. chosen_reference: what contributions are measured from, where that
    was chosen; see `reference`. labels: what the model calls its classes, None where it has none
    or doesn't name them: then they are numbered from 0. schema: how the file of a table is read for
    these rules; None: by its values. container: what predictions come in, see `set_output`.
    """

    outputs: tuple[str, ...]
    domain: Domain
    rules: Sequence[Rule]
    tree: Tree
    network: Network
    score_error: float
    complete: bool
    reduction: CollapseStats
    heads: tuple[Head, ...] = ()
    output_error: float | None = None
    evidence: Evidence | None = None
    provenance: Provenance = field(default_factory=Provenance)
    tradeoffs: tuple[Tradeoff, ...] = ()
    decision: Decision | None = None
    traced: Network | None = None
    estimate: Estimate | None = None
    labels: ClassLabels | None = None
    chosen_reference: ReferenceRow | None = None
    schema: TableSchema | None = None
    container: str = field(default="default", repr=False)

    def __post_init__(self) -> None:
        self._complete_heads()

    @property
    def score_count(self) -> int:
        """Number of scores m."""
        return len(self.network.c)

    @property
    def decided_labels(self) -> ClassLabels | None:
        """The labels, less the model's own threshold where the rules have decided already."""
        if self.labels is None or self.decision is None:
            return self.labels
        return replace(self.labels, threshold=None)

    @property
    def is_own_model(self) -> bool:
        """Whether the rules are the model themselves, a tree of linear models, and no network."""
        return isinstance(self.network, LocalTree)

    @property
    def simplified(self) -> bool:
        """Whether the rules aren't `network` as neurons, but near it by a bound, what it decides,
        or a tree of linear models: then they may jump where one ends and another begins.
        """
        return bool(self.tradeoffs) or self.decision is not None or self.is_own_model

    def __repr__(self) -> str:
        """One line: how many rules, of what, in which columns."""
        count = f"{len(self)} rule{'' if len(self) == 1 else 's'}"
        error = "" if self.max_error == 0.0 else f", max_error {self.max_error:.3g}"
        part = "" if self.complete else ", incomplete"
        return (
            f"<RuleSet: {count} for {list_briefly(self.outputs)} of "
            f"{list_briefly([column.name for column in self.domain.columns])}{error}{part}>"
        )

    def _repr_html_(self) -> str:
        """The first rules as text, for notebooks."""
        from relurules.emitting.text.printer import print_first_rules

        return format_notebook_html(repr(self)[1:-1], print_first_rules(self, _RULES_SHOWN))

    def __len__(self) -> int:
        """Number of rules."""
        return len(self.rules)

    def __iter__(self) -> Iterator[Rule]:
        """The rules in the order of their numbers."""
        return iter(self.rules)

    def apply(self, table: Any) -> NDArray[np.intp]:
        """(N, d) array or frame -> (N,) rule numbers, from 1; 0 for a row of no rule.

        That is a row outside the domain, one with an infinite value or with a missing one where the
        column has neither a `fill` nor a category for it, and, of rules that aren't `complete`, one
        where the search didn't get to.
        """
        return self.number_rows(self.domain.rows(table))

    def number_rows(self, X: Array) -> NDArray[np.intp]:
        """As `apply`, of rows in the domain's coordinates, (N, d)."""
        inside = self.domain.contains(X)
        if inside.all():
            return 1 + self.tree.route(X)
        number = np.zeros(len(X), dtype=np.intp)
        number[inside] = 1 + self.tree.route(X[inside])
        return number

    def predict_scores(self, table: Any) -> Array:
        """As `predict`, before the link: the scores f(x), named by `scores`."""
        X = self.domain.rows(table)
        weights, constants = self.maps
        return apply_maps(X, self.number_rows(X) - 1, weights, constants)

    @cached_property
    def read_coordinates(self) -> NDArray[np.bool_]:
        """(d,): which coordinates a rule's map or a split of the tree reads."""
        return np.asarray(self.maps.weights.any(axis=(0, 1)) | self.tree.normals.any(axis=0))

    @cached_property
    def maps(self) -> AffineMap:
        """The rules' affine maps: weights (R, m, d), constants (R, m)."""
        return collect_maps(self.rules)

    @cached_property
    def local_models(self) -> LocalModels:
        """The rules' affine maps, with what is known of their inputs and outputs."""
        classes, threshold = ((), None) if self.decision is None else self.decision
        return LocalModels(
            self.domain,
            self.outputs,
            self.heads,
            *self.maps,
            "rule",
            classes,
            threshold,
            self.labels,
        )

    def ranges(self) -> Array:
        """(R, m, 2) smallest and largest value of every output on the closure of every rule's
        region.

        By linear programs, exact but for their tolerance, infinite where unbounded; whole numbers
        count as continuous, while categories hold one value each. Through a link of one score, or a
        softmax of two, exact as well; a softmax or argmax of more scores is bounded by how far
        pairs of them can be apart, and may not come as far.
        """
        from relurules.statistics.output_ranges import compute_ranges

        return compute_ranges(self)

    def summary(self, data: Any = None, y: Any = None) -> "pandas.DataFrame":
        """One row per rule: its rows in a table, the response there, how well it tells it, its
        outputs' ranges.

        data: (N, d) array or frame, or the path of a file; y: (N,) the true values, numbers or
        classes, of a file the name of their column; without data, what `evidence` holds. Columns:
        see `relurules.ir.summary`. DataError where data and y don't fit.
        """
        from relurules.statistics.summary import summarise_rules

        return summarise_rules(self, data, y)

    def to_sympy(self, *, exact: bool = False, domain: bool = True) -> dict[str, Any]:
        """Output -> sympy Piecewise in one real symbol per coordinate, named as in `features`; 0 or
        1 for categories.

        exact: coefficients as the rational numbers that they are, not as floating point ones.
        domain: whether the first piece is nan for what lies outside the domain; without it, rules
        are taken beyond where they hold. Pieces come in the order of the rules, and the first whose
        conditions hold counts. `sympy.latex` and `sympy.lambdify` go on from there.
        """
        from relurules.statistics.symbolic import to_sympy

        return to_sympy(self, exact=exact, domain=domain)

    def save(self, path: str | Path) -> None:
        """Write JSON (`relurules schema` prints its JSON Schema); the file appears whole or not
        at all.
        """
        from relurules.codec.rules_json import save_rules

        save_rules(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> "RuleSet":
        """Read what `save` wrote; numbers come back exactly.

        RulesError where the file doesn't follow the schema.
        """
        from relurules.codec.rules_json import load_rules

        return load_rules(Path(path))


__all__ = ["CollapseStats", "Condition", "Decision", "HalfSpace", "Rule", "RuleSet", "Tradeoff"]
