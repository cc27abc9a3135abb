"""A table -> a pipeline that ends in few rules: columns are typed and encoded, rows split, a
baseline put beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.files.notebook import format_notebook_html
from relurules.ir import AdditiveRules, Graph, RuleSet
from relurules.ir.limits import NEVER, Deadline
from relurules.partitioning import SearchOptions, compile_search
from relurules.pipeline.extraction import extract_additive_rules, extract_rules
from relurules.pipeline.tasks import ExtractSource
from relurules.tables.column_types import TableSchema
from relurules.tracing import trace
from relurules.tracing.model_domain import derive_domain
from relurules.training.drawn_rows import (
    DrawnTable,
    UndrawnRows,
    prepare_drawn,
    score_undrawn,
)
from relurules.training.estimators import ReLURulesClassifier, ReLURulesRegressor
from relurules.training.fit_columns import (
    ColumnKinds,
    group_coordinates,
    make_encoder,
)
from relurules.training.fit_constraints import (
    describe_settings,
    find_reference,
    turn_constraints,
    turn_fitted_trends,
)
from relurules.training.fit_options import FitOptions
from relurules.training.fit_scores import (
    FitScores,
    average_scores,
    repeat_fits,
    score_models,
    turn_calibration,
)
from relurules.training.held_constraints import hold_constraints
from relurules.training.prepared_table import PreparedTable

if TYPE_CHECKING:
    import pandas as pd


#: Share of a time limit that is for training.
_TRAINING_SHARE = 0.7
#: Share of a time limit that writing down the rules may take beyond it.
_EXTRA = 0.1
#: Columns that couldn't be learnt from are named up to so many.
_NAMED = 4


@dataclass(frozen=True)
class Fitted:
    """pipeline: reads the raw columns of `frame`, (N, d), which is all rows, or those that were
    drawn; graph: it as traced;
    rules: the same.

    scores: by model, and then by train, validation and test; measure: what they are. everywhere:
    whether the rules hold on the range of all rows; else on that of the rows that were trained on.
    schema: what the columns of the file were taken for; None for a table that was in no file.
    """

    pipeline: Any
    graph: Graph
    wanted: FitOptions
    task: str
    columns: ColumnKinds
    frame: "pd.DataFrame"
    rows: Mapping[str, int]
    rules: RuleSet | AdditiveRules
    everywhere: bool
    scores: Mapping[str, Mapping[str, float]]
    measure: str
    schema: TableSchema | None = None

    #: How the rows were split.
    split: str = "at random"
    #: Groups of test rows, what is predicted of them and what was seen; None for other targets than
    #: two classes.
    calibration: "pd.DataFrame | None" = None
    #: Mean and interval of every model's test score over several splits; None for one.
    repeated: "pd.DataFrame | None" = None
    #: Numbers of the rows of every part, as `rows` counts them.
    places: Mapping[str, Any] = field(default_factory=dict)
    #: Seconds of processor time that all of it took.
    seconds: float = 0.0
    #: The path of the table's file; None for a frame.
    source: str | None = None
    #: The trends that the rules keep, of the scores that they have, by column.
    trends: Mapping[str, int] = field(default_factory=dict)
    #: Of a table from which rows were drawn, the others; None where all rows were learnt from.
    undrawn: UndrawnRows | None = None

    @property
    def estimator(self) -> Any:
        """The last step."""
        return self.pipeline[-1]

    @property
    def parts(self) -> str:
        """What the rules consist of."""
        return "lines" if self.wanted.form == "additive" else "rules"

    @property
    def report(self) -> "pd.DataFrame":
        """Scores of the network, the rules and models beside them, one row each, by part of the
        rows; the columns' name is the measure.
        """
        import pandas as pd

        table = pd.DataFrame(self.scores).T
        return table.rename_axis(columns=self.measure)

    def __repr__(self) -> str:
        """One line: the target, the rules and their score, and columns that couldn't be learnt
        from; `columns.dropped` says why.
        """
        score, left = self.scores["the rules"]["test"], [*self.columns.dropped]
        names = [*left[:_NAMED], f"{len(left) - _NAMED} more"] if len(left) > _NAMED else left
        unread = f"; not learnt from: {', '.join(names)}" if left else ""
        return (
            f"<Fitted: {self.wanted.target} by {len(self.rules)} {self.parts}, {self.measure} "
            f"{score:.4g} on test rows{unread}>"
        )

    def _repr_html_(self) -> str:
        """The scores, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], self.report.to_string())

    def save(self, folder: str | Path) -> list[Path]:
        """Write into the folder what `relurules fit` writes: the pipeline, the network, rules, rule
        document, front and summary; returns their paths. All of them are written, or none.
        """
        from relurules.training.fit_files import write_fit

        write_fit(self, Path(self.source or "DATA.csv"), Path(folder))
        return sorted(path for path in Path(folder).iterdir() if path.is_file())


def fit_table(drawn: DrawnTable, wanted: FitOptions, say: Callable[[str], None]) -> Fitted:
    """Train on a table with the target among its columns; `say` is called with lines about how far
    it is.

    Raises DataError for a table or a target that can't be learnt from, UnsupportedError for an
    unknown task.
    """
    if wanted.time_limit is not None:
        compile_search()

    start, deadline = process_time(), Deadline.after(wanted.time_limit)
    schema = drawn.file.schema
    prepared = prepare_drawn(drawn, wanted)
    wanted = prepared.wanted
    pipeline = fit_pipeline(prepared, wanted, wanted.seed, say, deadline)
    say("writing down the rules")
    # Once: it asks encoders about every category.
    graph, _ = trace(pipeline, positive=wanted.positive)
    rules, everywhere = extract_fitted_rules(graph, prepared, wanted, deadline)
    settings = {**rules.provenance.settings, **describe_settings(wanted, prepared.split.said)}
    settings |= drawn.describe()
    rules = replace(
        rules,
        provenance=replace(rules.provenance, model=type(pipeline).__name__, settings=settings),
        schema=schema.restrict([c.table_name for c in graph.columns]),
    )
    trends = turn_fitted_trends(pipeline[-1], prepared.y, wanted.positive, prepared.task)
    rules = hold_constraints(rules, trends, wanted.effect_bounds, prepared.columns.ordered)
    found = _score_pipeline(pipeline, prepared)
    undrawn = score_undrawn(drawn, rules, pipeline[-1], prepared, wanted.target)
    is_first = graph.labels is not None and graph.labels.positive == 0
    calibration = turn_calibration(found.calibration) if is_first else found.calibration

    return Fitted(
        pipeline, graph, wanted, prepared.task, prepared.columns, prepared.frame, found.rows,
        rules, everywhere, found.scores, found.measure, schema, prepared.split.said,
        calibration, _repeat_splits(prepared, wanted, found, say), found.places,
        process_time() - start, trends=trends, undrawn=undrawn,
    )  # fmt: skip


def fit_pipeline(
    prepared: PreparedTable,
    wanted: FitOptions,
    seed: int,
    say: Callable[[str], None],
    deadline: Deadline,
) -> Any:
    """The encoder and the estimator, fitted to the rows to train on."""
    from sklearn.pipeline import Pipeline

    train, frame, y = prepared.split.train, prepared.frame, prepared.y
    rows = frame.iloc[train]
    encoder = make_encoder(prepared.columns, rows, scaled=wanted.is_network)
    encoded = encoder.fit_transform(rows)
    estimator = _make_estimator(wanted, prepared.task, say, deadline.share(_TRAINING_SHARE))
    estimator.set_params(random_state=seed)
    estimator._chosen_by = prepared.split.validation
    if wanted.form == "additive":
        turned = turn_constraints(wanted, y, prepared.task)
        estimator.set_params(column_groups=group_coordinates(encoder), **turned)
    if wanted.effect_bounds:
        every = np.asarray(encoder.transform(frame), dtype=float)
        reach = np.asarray(encoder.transform(prepared.reach), dtype=float)
        at = find_reference(wanted.reference, frame)
        at = every.mean(axis=0) if at is None else np.asarray(encoder.transform(at))[0]
        estimator._effect_frame = reach.min(axis=0), reach.max(axis=0), at

    pipeline = Pipeline([("columns", encoder), ("rules", estimator.fit(encoded, y[train]))])
    pipeline[-1].set_params(verbose=False)
    return pipeline


def _score_pipeline(pipeline: Any, prepared: PreparedTable) -> FitScores:
    estimator = pipeline[-1]
    front, chosen = estimator.front_, estimator.chosen_ or 0
    leaves = 2 if front is None else max(2, int(front["rules"].tolist()[chosen]))
    return score_models(pipeline, prepared.frame, prepared.y, prepared.split, prepared.task, leaves)


def _repeat_splits(
    prepared: PreparedTable, wanted: FitOptions, first: FitScores, say: Callable[[str], None]
) -> "pd.DataFrame | None":
    """Test scores over several splits, for each of which all is fitted anew."""
    if wanted.repeats == 1:
        return None

    def fit(seed: int) -> Mapping[str, Mapping[str, float]]:
        say(f"split {seed - wanted.seed + 1} of {wanted.repeats}")
        drawn = prepared.draw(wanted, seed)
        pipeline = fit_pipeline(drawn, wanted, seed, lambda _: None, NEVER)
        return _score_pipeline(pipeline, drawn).scores

    every = repeat_fits(fit, first.scores, wanted.repeats, wanted.seed)
    test = first.rows["test"]
    return average_scores(every, test / (sum(first.rows.values()) - test))


def _make_estimator(
    wanted: FitOptions, task: str, say: Callable[[str], None], deadline: Deadline
) -> Any:
    kind = ReLURulesRegressor if task == "regression" else ReLURulesClassifier
    limit = deadline.left() if deadline.is_set else None
    if wanted.form == "additive":
        return kind(
            form="additive", max_rules=wanted.max_rules, max_columns=wanted.max_columns,
            max_condition_columns=wanted.max_condition_columns, teacher=wanted.teacher,
            random_state=wanted.seed, verbose=say, time_limit=limit,
            interactions=wanted.interactions, no_interactions=wanted.no_interactions,
            signs=wanted.signs,
        )  # fmt: skip

    if wanted.method == "tree":
        return kind(
            linearization="tree", max_rules=wanted.max_rules, max_terms=wanted.max_terms,
            max_condition_terms=wanted.max_condition_terms, teacher=wanted.teacher,
            max_formula_terms=wanted.max_formula_terms, random_state=wanted.seed, verbose=say,
            time_limit=limit,
        )  # fmt: skip

    return kind(
        hidden_layer_sizes=wanted.hidden, max_rules=wanted.max_rules, max_terms=wanted.max_terms,
        max_condition_terms=wanted.max_condition_terms, random_state=wanted.seed, verbose=say,
        time_limit=limit,
    )  # fmt: skip


def extract_fitted_rules(
    model: Any, prepared: PreparedTable, wanted: FitOptions, deadline: Deadline = NEVER
) -> tuple[RuleSet | AdditiveRules, bool]:
    """The rules in raw columns, over the range of all rows; of those trained on where there would
    be too many.
    """
    import pandas as pd

    frame, train = prepared.frame, prepared.split.train
    y = pd.Series(prepared.y, name=wanted.target)
    domain = None if prepared.extremes is None else derive_domain(model, prepared.reach)
    source = ExtractSource(model=model, domain=domain, data=frame, y=y, reference=wanted.reference)
    if wanted.form == "additive":
        return extract_additive_rules(source), True

    def left(part: float) -> float | None:
        """Of the time that is left, with a little more: so few rules take next to none, and are to
        be all of them.
        """
        return part * deadline.left() + 1.0 + _EXTRA * deadline.seconds if deadline.is_set else None

    rules = extract_rules(source, search=SearchOptions(time_limit=left(0.5)))
    if rules.complete and len(rules) <= wanted.max_rules:
        return rules, True

    source = ExtractSource(
        model=model, data=frame.iloc[train], y=y.iloc[train], reference=wanted.reference
    )
    return extract_rules(source, search=SearchOptions(time_limit=left(1.0))), False
