"""Every cell of a table in the validation of the signed documents is a number of validation.json,
which the other tests compute anew, rounded.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from printed_tables import PrintedTable, check_row, read_document
from signed_example import PARTS, SignedExample

Rows = list[list[Any]]
SPELT = {"R2": "R\u00b2"}
OUTER = (0.05, 0.5, 0.95)


def expect_sizes(said: Any, table: PrintedTable) -> Rows:
    names = ("part", "rows", "outside", "mean_outcome", "mean_prediction")
    return [[one[name] for name in names] for one in said["parts"]]


def expect_beside(said: Any, table: PrintedTable) -> Rows:
    own = {(f["model"], f["metric"]): f["value"] for f in said["figures"] if f["part"] == "test"}
    models = dict.fromkeys(model for model, _ in own)
    return [[model, *(own.get((model, m)) for m in table.header[1:])] for model in models]


def expect_figures(said: Any, table: PrintedTable) -> Rows:
    model = table.caption.removeprefix("Figures of ").removesuffix(", with intervals")
    own = {(f["metric"], f["part"]): f for f in said["figures"] if f["model"] == model}
    ends = ("value", "low", "high")
    return [
        [metric, *(tuple(own[metric, part][end] for end in ends) for part in PARTS)]
        for metric in dict.fromkeys(metric for metric, _ in own)
    ]


def expect_others(said: Any, table: PrintedTable) -> Rows:
    own = {(one["model"], one["part"]): one["value"] for one in said["others"]}
    models = dict.fromkeys(model for model, _ in own)
    return [[model, *(own[model, part] for part in PARTS)] for model in models]


def expect_confusion(said: Any, table: PrintedTable) -> Rows:
    rows: Rows = []
    for one in said["confusion"]:
        true, false = one["true_positive"], one["false_positive"]
        missed, right = one["false_negative"], one["true_negative"]
        rates = (
            (true + right) / (true + false + missed + right),
            true / (true + missed),
            right / (right + false),
            true / (true + false),
        )
        rows.append([one["part"], true, false, missed, right, *rates])
    return rows


def expect_bands(said: Any, table: PrintedTable) -> Rows:
    part = table.caption.split()[1]
    names = ("rows", "share", "prediction", "outcome", "outcome_low", "outcome_high")
    return [
        [one["band"], (one["low"], one["high"]), *(one[name] for name in names)]
        for one in said["bands"]
        if one["part"] == part
    ]


def expect_front(said: Any, table: PrintedTable) -> Rows:
    return [[one["size"], one["value"], "chosen" if one["chosen"] else ""] for one in said["front"]]


def expect_groups(said: Any, table: PrintedTable) -> Rows:
    column, part = table.caption.removeprefix("Groups of ").removesuffix(" rows").split(", ")
    return [
        [
            one["group"] + (" (few)" if one["few"] else ""), one["rows"],
            one["outcome"], one["outcome_low"], one["outcome_high"], one["prediction"],
            one["favourable"], one["impact_ratio"], (one["ratio_low"], one["ratio_high"]),
            one["auc"], one["auc_low"], one["auc_high"], one["error"],
        ]
        for one in said["groups"]
        if (one["column"], one["part"]) == (column, part)
    ]  # fmt: skip


def expect_movements(said: Any, table: PrintedTable) -> Rows:
    found: dict[tuple[str, str], dict[str, float]] = {}
    for one in said["movements"]:
        found.setdefault((one["kind"], one["name"]), {})[one["part"]] = one["psi"]
    names = [(row[0], row[1]) for row in table.rows]
    assert sorted(names) == sorted(found)
    words = ("stable", "some move", "large move")
    return [
        [
            *name,
            *found[name].values(),
            words[sum(max(found[name].values()) >= e for e in (0.1, 0.25))],
        ]
        for name in names
    ]


def expect_weak_places(said: Any, table: PrintedTable) -> Rows:
    names = ("column", "place", "rows", "loss", "overall", "outcome", "prediction")
    return [[one[name] for name in names] for one in said["weak_places"]]


def expect_noise(said: Any, table: PrintedTable) -> Rows:
    names = ("columns", "size", "mean_change", "largest_change", "class_changes", "before", "after")
    return [[one[name] for name in names] for one in said["noise"]]


def expect_refit_figures(said: Any, table: PrintedTable) -> Rows:
    own = {
        one["metric"]: one["value"]
        for one in said["figures"]
        if (one["model"], one["part"]) == ("the rules", "test")
    }
    found: dict[str, list[float]] = {}
    for one in said["refit_figures"]:
        found.setdefault(one["metric"], []).append(one["value"])
    return [[name, own[name], *np.quantile(found[name], OUTER)] for name in found]


def expect_refit_columns(said: Any, table: PrintedTable) -> Rows:
    shown = [one for one in said["refit_columns"] if one["conditions"] or one["share"] > 0.1]
    return [list(one.values()) for one in shown]


def expect_refit_conditions(said: Any, table: PrintedTable) -> Rows:
    return [list(one.values()) for one in said["refit_conditions"]]


def expect_refit_bands(said: Any, table: PrintedTable) -> Rows:
    return [list(one.values()) for one in said["refit_bands"]]


#: How a caption begins -> what its rows are.
EXPECTED: dict[str, Callable[[Any, PrintedTable], Rows]] = {
    "The rows that were judged": expect_sizes,
    "The rules beside other models": expect_beside,
    "Figures of refits": expect_refit_figures,
    "Figures of": expect_figures,
    "AUC of models beside the rules": expect_others,
    "Classes at the cut-off": expect_confusion,
    "The training rows by band": expect_bands,
    "The validation rows by band": expect_bands,
    "The test rows by band": expect_bands,
    "13 models on the way": expect_front,
    "Groups of": expect_groups,
    "How far from the training rows": expect_movements,
    "Weak places": expect_weak_places,
    "What noise changes": expect_noise,
    "Lines, or splits, by the columns": expect_refit_columns,
    "How often every line or split": expect_refit_conditions,
    "How far refits are apart": expect_refit_bands,
}
#: Sections whose tables are of the validation.
FIRST, LAST = "Validation: how good the answers are", "Fitted again to resampled rows"


@pytest.mark.parametrize("file", ["rules.md", "model_card.md"])
def test_every_cell_is_a_number_of_the_data(example: SignedExample, file: str) -> None:
    text = (example.folder / file).read_text(encoding="utf-8")
    tables, _ = read_document(text[text.index(f"## {FIRST}") :])
    if file == "rules.md":
        sections = [table.section for table in tables]
        end = max(i for i, section in enumerate(sections) if section == LAST)
        tables = tables[: end + 1]
        assert len({table.caption for table in tables}) >= len(EXPECTED) - 1
    for table in tables:
        name = next(start for start in EXPECTED if table.caption.startswith(start))
        expected = EXPECTED[name](example.validation, table)
        assert len(table.rows) == len(expected), table.caption
        for cells, values in zip(table.rows, expected, strict=True):
            check_row([cell.removesuffix(" *") for cell in cells], values)


def test_stars_are_where_predictions_are_off(example: SignedExample) -> None:
    tables, _ = read_document((example.folder / "rules.md").read_text(encoding="utf-8"))
    for table in tables:
        if table.section != "Groups":
            continue
        column, part = table.caption.removeprefix("Groups of ").removesuffix(" rows").split(", ")
        own = [
            one
            for one in example.validation["groups"]
            if (one["column"], one["part"]) == (column, part)
        ]
        at = table.header.index("Predicted")
        for cells, one in zip(table.rows, own, strict=True):
            off = not one["outcome_low"] <= one["prediction"] <= one["outcome_high"]
            assert cells[at].endswith(" *") == off
