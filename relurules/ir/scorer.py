"""What rules of either kind have in common: columns in, scores and outputs out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.errors import DataError, UnsupportedError
from relurules.ir.class_labels import (
    ClassLabels,
    ClassTest,
    check_labels,
    classify_scores,
    explain_no_class,
    find_class_test,
    number_classes,
)
from relurules.ir.evidence import Evidence, Provenance
from relurules.ir.network import Array, Network
from relurules.ir.reference import ReferenceRow, find_default_reference
from relurules.links.heads import (
    Head,
    apply_links,
    check_heads,
    check_outputs,
    make_identity_heads,
    name_scores,
)
from relurules.links.table import LINKS
from relurules.tables.column_types import TableSchema
from relurules.tables.names import quote_name

#: What predictions may come in.
_CONTAINERS = ("default", "pandas", "polars")
#: Names that one line lists.
_NAMES_LISTED = 4


def refuse_path(rules: Any) -> None:
    """DataError for a file's path in place of the rules in it."""
    if isinstance(rules, str | PathLike):
        raise DataError(
            f"the rules are the path {quote_name(str(rules))}; supported: rules of either kind, "
            "which relurules.load reads of a file"
        )


class Scorer(ABC):
    """Rules of either kind: `RuleSet`, of which one applies, and `AdditiveRules`, which add up.

    heads: for each output the link and the scores that it takes. score_error: bound on |network as
    traced - rules| over the domain, for every score (rounding of float64 not counted);
    output_error: the same for the outputs, where they aren't the scores. evidence: what data say;
    provenance: how the rules were made. traced: the network as traced, right outside the domain
    too, if it is kept. chosen_reference: what contributions are measured from, where that was
    chosen; see `reference`. labels: what the model calls its classes, None where it has none or
    doesn't name them: then they are numbered from 0. schema: how the file of a table is read for
    these rules; None: by its values. container: what predictions come in, see `set_output`.
    """

    outputs: tuple[str, ...]
    domain: Domain
    heads: tuple[Head, ...]
    score_error: float
    output_error: float | None
    evidence: Evidence | None
    provenance: Provenance
    traced: Network | None
    labels: ClassLabels | None
    chosen_reference: ReferenceRow | None
    schema: TableSchema | None
    container: str

    @property
    @abstractmethod
    def score_count(self) -> int:
        """Number of scores m."""

    @property
    @abstractmethod
    def read_coordinates(self) -> NDArray[np.bool_]:
        """(d,): which coordinates the rules read."""

    @abstractmethod
    def predict_scores(self, table: Any) -> Array:
        """As `predict`, before the link: the scores f(x), (N, m), named by `scores`."""

    def _complete_heads(self) -> None:
        """Heads of the scores as they are, where there are none; errors for what doesn't fit."""
        heads = self.heads or make_identity_heads(self.score_count)
        object.__setattr__(self, "heads", heads)
        check_heads(heads, len(self.outputs), self.score_count)
        check_outputs(self.outputs)
        check_labels(self.decided_labels, heads, self.score_count)

    @property
    def features(self) -> tuple[str, ...]:
        """The d inputs of the network, in order."""
        return self.domain.names

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the scores; the outputs' own where no link stands between."""
        return name_scores(self.outputs, self.heads, self.score_count, self.features)

    @property
    def max_error(self) -> float:
        """Bound on |network - rules| over the domain, for every output; `score_error` is that for
        the scores.
        """
        return self.score_error if self.output_error is None else self.output_error

    @property
    def reference(self) -> ReferenceRow:
        """The row that contributions and reasons are measured from.

        Where none was chosen, as in files of older versions: the means of the data's rows, if
        `evidence` has them, else the middle of the box.
        """
        return self.chosen_reference or find_default_reference(self.domain, self.evidence)

    @property
    def decided_labels(self) -> ClassLabels | None:
        """The labels, less the model's own threshold where the rules have decided already."""
        return self.labels

    @property
    def class_test(self) -> ClassTest | None:
        """How the scores tell the class; None where the outputs are no classes."""
        labels = self.decided_labels
        threshold = None if labels is None else labels.threshold
        return find_class_test(self.heads, self.score_count, threshold)

    @property
    def tells_label(self) -> bool:
        """Whether the one output is a class whose label is known."""
        return (
            self.labels is not None and len(self.heads) == 1 and LINKS[self.heads[0].link].is_class
        )

    def predict(self, table: Any) -> Any:
        """(N, d) array or frame -> (N, m) float64; NaN for a row of no rule, see `apply`.

        Of a class whose label is text: (N, 1) of the labels, None for such a row. A frame with the
        outputs' names, and with the index of a pandas table, where `set_output` asked for one.
        """
        outputs = self.predict_numbers(table)
        told: Any = outputs
        if self.labels is not None and self.tells_label:
            labels = self.labels.decode(outputs[:, 0])[:, None]
            told = labels if self.labels.kind is str else labels.astype(np.float64)
        return told if self.container == "default" else self._make_frame(told, table)

    def _make_frame(self, values: Any, table: Any) -> Any:
        columns = {name: values[:, i] for i, name in enumerate(self.outputs)}
        if self.container == "polars":
            import polars  # type: ignore[import-not-found, unused-ignore]

            return polars.DataFrame(columns)
        import pandas

        return pandas.DataFrame(columns, index=getattr(table, "index", None))

    def set_output(self, *, transform: str | None = None) -> Self:
        """The same rules, whose `predict` gives "pandas" or "polars" frames with the outputs'
        names, or arrays, "default"; None changes nothing. Unlike scikit-learn's, it returns a copy.
        """
        if transform is None:
            return self
        if transform not in _CONTAINERS:
            raise UnsupportedError(
                f"transform={transform!r}; supported: {', '.join(map(repr, _CONTAINERS))}, or None"
            )

        return replace(self, container=transform)  # type: ignore[type-var]

    def predict_numbers(self, table: Any) -> Array:
        """As `predict`, of a class its number, (N, m) float64."""
        return apply_links(self.heads, self.predict_scores(table))

    def predict_row(self, x: Array) -> dict[str, Any]:
        """The outputs of one row in coordinates, (d,), by name; of a class its label."""
        numbers = self.predict_numbers(x[None])
        values: list[Any] = numbers[0].tolist()
        if self.labels is not None and self.tells_label:
            values = self.labels.decode(numbers[:, 0]).tolist()
        return dict(zip(self.outputs, values, strict=True))

    def classify(self, table: Any) -> NDArray[Any]:
        """(N, d) array or frame -> (N,) objects, the label of every row's class, as the model's own
        `predict` gives it; None for a row outside the domain or with a missing value.

        Where the labels aren't known, the number of the class, from 0. UnsupportedError where the
        outputs are no classes.
        """
        test = self.class_test
        if test is None:
            raise UnsupportedError(explain_no_class(self.heads))

        numbers = classify_scores(test, self.predict_scores(table))
        return (self.labels or number_classes(test.count)).decode(numbers)


def list_briefly(names: Sequence[str]) -> str:
    """`a, b, c`, or `a, b, c, d and 16 more`."""
    hidden = len(names) - _NAMES_LISTED
    listed = ", ".join(names[:_NAMES_LISTED])
    return listed if hidden <= 0 else f"{listed} and {hidden} more"
