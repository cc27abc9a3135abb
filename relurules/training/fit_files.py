"""What `relurules fit` leaves behind: the pipeline, the network, rules, front and summary, in one
folder.
"""

import io
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from relurules.codec.any_rules import format_any_rules
from relurules.domain.columns import is_plain
from relurules.emitting import EmitOptions
from relurules.errors import UnsupportedError
from relurules.files.writing import write_all
from relurules.ir import RuleSet
from relurules.ir.local_tree import LocalTree
from relurules.pipeline.artefacts import emit_rules
from relurules.tables.schema_values import write_schema
from relurules.tracing.model_weights import format_model_json
from relurules.training.fit_noting import record_fit
from relurules.training.fit_scores import FIRST_NETWORK
from relurules.training.table_fit import Fitted
from relurules.training.teacher import describe_teacher
from relurules.wording.coverage import describe_missing

#: Everything that may be written, in the order of writing.
_FILES = (
    "columns.toml",
    "model.joblib",
    "model.pt2",
    "model.json",
    "rules.json",
    "rules.txt",
    "rules.html",
    "front.csv",
    "front.svg",
    "fit.json",
    "parts.csv",
    "summary.txt",
)


def write_fit(fitted: Fitted, data: Path, folder: Path, command: str = "") -> str:
    """Write all files into the folder, all of them or none, and return the summary.

    data: the file that the table came from. command: that this is, noted in fit.json. Files of an
    earlier fit that this one doesn't write are removed.
    """
    contents = _build_files(fitted)
    contents |= record_fit(fitted, data, contents, command).to_files()
    written = [file for file in _FILES if file in contents]
    summary = summary_text(fitted, data, folder, [*written, "summary.txt"])
    contents["summary.txt"] = summary
    others = [file for file in _FILES if file not in contents]
    write_all(folder, {file: contents[file] for file in _FILES if file in contents}, without=others)

    return summary


def _build_files(fitted: Fitted) -> dict[str, str | bytes]:
    """What every file but the summary holds."""
    import joblib  # type: ignore[import-untyped]

    from relurules.training.linearize_result import Linearized

    estimator, graph = fitted.estimator, fitted.graph
    pipeline = io.BytesIO()
    joblib.dump(fitted.pipeline, pipeline)
    contents: dict[str, str | bytes] = {
        "model.joblib": pipeline.getvalue(),
        "rules.json": format_any_rules(fitted.rules),
    }

    if fitted.schema is not None:
        contents["columns.toml"] = write_schema(fitted.schema)
    is_tree = isinstance(graph.network, LocalTree)
    if is_plain(graph.columns) and not is_tree:
        contents["model.pt2"] = _export_network(graph)

    contents |= _print_documents(fitted)
    front = Linearized(
        estimator.graph_, estimator.front_, estimator.chosen_, fitted.task, fitted.measure
    )

    if is_tree:  # a file of weights is of neurons; rules.json is the model
        files = front.picture_files()
        return contents | files
    return contents | front.files() | {"model.json": format_model_json(graph)}


def _print_documents(fitted: Fitted) -> dict[str, str]:
    """The rule document as text and as HTML."""
    rules, options = fitted.rules, EmitOptions(title=f"{fitted.wanted.target}, by few rules")
    if isinstance(rules, RuleSet):
        return {**emit_rules(rules, "text").texts, **emit_rules(rules, "html", options).texts}
    with suppress(UnsupportedError):  # no document of lines yet
        return {**emit_rules(rules, "text").texts, **emit_rules(rules, "html", options).texts}
    return {}


def _export_network(graph: Any) -> bytes:
    """The network of the raw columns as torch.export writes it, for any number of rows."""
    import torch

    from relurules.training.torch_module import LinearizedNetwork

    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    rows = torch.zeros(2, len(graph.features), dtype=torch.float64)
    archive = io.BytesIO()
    torch.export.save(
        torch.export.export(LinearizedNetwork(graph).eval(), (rows,), dynamic_shapes=sizes), archive
    )

    return archive.getvalue()


def summary_text(fitted: Fitted, data: Path, folder: Path, written: list[str]) -> str:
    """What was used, what came out, how good it is beside a linear model, and what to do next; ends
    with a newline.
    """
    parts: list[Callable[[Fitted], list[str]]] = [
        _describe_data,
        _describe_model,
        _describe_scores,
    ]
    lines = [line for part in parts for line in part(fitted)]
    lines += [f"files      {folder}: {', '.join(written)}"]

    if "front.svg" not in written:
        lines += ["           no front.svg without matplotlib: pip install 'relurules[plot]'"]

    first, *further = _suggest_commands(data, folder, written)
    lines += [f"next       {first}", *(f"           {command}" for command in further)]
    return "\n".join(lines) + "\n"


def _describe_data(fitted: Fitted) -> list[str]:
    columns, rows, wanted = fitted.columns, fitted.rows, fitted.wanted
    filled = [name for name in columns.filled if name not in columns.marked]
    marked = [name for name in columns.filled if name in columns.marked]
    counts = [
        f"{len(names)} {what}"
        for names, what in (
            (columns.numbers, "of numbers"),
            (filled, "of numbers, some missing, which count as the median"),
            (marked, "of numbers, some missing, which have points of their own"),
            (columns.categories, "of categories"),
            (columns.ordered, "of categories in an order"),
        )
        if names
    ]
    told = ", told from its values; --task says otherwise" if wanted.task == "auto" else ""
    split = ", ".join(f"{count} {part}" for part, count in rows.items())
    lines = [
        f"rows       {sum(rows.values())}: {split}; split {fitted.split}",
        f"target     {wanted.target}: {fitted.task}{told}",
        f"columns    {'; '.join(counts)}",
    ]

    if (others := fitted.undrawn) is not None:
        lines.insert(
            1, f"drawn      {sum(rows.values())} of {others.total} rows, at random by --seed"
        )
    lines += [f"dropped    {name}: {why}" for name, why in columns.dropped.items()]
    lines += [
        f"rare       {name}: {len(rare)} categories of fewer than {wanted.min_category_rows} rows "
        "count as any other value"
        for name, rare in columns.rare.items()
    ]

    return lines + _describe_types(fitted)


def _describe_types(fitted: Fitted) -> list[str]:
    """What isn't plain of the columns that are used: codes, and what dates became."""
    if fitted.schema is None:
        return []
    used = set(fitted.frame.columns)
    lines = [
        f"code       {name}: {column.note}; --types says otherwise"
        for name, column in fitted.schema.columns.items()
        if column.kind == "code" and column.note and name in used
    ]
    definitions = fitted.schema.definitions.items()

    return lines + [f"date       {name}: {said}" for name, said in definitions if name in used]


def _describe_model(fitted: Fitted) -> list[str]:
    if fitted.wanted.form == "additive":
        return _describe_lines(fitted)
    if fitted.wanted.method == "tree":
        return _describe_tree(fitted)
    return _describe_network(fitted)


def _describe_network(fitted: Fitted) -> list[str]:
    """The network that was trained first, and how many rules are left of it."""
    estimator, rules = fitted.estimator, fitted.rules
    layers = "-".join(map(str, fitted.wanted.hidden))
    rows = (
        "all rows"
        if fitted.everywhere
        else "the rows that were trained on; over all there are more"
    )
    lines = [
        f"network    {len(estimator.dense_network_)} neurons ({layers}), {estimator.n_iter_} "
        f"epochs; {len(estimator.network_)} left",
        f"rules      {len(rules)} (at most {fitted.wanted.max_rules}), over the range of {rows}",
    ]

    if estimator.hurried_:
        lines += [
            (
                f"           the time limit of {fitted.wanted.time_limit:g} s ended training; more "
                "time may do better"
            )
        ]

    if not rules.complete and isinstance(rules, RuleSet):
        lines += [f"           {describe_missing(rules)}"]
    if len(rules) == 1 and rules.complete:
        lines += [
            (
                "           one formula for all rows did best on the validation rows; front.csv "
                "has the others"
            )
        ]

    return lines


def _describe_tree(fitted: Fitted) -> list[str]:
    """How many rules there are, and what they are."""
    wanted, estimator = fitted.wanted, fitted.estimator
    lines = [
        f"rules      {len(fitted.rules)} (at most {wanted.max_rules}), the leaves of a tree of "
        "linear models, which may jump where one ends"
    ]
    if wanted.teacher is not None:
        lines += [f"teacher    {describe_teacher(wanted.teacher)}: half of every target"]
    if estimator.hurried_:
        lines += [
            (
                f"           the time limit of {wanted.time_limit:g} s ended training; more "
                "time may do better"
            )
        ]
    if len(fitted.rules) == 1:
        tried = estimator.front_["validation"]
        lines += (
            ["           one formula for all rows did best; front.csv has the others"]
            if tried.nunique() > 1 or len(tried) < 2  # else no tree was larger than the first
            else [
                "           no part of the rows was worth a formula of its own, or had rows enough "
                "for one of so many columns; --drop some"
            ]
        )

    return lines


def _describe_lines(fitted: Fitted) -> list[str]:
    """How many lines there are, what they were told to keep, and who taught them."""
    wanted, estimator = fitted.wanted, fitted.estimator
    lines = [f"lines      {len(fitted.rules)} (at most {wanted.max_rules}), beside a linear base"]
    if wanted.monotone:
        told = ", ".join(
            f"{name} {'up' if trend > 0 else 'down'}" for name, trend in wanted.monotone.items()
        )
        lines += [f"monotone   the score goes {told}; everywhere"]
    lines += _describe_constraints(fitted)
    if wanted.teacher is not None:
        lines += [f"teacher    {describe_teacher(wanted.teacher)}: half of every target"]
    if estimator.hurried_:
        lines += [
            (
                f"           the time limit of {wanted.time_limit:g} s ended the search; more time "
                "may do better"
            )
        ]
    if not len(fitted.rules):
        lines += ["           the linear model did best; front.csv has the others"]

    return lines


def _describe_constraints(fitted: Fitted) -> list[str]:
    """Which way columns go since the data say so, which may not meet, how far they may move."""
    lines, wanted = [], fitted.wanted
    if wanted.signs:
        asked = wanted.monotone or {}
        told = [
            f"{name} {'up' if trend > 0 else 'down'}"
            for name, trend in fitted.trends.items()
            if name not in asked
        ]
        whose = "" if fitted.task == "regression" else f", for {_name_positive(fitted)}"
        lines += [f"signs      of the data{whose}: {', '.join(told)}; everywhere"]
    if wanted.interactions is not None:
        lines += [f"pairs      {_list_pairs(wanted.interactions) or 'none'}, and no others"]
    if wanted.no_interactions:
        lines += [f"apart      {_list_pairs(wanted.no_interactions)}"]
    lines += [
        f"bounded    {name}: adds {low:g} to {high:g} beside the reference, everywhere"
        for name, (low, high) in (wanted.effect_bounds or {}).items()
    ]

    return lines


def _list_pairs(given: Any) -> str:
    return ", ".join(one if isinstance(one, str) else " & ".join(one) for one in given)


def _describe_scores(fitted: Fitted) -> list[str]:
    wide = max(map(len, fitted.scores))
    head = f"{fitted.measure:<{wide}}" + "".join(f"{part:>12}" for part in fitted.rows)
    lines = ["", head]

    for model, scores in fitted.scores.items():
        lines += [
            f"{model:<{wide}}"
            + "".join(f"{score:>12.4f}" for score in _order_scores(scores, fitted.rows))
        ]

    others = "all but the network at first" if FIRST_NETWORK in fitted.scores else "all"
    lines += [
        "(validation: of models that weren't fitted to these rows, whose score chose the number of",
        f" {fitted.parts}{_describe_folds(fitted)}; {others} were then fitted",
        " to them as well; test rows were only scored)",
        *_describe_undrawn(fitted),
        "",
    ]

    return lines + _describe_calibration(fitted) + _describe_repeats(fitted)


def _describe_undrawn(fitted: Fitted) -> list[str]:
    """The score on the rows that weren't drawn."""
    others = fitted.undrawn
    if others is None:
        return []
    lacking = f"; {others.without} have none" if others.without else ""
    return [
        f"{fitted.measure} of the rules on the {others.scored} rows that weren't drawn: "
        f"{others.score:.4f}{lacking}"
    ]


def _describe_folds(fitted: Fitted) -> str:
    folds = fitted.estimator._folds
    return f" (the mean over {folds} parts of all but the test rows, in turn)" if folds > 1 else ""


def _describe_calibration(fitted: Fitted) -> list[str]:
    """What is predicted of the test rows in ten groups, and what was seen."""
    if fitted.calibration is None:
        return []
    table = fitted.calibration
    share = table["rows"] / table["rows"].sum()
    predicted, seen = (float((table[name] * share).sum()) for name in ("predicted", "seen"))
    off = float(((table["predicted"] - table["seen"]).abs() * share).sum())
    pairs = zip(table["predicted"].tolist(), table["seen"].tolist(), strict=True)
    cells = [f"{one:.3f}/{other:.3f}" for one, other in pairs]

    return [
        f"calibration of {_name_positive(fitted)} on test rows: {predicted:.4f} predicted, "
        f"{seen:.4f} seen; groups by what is predicted are off by {off:.4f} on average:",
        f"           {'  '.join(cells)}",
        "",
    ]


def _name_positive(fitted: Fitted) -> str:
    """The class that scores speak of."""
    labels = fitted.graph.labels
    return "the second class" if labels is None else f"class {labels.positive_label!r}"


def _describe_repeats(fitted: Fitted) -> list[str]:
    """Mean scores over several splits."""
    if fitted.repeated is None:
        return []
    table = fitted.repeated
    wide = max(map(len, table.index))
    lines = [f"{fitted.measure} of test rows, mean of {fitted.wanted.repeats} splits and 95 %:"]
    means, widths = table["mean"].tolist(), table["interval"].tolist()
    for model, mean, width in zip(table.index, means, widths, strict=True):
        lines += [f"{model:<{wide}}{mean:>12.4f} +- {width:.4f}"]

    return [*lines, ""]


def _order_scores(scores: Mapping[str, float], parts: Mapping[str, int]) -> list[float]:
    return [scores[part] for part in parts]


def _suggest_commands(data: Path, folder: Path, written: list[str]) -> list[str]:
    """Commands that go on from here."""
    model = ["model.pt2"] if "model.pt2" in written else ["model.joblib", "--trust-pickle"]
    commands = [
        ["relurules", "emit", str(folder / "rules.json"), "--to", "sql", "--out", str(folder)],
        [
            "relurules",
            "verify",
            str(folder / "score.sql"),
            "--against",
            str(folder / model[0]),
            *model[1:],
        ],
    ]

    return [shlex.join(commands[0]), shlex.join([*commands[1], "--data", str(data)])]
