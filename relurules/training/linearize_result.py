"""What linearisation gives: the network within the budget, and the front it was chosen from."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.domain.columns import is_plain
from relurules.errors import UnsupportedError
from relurules.files.notebook import format_notebook_html
from relurules.files.writing import write_all
from relurules.ir import Graph
from relurules.tracing.model_weights import format_model_json
from relurules.training.front import FrontPoint
from relurules.training.objective import compute_score
from relurules.training.relu_parameters import run_forward
from relurules.training.task import Rows, Task
from relurules.training.terms import count_condition_terms, count_formula_terms

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Linearized:
    """graph: the network within the budget, which `extract` and all others take; front: one row per
    network on the way.

    Columns of the front: neurons; regions and rules over the range of the data; patterns that the
    rows reach; terms, the mean number of inputs in a condition, condition_terms and formula_terms,
    the most; train, validation and, where test rows were given, test: the scores. chosen: the row
    that is `graph`, which was trained on with all rows after its validation score was taken; task;
    measure: R2, AUC or accuracy.
    """

    graph: Graph
    front: "pd.DataFrame"
    chosen: int
    task: str
    measure: str

    def __repr__(self) -> str:
        """One line: how many neurons and rules are left, and how well they score."""
        point = self.front.iloc[self.chosen]
        return (
            f"<Linearized: {point['neurons']:.0f} neurons, {point['rules']:.0f} rules, "
            f"{self.measure} {point['validation']:.4g} on validation rows>"
        )

    def _repr_html_(self) -> str:
        """The front, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], self.front.to_string())

    @cached_property
    def model(self) -> Any:
        """A torch module, float64, of the model's inputs; the graph where these stand for
        categories, or for argmax.
        """
        from relurules.training.torch_module import LinearizedNetwork

        module = is_plain(self.graph.columns) and all(
            head.link != "argmax" for head in self.graph.heads
        )
        return LinearizedNetwork(self.graph).eval() if module else self.graph

    def save(self, folder: str | Path) -> list[Path]:
        """Write front.csv, model.json and, where matplotlib is installed, front.svg into the
        folder; returns their paths.

        model.json is the network with its names, links and categories, which `trace`, `extract` and
        all commands take as a model.
        """
        return write_all(Path(folder), self.files())

    def files(self) -> dict[str, str]:
        """What `save` writes: names and texts."""
        return self.picture_files() | {"model.json": format_model_json(self.graph)}

    def picture_files(self) -> dict[str, str]:
        """The front, as a table and, where matplotlib is installed, as a figure."""
        from relurules.training.front_figure import draw_front

        files = {"front.csv": self.front.to_csv(index=False)}
        with suppress(UnsupportedError):  # no matplotlib
            files["front.svg"] = draw_front(self.front, self.chosen, self.measure)
        return files


def front_table(
    found: Sequence[FrontPoint], training: Rows, test: Rows | None, task: Task
) -> "pd.DataFrame":
    """One row per point, see `Linearized`; test: rows that are only scored."""
    import pandas as pd

    table = []
    for point in found:
        compact, terms = point.compact, count_condition_terms(point.compact)
        signs = run_forward(compact, training.X).Z >= 0
        table.append({
            "neurons": len(compact),
            "regions": point.size.regions,
            "rules": point.size.rules,
            "patterns": len(np.unique(np.packbits(signs, axis=1), axis=0)) if len(compact) else 1,
            "terms": float(terms.mean()) if len(compact) else 0.0,
            "condition_terms": int(terms.max(initial=0)),
            "formula_terms": count_formula_terms(compact),
            "sparse": point.sparse,
            "parallel": point.parallel,
            "train": compute_score(compact, training, task),
            "validation": point.score,
            **({} if test is None else {"test": compute_score(compact, test, task)}),
        })  # fmt: skip

    return pd.DataFrame(table)
