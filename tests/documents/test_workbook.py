"""The sheet on which a score is tried, worked out by an engine of formulas."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive, make_frame

from relurules.documents.validated import ValidatedRules, build_validated_document
from relurules.documents.workbook import print_xlsx
from relurules.validation.origins import Origins

formulas = pytest.importorskip("formulas", reason="the package formulas isn't installed")
openpyxl = pytest.importorskip("openpyxl", reason="openpyxl isn't installed")
pytest.importorskip("xlsxwriter", reason="xlsxwriter isn't installed")

COLUMNS = ("income", "age", "purpose", "debt")


def write(rules: Any) -> bytes:
    found = ValidatedRules(rules=rules, title="Try", origins=Origins(command="relurules"))
    return print_xlsx(build_validated_document(found), found)


def list_rows(rules: Any) -> list[dict[str, Any]]:
    """Rows inside, on the box and on a line's boundary, outside, with missing and odd values."""
    rows: Any = make_frame(8, seed=9).astype(object).to_dict("records")
    rows[0]["income"], rows[1]["age"] = float(rules.domain.lower[0]), float(rules.domain.upper[1])
    rows[2]["purpose"], rows[3]["purpose"], rows[4]["income"] = None, "Car", None
    rows[5]["income"] = float(rules.domain.upper[0]) * 1.0000001
    for line in rules:
        normal, bound = line.condition.half_space[:2]
        for place, name in enumerate(("income", "age")):
            if normal[place] and np.count_nonzero(normal) == 1:
                rows[6][name] = bound / normal[place]
    return list(rows)


def read_answers(sheet: Any, cells: Any) -> dict[str, list[Any]]:
    """The name of an answer -> its values, one for each score."""
    return {
        str(sheet.cell(row, 6).value): [cells(row, column) for column in range(7, 10)]
        for row in range(3, sheet.max_row + 1)
        if sheet.cell(row, 6).value
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("link", ["two", "softmax"])
def test_formulas_give_what_the_rules_give(link: str, tmp_path: Any) -> None:
    rules = make_additive(link, hidden=(5,))[0]
    path = tmp_path / "rules.xlsx"
    path.write_bytes(write(rules))
    sheet = openpyxl.load_workbook(path)["Try"]
    places = [sheet.cell(row, 1).value for row in range(3, 7)]
    assert set(places) == set(COLUMNS)
    model = formulas.ExcelModel().loads(str(path)).finish()
    outside = 0
    for row in list_rows(rules):
        typed = {
            f"'[rules.xlsx]TRY'!B{at}": "" if row[name] is None else row[name]
            for at, name in enumerate(places, 3)
        }
        told = model.calculate(inputs=typed)
        cells = {key.upper(): value for key, value in told.items()}

        def read(at: int, column: int, cells: Any = cells) -> Any:
            known = cells.get(f"'[RULES.XLSX]TRY'!{'GHI'[column - 7]}{at}")
            return None if known is None else known.value[0, 0]

        answers = read_answers(sheet, read)
        table = pd.DataFrame([row]).astype({"income": float, "age": float, "debt": float})
        scores = rules.predict_scores(table)[0]
        if np.isnan(scores).any():
            outside += 1
            assert answers["inside the domain"][0].startswith("no")
            assert answers["score"][0] == ""
            continue
        assert answers["inside the domain"][0] == "yes"
        np.testing.assert_allclose(answers["score"][: len(scores)], scores, atol=1e-12)
        shares = [answers[name][0] for name in rules.outputs]
        np.testing.assert_allclose(shares, rules.predict_numbers(table)[0], atol=1e-12)
        assert answers["class"][0] == rules.classify(table)[0]
        for name, value in rules.contributions(table, score=rules.scores[0]).iloc[0].items():
            key = name if name == "reference" else f"added by {name}"
            assert answers[key][0] == pytest.approx(value, abs=1e-12)
    assert outside == 4


def test_values_of_formulas_are_known_without_an_engine() -> None:
    rules = make_additive("two", hidden=(5,))[0]
    book = openpyxl.load_workbook(io.BytesIO(write(rules)), data_only=True)
    sheet = book["Try"]
    row = {sheet.cell(at, 1).value: sheet.cell(at, 2).value for at in range(3, 7)}
    answers = read_answers(sheet, lambda at, column: sheet.cell(at, column).value)
    assert answers["score"][0] == pytest.approx(rules.predict_scores(pd.DataFrame([row]))[0, 0])
    assert answers["class"][0] == rules.classify(pd.DataFrame([row]))[0]
    added = [value[0] for name, value in answers.items() if name.startswith("added by ")]
    assert sum(added) + answers["reference"][0] == pytest.approx(answers["score"][0])


def test_rules_that_formulas_don_t_work_out_say_so() -> None:
    rules = make_additive("two", hidden=(3,))[0]
    book = openpyxl.load_workbook(io.BytesIO(write(rules.to_partition())))
    assert "rules.html" in book["Try"]["A2"].value
    assert {"Rules", "Conditions"} <= set(book.sheetnames)
    grouped = make_additive("two", hidden=(3, 2))[0]
    assert grouped.groups
    book = openpyxl.load_workbook(io.BytesIO(write(grouped)))
    assert "groups" in book["Try"]["A2"].value
