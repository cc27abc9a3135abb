"""The public functions of relurules: thin, as all work is done in the rooms behind them (`pipeline`
has the map).

`trace`, `partition`, `count`, `stream`, `reached`, `extract`, `load`, `emit`, `read_batches`,
`verify`, `diff`, `document`, `validate` and `monitor` stand here; `ask`, `edit`, `explain`, `plot`,
`linearize`, `score`, `scorecard`, `prove`, `check` and `write_vnnlib` are those of their rooms.
Rooms are loaded when a function needs them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from relurules.codec.any_rules import load_any_rules
from relurules.domain import Domain
from relurules.errors import DataError, UnusedOptionWarning
from relurules.files.version import VERSION
from relurules.files.writing import write_all
from relurules.ir import (
    AdditiveRules,
    Artifact,
    Count,
    Graph,
    Partition,
    Reached,
    Report,
    RuleSet,
    Scorer,
    StreamResult,
)
from relurules.ir.class_turn import speak_of_class
from relurules.ir.limits import Deadline, make_search_limits
from relurules.ir.network_lines import NetworkLines
from relurules.ir.scorer import refuse_path
from relurules.networks.activations import LINEAR_THRESHOLD
from relurules.reasons.reason_texts import MOST_REASONS, make_reason_options
from relurules.tables.batches import is_table, iterate_batches
from relurules.tables.names import check_finite, to_plain_value
from relurules.tables.table import read_table

if TYPE_CHECKING:
    from relurules.analysis.questions import ask
    from relurules.editing import edit
    from relurules.explaining import explain
    from relurules.ir.difference import Difference
    from relurules.pipeline.frame_scores import score
    from relurules.plotting import plot
    from relurules.proofs.answering import check_answer, prove_answer
    from relurules.proofs.proving import check, prove, write_vnnlib
    from relurules.scorecards import Scorecard
    from relurules.scorecards import make_scorecard as scorecard
    from relurules.training.fit_function import fit
    from relurules.training.linearize_model import linearize
    from relurules.validation import MonitorReport, ValidationReport

Progress = Callable[[int], None]

#: Functions of other rooms, which are loaded when they are asked for -> module and name there.
_OF_ROOMS = {
    "ask": ("analysis.questions", "ask"),
    "check": ("proofs.proving", "check"),
    "check_answer": ("proofs.answering", "check_answer"),
    "edit": ("editing", "edit"),
    "explain": ("explaining", "explain"),
    "fit": ("training.fit_function", "fit"),
    "linearize": ("training.linearize_model", "linearize"),
    "plot": ("plotting", "plot"),
    "prove": ("proofs.proving", "prove"),
    "prove_answer": ("proofs.answering", "prove_answer"),
    "score": ("pipeline.frame_scores", "score"),
    "scorecard": ("scorecards", "make_scorecard"),
    "write_vnnlib": ("proofs.proving", "write_vnnlib"),
}


def __getattr__(name: str) -> Any:
    if name not in _OF_ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, function = _OF_ROOMS[name]
    return getattr(import_module(f"relurules.{module}"), function)


def trace(
    model: Any,
    *,
    input_shape: Sequence[int] | Sequence[Sequence[int]] | None = None,
    labels: Sequence[Any] | None = None,
    positive: Any = None,
    check: bool = False,
) -> Graph:
    """Read a trained network.

    model: torch.nn.Module, torch.export.ExportedProgram, onnx.ModelProto, path of an .onnx or .pt2
    file, or a fitted scikit-learn MLPClassifier or MLPRegressor, a skorch net, or a
    ReLURulesClassifier or ReLURulesRegressor, alone or at the end of a Pipeline; or rules of either
    kind, whose network is what they stand for. A pipeline that encodes categories or imputes is
    read in the columns of its table: `graph.columns`, and `graph.features` are their coordinates.
    Where an ONNX classifier gives class labels beside probabilities, the labels are left out, and
    the probabilities are named by class. input_shape: shape of one row where the model doesn't tell
    it, a list of one for each of several inputs; inputs of higher rank are flattened in order.
    `graph.evaluate(X)`, (N, d) -> (N, m) float64, is the reference network. A sigmoid, softmax,
    log_softmax, exp, expm1, softplus, tanh, logit or argmax at the model's end becomes the link of
    `graph.heads`. Raises ModelError for any other operator that is neither affine nor piecewise
    linear, for weights that aren't finite, and for files that can't be read.

    labels: what the classes are called, in the order of the model's outputs, where the model has no
    labels of its own, as scikit-learn's, skorch's and ONNX classifiers have. positive: the label of
    the class that scores and contributions are to speak of; by default the second of two.

    check: have the model's own framework compute 1,000 random rows beside the network; CheckError
    where they differ by more than rounding. .pt2 files of usual operators are read without torch,
    and are compared with it only then.
    """
    from relurules import tracing

    graph = tracing.trace(model, input_shape, labels, positive)[0]
    if check:
        plain = tracing.trace(model, input_shape)[0]
        tracing.check_by_framework(model, plain, input_shape=input_shape)
    return graph


def partition(
    model: Any,
    domain: Domain,
    *,
    max_regions: float | None = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    jobs: int = 1,
    solver: str = "compiled",
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
) -> Partition:
    """All linear regions of the traced network on `domain`, cut by every neuron, those that nothing
    reads included.

    A search that max_regions, time_limit (seconds) or memory_limit (MB of regions) ends returns
    what it found, with `complete` False and an `estimate` of what is missing. Regions come in the
    lexicographic order of their patterns, -1 before 1, neurons by level, whatever `jobs` (threads
    or processes) or the joblib backend in force (`joblib.parallel_config`). solver: "compiled", or
    "highs", slow, which judges it. checkpoint: a file that is written first, now and then, and when
    the search ends early, whatever ends it, and gone on from if it is there. `progress` is called
    with the number of regions found. Raises DomainError where the domain has no interior.
    """
    from relurules.partitioning import SearchOptions, search_regions
    from relurules.tracing.model_domain import resolve_domain

    graph = trace(model)
    options = SearchOptions(
        max_regions=max_regions,
        time_limit=time_limit,
        memory_limit=memory_limit,
        jobs=jobs,
        solver=solver,
        checkpoint=_as_path(checkpoint),
        progress=progress,
    )

    return search_regions(graph.network, resolve_domain(graph, domain, None), options)


def count(
    model: Any,
    domain: Domain | None = None,
    *,
    data: Any = None,
    max_regions: float | None = None,
    time_limit: float | None = None,
    jobs: int = 1,
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
) -> Count:
    """The number of linear regions, which are not kept; where a budget ends it, with an estimate of
    what is missing.

    max_regions=0 searches nothing and only estimates, in about a second. domain, data: as in
    `extract`; the estimate says which share of the rows was covered. Everything else as in
    `partition`.
    """
    from relurules.partitioning import count_regions, make_budget
    from relurules.tracing.model_domain import resolve_domain_and_rows

    graph = trace(model)
    domain, rows = resolve_domain_and_rows(graph, _choose_domain(model, domain), data)
    limits = make_budget(make_search_limits(max_regions, time_limit), jobs)
    return count_regions(
        graph.network, domain, rows, limits, checkpoint=_as_path(checkpoint), progress=progress
    )


def stream(
    model: Any,
    domain: Domain | None,
    folder: str | Path,
    *,
    data: Any = None,
    maps: bool = True,
    max_regions: float | None = None,
    time_limit: float | None = None,
    jobs: int = 1,
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
) -> StreamResult:
    """Write all linear regions to Parquet files in `folder`, one row each, in little memory.

    Columns: `pattern` (K int8, +1 / -1), `point` (d, strictly inside, in the user's units) and,
    with `maps`, `weights` (m * d, score by score) and `constants` (m). Sorted by name, the files
    hold the regions in the order of `partition`; `_relurules.json` says what they hold. Whatever
    ends the search, what it found is there; a checkpoint goes with its folder. Raises
    UnsupportedError where pyarrow isn't installed, DataError for a folder that holds anything else.
    domain, data: as in `count`; everything else as in `partition`.
    """
    from relurules.partitioning import make_budget, write_regions
    from relurules.partitioning.options import RegionFiles
    from relurules.tracing.model_domain import resolve_domain_and_rows

    graph = trace(model)
    domain, rows = resolve_domain_and_rows(graph, _choose_domain(model, domain), data)
    limits = make_budget(make_search_limits(max_regions, time_limit), jobs)

    return write_regions(
        graph.network,
        domain,
        rows,
        limits,
        RegionFiles(
            folder=Path(folder), maps=maps, version=VERSION, checkpoint=_as_path(checkpoint)
        ),
        progress=progress,
    )


def reached(
    model: Any, data: Any, *, domain: Domain | None = None, progress: Progress | None = None
) -> Reached:
    """The activation patterns that the rows of a table reach, with counts, and the affine map of
    each.

    data: array or frame, an iterable of such, or the path of a CSV or Parquet file; it is read
    once, in pieces. domain: rows outside it are left out, as are rows with a missing value that the
    model doesn't take, and counted in `outside`; None leaves out the latter alone. `progress` is
    called with the number of rows done. Of R patterns of K neurons, in d coordinates, with m
    scores: `.patterns` (R, K) int8 of +1 / -1, the most frequent first, `.counts` (R,), `.points`
    (R, d), a row that reaches each, and `.maps()`, weights (R, m, d) and constants (R, m). All
    neurons of `trace(model).network` count. Memory grows with R, d and K, not with the number of
    rows.

    Reading a network by the patterns of its data is the idea of A. Sudjianto, W. Knauth, R. Singh,
    Z. Yang and A. Zhang, "Unwrapping The Black Box of Deep ReLU Networks: Interpretability,
    Diagnostics, and Simplification", 2020.
    """
    from relurules.domain.table_reading import encode_tables, tell_kinds
    from relurules.partitioning.reach import collect_patterns
    from relurules.tracing.model_domain import make_unbounded_domain, resolve_domain

    graph = trace(model)
    if domain is None and graph.named:
        domain = Domain.over(graph.columns)

    kinds = {} if domain is None else tell_kinds(domain.columns)
    tables = iterate_batches(data, kinds)
    first = next(tables, None)
    if domain is None:
        domain = make_unbounded_domain(
            graph, data if is_table(data) else first, whole=is_table(data)
        )

    domain = resolve_domain(graph, domain, first)
    rows = encode_tables(domain, tables if first is None else chain([first], tables))
    found = collect_patterns(graph.network, rows, domain=domain, progress=progress)
    return replace(found, outputs=graph.outputs, heads=graph.heads)


@overload
def extract(model: Any, *, form: Literal["additive"], **options: Any) -> AdditiveRules: ...
@overload
def extract(model: Any, *, form: Literal["partition"] = ..., **options: Any) -> RuleSet: ...
@overload
def extract(model: Any, *, form: str, **options: Any) -> RuleSet | AdditiveRules: ...
def extract(  # type: ignore[misc]  # the signatures above leave options to this one
    model: Any,
    *,
    domain: Domain | None = None,
    data: Any = None,
    y: Any = None,
    form: str = "partition",
    max_error: float = 0.0,
    max_rules: int | None = None,
    fidelity: str = "domain",
    decision: str | float | None = None,
    max_regions: float | None = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    jobs: int = 1,
    solver: str = "compiled",
    checkpoint: str | Path | None = None,
    threshold: float = LINEAR_THRESHOLD,
    progress: Progress | None = None,
    merging: Progress | None = None,
    keep_checkpoint: bool = False,
    guard_unread: bool = False,
    reference: Any = None,
    labels: Sequence[Any] | None = None,
    positive: Any = None,
) -> RuleSet | AdditiveRules:
    """Rules of a trained network over a domain, in the user's columns and units.

    form: "partition", rules of which one applies, a `RuleSet`; or "additive", lines that add up,
    `AdditiveRules`: one line for every neuron that reads no other, without any search, and small
    partition rules for neurons that read one another. model: what `trace` takes; of rules of the
    other form, which keep their domain, reference and labels.

    domain: where the rules hold; None means the range of `data`, and all of R^d where that is None
    too. data: array or frame whose rows are counted per rule; what they say, with the true values y
    (N,) if given, is `rules.evidence`. labels, positive: as in `trace`; a class is then given by
    its label everywhere, as `rules.classify` does. threshold: a PReLU is linear where |1 - slope| <
    1 - threshold; removing one whose slope isn't exactly 1 changes the function, and
    `rules.max_error` bounds that change (1.0 removes none). max_regions, time_limit (seconds),
    memory_limit (MB): what all of this may take. At a limit rules are made of the regions found,
    right where they hold: `rules.complete` is False then, `rules.estimate` tells how much is
    missing, and other rows have rule 0; conditions that follow from others may be left where there
    was no time to tell. Without any limit TooLargeError, with an estimate, where more than a
    million regions are to be expected; max_regions=math.inf goes on all the same. The first run
    after an installation compiles the search, which isn't counted. jobs, solver, checkpoint,
    progress: as in `partition`. keep_checkpoint: the checkpoint stays when nothing is left to
    search, so that the same call starts with the rules; remove it yourself.

    max_error: how far the rules may be off, in units of the outputs, anywhere in the domain. Within
    that, pieces whose union is convex become one with the closest affine map, terms are left out
    and numbers get fewer digits; what came of it is certified by linear programs,
    `rules.max_error`. 0: only pieces with the same map are merged. max_rules: merge until there are
    no more than so many, with the smallest errors first. `rules.tradeoffs` are the steps; `merging`
    is called with the number of rules left. fidelity: where these rules are to be close to the
    network, "domain", anywhere in it, or "rows", on those of data, by least squares and without the
    terms that matter least there; `rules.max_error` is certified all the same. decision: rules that
    say which class, by conditions alone: "argmax" for the output that is the largest, or a number
    for whether the (last) output is at least that; pieces that decide alike are merged,
    `rules.decision` names classes. Raises UnsupportedError where so few would need a larger error
    than max_error, if that is given, and for either where the domain is open or the search ended
    early; OutOfTimeError where the time limit ends the merging before so few rules are left. Of
    additive rules, a rule is a line: lines are left out, merged and rounded, and those of open
    columns and groups stay as they are; with fidelity="rows" the lines are the closest ones,
    whatever the network. They take no decision and no checkpoint; max_regions, memory_limit, jobs
    and solver are for groups alone, and an UnusedOptionWarning says where there are none
    (`pipeline.form_options.OPTION_USES` is the table).

    Columns that the traced network doesn't read are no part of the rules or of their domain: a row
    may hold anything there, and frames needn't have them. guard_unread: they are, so that a row
    outside their range, or with a missing value there, has rule 0.

    reference: what contributions and reasons are measured from, kept as `rules.reference`: a row of
    the user's columns, or "mean" (the default where there are data), "population", "neutral",
    "best" or "highest" of the data's rows, or "middle" of the domain (the default without data); as
    in `explain`.
    """
    from relurules.partitioning import SearchOptions
    from relurules.pipeline.extraction import extract_additive_rules, extract_rules
    from relurules.pipeline.form_options import describe_idle_options
    from relurules.pipeline.tasks import ExtractOptions, ExtractProgress, ExtractSource

    options = ExtractOptions(
        form=form,
        max_error=max_error,
        max_rules=max_rules,
        decision=decision,
        threshold=threshold,
        fidelity=fidelity,
        guard_unread=guard_unread,
    )
    search = SearchOptions(
        max_regions=max_regions,
        time_limit=time_limit,
        memory_limit=memory_limit,
        jobs=jobs,
        solver=solver,
        checkpoint=_as_path(checkpoint),
        keep_checkpoint=keep_checkpoint,
    )
    source = ExtractSource(
        model=model,
        domain=domain,
        data=data,
        y=y,
        reference=reference,
        labels=labels,
        positive=positive,
    )

    told = ExtractProgress(searching=progress, merging=merging)
    if form == "additive":
        rules = extract_additive_rules(source, options, search, told)
        if said := describe_idle_options(rules, search):
            warnings.warn(said, UnusedOptionWarning, stacklevel=2)
        return rules
    return extract_rules(source, options, search, told)


def load(path: str | Path) -> RuleSet | AdditiveRules:
    """The rules that `save` of either kind wrote; numbers come back exactly.

    RulesError where the file can't be read, or doesn't follow the schema of its kind.
    """
    return load_any_rules(path)


def emit(
    rules: RuleSet | AdditiveRules | Scorecard,
    target: str,
    *,
    dialect: str | None = None,
    form: str | None = None,
    table: str = "input_data",
    key: Sequence[str] = (),
    shape: str = "select",
    name: str | None = None,
    columns: Sequence[str] | None = None,
    outside: str | None = None,
    missing: str = "propagate",
    top: int = MOST_REASONS,
    output: str | None = None,
    number: str = "double",
    title: str | None = None,
    reference: Any = None,
    direction: str = "higher",
    reasons: Any = None,
    positive: Any = None,
    script: bool = True,
    scorecard: Scorecard | Mapping[str, Any] | None = None,
    rename: Mapping[str, str] | None = None,
    state_rounding: bool = False,
) -> Artifact:
    """Rules as text, a document (markdown, html, latex) or code (sql, python, numpy, c,
    javascript, bigquery, java, csharp, onnx, pmml, dbt); a scorecard as text, markdown, html,
    latex, csv or json.

    title: of a document. form, of code: rules, tree or network (numpy has no rules); of additive
    rules lines, the only one, whose columns have `lines`, the numbers of those that apply, in place
    of rule, and whose `outside` is null unless asked otherwise. None is the one that suits. C,
    Python, JavaScript, Java, C# and PMML: rules, or network for outside="exact". numpy and onnx:
    network, or tree for simplified rules unless outside="exact". SQL: rules for up to 8 of them,
    else network, or tree for simplified rules; in shapes of one expression, tree where the dialect
    nests CASE deep enough, else rules; and what the dialect can't take, in the next of these forms
    that it can. number: of C, double or float. Code other than SQL takes `outside`, and as columns
    outputs, class, contributions, reasons and rule (which the two before it add); all else is for
    SQL. dialect: sqlite (default), duckdb, postgres, mysql, mariadb, clickhouse, spark; or, written
    but not executed in tests, databricks, bigquery, snowflake, redshift, trino, tsql, oracle,
    teradata.

    The SELECT reads `table`, and gives `key` columns and `columns`, of: outputs (one column each,
    as named), score (before the link), probability, class (the model's label), contributions (of
    every column that some rule reads, as `explain` has them), reasons (at most `top` columns that
    move the score to its adverse side, the largest first) and rule; None: outputs, and rule where
    one applies. reference: what contributions
    are measured from, a row or "middle", "mean" or "population"; None for `rules.reference`.
    direction: the adverse one of the score, "higher" or "lower"; reasons: their words, a mapping or
    a TOML file, column -> "low", "high" or "text" -> words. outside: what a row outside the domain
    gives: "null", rule 0 and NULL; "clamp", what the nearest row in the box gives; or "exact", rule
    0 and the outputs of the network as traced. None is exact in form network, where the rules keep
    that network, and null in the other forms. missing: what a missing value gives, where the model
    has no constant for it: "propagate", as a row outside; "impute", this is refused; "error", the
    query fails. shape: "select", "view", "dbt" (a model), "expression" or "function", of one
    `output` (or "rule"); `name` names what is created.

    positive: the label of the class that scores, contributions and reasons are to speak of.

    script: whether the HTML document carries the rules as JavaScript, so that they can be tried in
    it, offline; it is the same document without.
    scorecard: whose points the column points of additive rules gives: a card of the same rules, or
    options of `scorecard` as a mapping; None for those by default, with this direction. A row has
    the points that `Scorecard.predict` gives. rename: other names for outputs, such as
    {"p_<=50K": "p_low"}, where an engine can't have the model's own; heads say which is which.
    state_rounding: for partition rules in Python, C, JavaScript, numpy and SQL, whether the head
    states the bound of rounding that `bound_rounding` finds, some milliseconds for each rule; what
    has none is refused. Heads of additive rules state theirs in any case.

    Target dbt is a dbt model of the SQL, in DuckDB's dialect by default, `name` the name of the
    model, with its schema.yml and a generic test.

    Raises UnsupportedError for anything that doesn't exist or that an engine can't take, naming
    what exists, and InputError for names that the engine can't have.
    """
    refuse_path(rules)
    from relurules.emitting import EmitOptions
    from relurules.pipeline.artefacts import emit_rules
    from relurules.scorecards import Scorecard

    if isinstance(rules, Scorecard):
        from relurules.documents.scorecard import emit_scorecard

        return emit_scorecard(rules, target, title)
    options = EmitOptions(
        form=form,
        dialect=dialect,
        title=title,
        table=table,
        key=tuple(key),
        shape=shape,
        name=name or "",
        columns=EmitOptions.columns if columns is None else tuple(columns),
        named=columns is not None,
        outside=outside or "",
        missing=missing,
        output=output or "",
        number=number,
        reasons=make_reason_options(direction, top, reasons),
        reference=reference,
        script=script,
        scorecard=scorecard,
        rename=tuple((rename or {}).items()),
        state_rounding=state_rounding,
    )
    if scorecard is not None and "points" not in options.columns:
        raise DataError("scorecard is whose points the column points gives; add it to columns")

    chosen = rules if positive is None else speak_of_class(rules, positive)
    return emit_rules(chosen, target, options)


def read_batches(data: Any, rules: RuleSet | AdditiveRules | Artifact) -> Iterator[Any]:
    """The rows of a table that doesn't fit memory, in pieces of some 260,000, in order.

    Every piece is what `rules.predict`, `classify`, `apply`, `contributions` and the like take:
    `for rows in rr.read_batches("loans.parquet", rules): rules.predict(rows)`. data: the path of a
    CSV or Parquet file, read as the rules' schema says and of whose columns only those are read
    that the rules need, as a frame whose index counts the file's rows; or a table, or an iterable
    of tables, whose pieces are as they come. DataError for a file that can't be read.
    """
    refuse_path(rules)
    from relurules.pipeline.table_batches import read_rule_tables

    return read_rule_tables(data, rules)


def add_evidence(
    rules: RuleSet | AdditiveRules, data: Any, y: Any = None
) -> RuleSet | AdditiveRules:
    """The same rules, whose `evidence` is what other rows say of them.

    data: array or frame, or the path of a CSV or Parquet file, read as the rules' schema says; a
    file is read in pieces, several times, and only a few numbers of each row are kept, so that it
    needn't fit memory. y: the true values (N,) of the rows, or the name of their column, which a
    file needs. Results don't depend on the pieces. DataError for what can't be read, for a y that
    doesn't fit, and for a file that changes meanwhile.
    """
    refuse_path(rules)
    from relurules.statistics.additive_statistics import add_additive_evidence
    from relurules.statistics.evidence_statistics import add_evidence as add_rule_evidence

    if isinstance(rules, AdditiveRules):
        return add_additive_evidence(rules, data, y)
    return add_rule_evidence(rules, data, y)


def verify(
    artifact: Artifact | RuleSet | AdditiveRules, model: Any, X: Any, engine: str | None = None
) -> Report:
    """Run an artefact in its engine (`verifying.engines.ENGINES`) on the rows X and compare it with
    the network.

    artifact: may be rules too, which this package itself runs. model: what `trace` takes, computed
    in float64 by its own framework, or rules. X: (N, d) array or frame, or the path of a CSV or
    Parquet file, which is read and compared in pieces, in bounded memory. The report is
    true when all differences are rounding of the artefact's arithmetic, or the rules' own
    max_error, and nothing that would be seen: see `Report.passed`. SQL may read the rows and
    nothing else; other code is run as it is. Raises CheckError where the artefact doesn't run.
    """
    refuse_path(artifact)
    from relurules.pipeline.table_batches import read_rule_tables, verify_tables
    from relurules.pipeline.verification import verify_model

    if isinstance(X, str | Path):
        return verify_tables(artifact, model, read_rule_tables(X, artifact), engine)
    return verify_model(artifact, model, X, engine)


def diff(
    old: Any,
    new: Any,
    data: Any = None,
    *,
    domain: Domain | None = None,
    tolerance: float | None = None,
    names: tuple[str, str] = ("old", "new"),
    time_limit: float | None = None,
) -> Difference:
    """The largest difference of two rule sets or models anywhere in a domain, where it is, and
    which rules changed.

    old, new: rules of either kind, or models as `extract` takes them, whose rules are extracted
    first; beside additive rules any network is compared as it is, whatever its depth. Models are
    compared over `domain`, by default that of the other one's rules, or the range of `data`. Rules
    are compared where their domains overlap. data: (N, d) array or frame: how many of its rows are
    decided differently. tolerance: how far scores may be
    apart and still count as equivalent, by default what rounding may make of them. The result is
    true where that is proven: by linear programs, rounded outwards, on every part of the domain
    that a rule of each shares, and where either adds up by branch and bound over its lines. It
    prints as text, and has `.to_json()`. time_limit: seconds that all of this may take, a third of
    them for each model's rules; at the limit the difference is of what was compared until then, and
    says so. OutOfTimeError where that is nothing. DataError where columns, outputs, links or
    classes aren't the same.
    """
    from relurules.analysis.rule_comparison import compare_rules
    from relurules.partitioning import compile_search
    from relurules.pipeline.extraction import trace_lines
    from relurules.pipeline.tasks import ExtractSource

    check_finite(tolerance=tolerance)
    tolerance = to_plain_value(tolerance)
    known = domain or next((one.domain for one in (old, new) if isinstance(one, Scorer)), None)
    if known is None and data is None:
        raise DataError(
            "two models are compared over a domain; give domain, or data, whose range is taken"
        )

    data = None if data is None else read_table(data)
    models = [one for one in (old, new) if not isinstance(one, Scorer)]
    if models and time_limit is not None:
        compile_search()

    deadline, third = Deadline.after(time_limit), None if time_limit is None else time_limit / 3.0
    adds = any(isinstance(one, AdditiveRules) for one in (old, new))

    def make_side(one: Any) -> Any:
        if isinstance(one, Scorer):
            return one
        if adds:
            lines = trace_lines(ExtractSource(model=one, domain=known, data=data))
            # Over open columns bounds are those of the same neurons: rules that were written alike.
            if not isinstance(lines, NetworkLines) or lines.domain.is_bounded:
                return lines
        form = "additive" if adds else "partition"

        return extract(one, domain=known, data=data, form=form, time_limit=third)

    sides = [make_side(one) for one in (old, new)]
    return compare_rules(
        sides[0], sides[1], data=data, tolerance=tolerance, names=names, deadline=deadline
    )


def document(
    rules: RuleSet | AdditiveRules,
    folder: str | Path,
    *,
    data: Any = None,
    validation: Any = None,
    test: Any = None,
    y: str | None = None,
    groups: Sequence[str] = (),
    by: str | None = None,
    about: Any = None,
    fit: str | Path | None = None,
    cut: float | None = None,
    direction: str = "higher",
    least: int = 50,
    resamples: int = 1000,
    seed: int = 0,
    refits: int = 0,
    title: str | None = None,
    formats: Sequence[str] | None = None,
    certificates: Sequence[str | Path] = (),
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write the document that is signed into a folder, with the validation and its data; returns
    the paths. The Python twin of `relurules document`, whose help says what is written.

    data, validation, test: rows that were trained on, that chose among models, that were only
    scored: frames or paths of CSV or Parquet files; the first of them is the base of comparisons. A
    file that the command would need options to read is given as a frame.
    y: their column of true values; groups: columns whose groups are looked at; by: a column of
    dates or periods. about: a mapping, or the path of a TOML file. fit: the folder that `fit` saved
    to, by which the rows of data are split. cut: probability from which class 1 is told; direction:
    the adverse one of the score; least: rows that a group has at least; resamples, seed: of
    intervals; refits: fit again to so many resamples of the fit's rows, of which `progress` is
    told; formats: of the document, of html, md, tex, pdf, docx and xlsx; certificates: files that
    `prove_answer` gave and `save` wrote, which the document tells of. DataError and InputError
    for what can't be read or doesn't fit; UnsupportedError where the package of a format isn't
    installed; CheckError for a certificate that doesn't hold.
    """
    refuse_path(rules)
    asked = dict(locals())
    from relurules.documents.file_formats import USUAL_FORMATS, check_formats
    from relurules.pipeline.document_folder import write_document_files
    from relurules.pipeline.document_sources import DocumentSources, prepare_document, write_call
    from relurules.proofs.answering import read_statement
    from relurules.training.document_refits import add_refits
    from relurules.validation import ValidationOptions

    wanted = check_formats(USUAL_FORMATS if formats is None else formats)
    given = {"training": data, "validation": validation, "test": test}
    options = ValidationOptions(
        target=y, cut=cut, groups=tuple(groups), by=by, adverse=direction, least=least,
        rounds=resamples, seed=seed,
    )  # fmt: skip
    sources = DocumentSources(
        tables={part: table for part, table in given.items() if table is not None},
        about=about,
        fit=_as_path(fit),
        title=title,
        command=write_call(asked),
        formats=wanted,
        proven=tuple(read_statement(Path(path), rules) for path in certificates),
    )
    request = prepare_document(rules, sources, options)
    request = add_refits(rules, request, sources, refits, progress or (lambda _: None))

    return write_all(Path(folder), write_document_files(rules, request))


def validate(
    rules: RuleSet | AdditiveRules, parts: Mapping[str, Any], y: str | None = None, **options: Any
) -> ValidationReport:
    """The figures of rules on parts of rows, {name: frame}, of which the first is the base of
    comparisons; y: the column with the true values.

    options: cut, groups, by, adverse, least, rounds and seed, see `ValidationOptions`. The report
    has `.figures`, `.groups` and other tables, and `.to_json()`.
    """
    refuse_path(rules)
    from relurules.validation import ValidationOptions, validate_rules

    return validate_rules(rules, parts, ValidationOptions(target=y, **options))


def monitor(
    rules: RuleSet | AdditiveRules,
    data: Any,
    reference: Any,
    *,
    by: str | None = None,
    psi: float = 0.25,
    outside: float = 0.05,
    missing: float = 0.05,
) -> MonitorReport:
    """Rows that came later beside those of a reference, frames both: what has moved, and what is
    above limits. The report is true where nothing is; it prints as text, and has `.to_json()`.

    by: a column of dates, whose months are told apart, or of periods. psi, outside, missing: the
    limits of the stability index, of the share of rows outside the domain, and of the rise of a
    column's share of missing values.
    """
    refuse_path(rules)
    from relurules.validation import MonitorLimits, monitor_rules

    limits = MonitorLimits(psi=psi, outside=outside, missing=missing)
    return monitor_rules(rules, data, reference, limits=limits, by=by)


def monitor_sql(
    rules: RuleSet | AdditiveRules,
    reference: Any,
    *,
    dialect: str = "duckdb",
    table: str = "input_data",
    by: str | None = None,
    psi: float = 0.25,
    outside: float = 0.05,
    missing: float = 0.05,
) -> str:
    """What `monitor` finds, as one query that is run where the rows are: the bands and shares of
    the reference, a frame, stand in it. `relurules monitor --help` says what it returns.

    table: of the database; by: its column of dates, whose months are told apart, or of periods;
    psi, outside, missing: limits, as in `monitor`. UnsupportedError for a dialect that can't have
    it.
    """
    refuse_path(rules)
    from relurules.pipeline.monitor_query import write_monitor_sql
    from relurules.validation import MonitorLimits

    limits = MonitorLimits(psi=psi, outside=outside, missing=missing)
    return write_monitor_sql(rules, reference, dialect, table, limits, by)


def _choose_domain(model: Any, domain: Domain | None) -> Domain | None:
    """The domain given, or that of rules."""
    return model.domain if domain is None and isinstance(model, Scorer) else domain


def _as_path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


__all__ = [
    "Domain",
    "ask",
    "check",
    "check_answer",
    "count",
    "diff",
    "document",
    "edit",
    "emit",
    "explain",
    "extract",
    "fit",
    "linearize",
    "load",
    "monitor",
    "monitor_sql",
    "partition",
    "plot",
    "prove",
    "prove_answer",
    "reached",
    "score",
    "scorecard",
    "stream",
    "trace",
    "validate",
    "verify",
    "write_vnnlib",
]
