"""Every number that the signed documents print of the score itself, from rules.json by hand."""

import re
from typing import Any

import numpy as np
import pytest
from printed_tables import NUMBER, PrintedTable, agrees, check_row, read_document, read_number
from signed_example import SignedExample


def read_tables(example: SignedExample) -> dict[str, PrintedTable]:
    """Section -> its last table; those of the validation have tests of their own."""
    text = (example.folder / "rules.md").read_text(encoding="utf-8")
    return {table.section: table for table in read_document(text)[0]}


def add_points(example: SignedExample, column: str, value: float) -> float:
    """What a value of a column of numbers adds, beside the reference."""
    at = example.hand.names.index(column)
    X = np.array([example.hand.said["reference"]["values"]] * 2)
    X[0, at] = value
    own, start = example.hand.add(X, {column})
    return float(own - start)


def list_slopes(example: SignedExample, column: str) -> tuple[list[float], list[float]]:
    """Where the curve of a column of numbers bends in its range, with both ends, and its slopes
    between them.
    """
    feature = example.hand.said["features"][example.hand.names.index(column)]
    corners = {
        line["above"] / line["coefficients"][column]
        for line in example.hand.said["lines"]
        if column in line["coefficients"]
    }
    at = sorted({feature["lower"], feature["upper"], *corners})
    points = [add_points(example, column, value) for value in at]
    return at, (np.diff(points) / np.diff(at)).tolist()


def test_the_score_s_table_is_of_the_curves(example: SignedExample) -> None:
    told = dict(
        zip(example.hand.columns, example.hand.said["evidence"]["part_deviations"], strict=True)
    )
    column = ""
    for name, where, points, unit, moves in read_tables(example)["The score as a sum"].rows:
        column = name or column
        assert agrees(moves, told[column][0]) if name else not moves
        if len(example.hand.columns[column]) > 1:
            assert len(NUMBER.findall(points)) == 1  # looked up in a test of the whole score
            continue
        span, _, count = where.partition(", for every ")
        low, high = map(read_number, span.split(" to "))
        ends = [add_points(example, column, value) for value in (low, high)]
        check_row([points], [tuple(ends)])
        slope = (ends[1] - ends[0]) / (high - low)
        assert agrees(unit, slope * (read_number(count) if count else 1))


def test_lines_are_listed_with_slopes_bounds_and_rows(example: SignedExample) -> None:
    text = (example.folder / "rules.md").read_text(encoding="utf-8")
    listed = [
        line
        for section, line in read_document(text)[1]
        if line.startswith(("- line", "- for every"))
    ]
    base = example.hand.said["base"]["score"]["coefficients"]
    numbers = set()
    for said in listed:
        found = re.fullmatch(
            r"- (?:line (\d+): )?for every (\S+) of (.*?)(?: (above|below) (\S+))?: (\S+)"
            r"(?: \((.*)\))?",
            said.removeprefix("- unit"),
        )
        assert found is not None, said
        number, unit, column, side, bound, slope, share = found.groups()
        count = 1.0 if unit == "unit" else read_number(unit)
        own = base.get(column, 0.0)
        if number is None:
            assert read_number(slope) / count == pytest.approx(own)
            continue
        line = example.hand.said["lines"][int(number) - 1]
        numbers.add(int(number))
        assert set(line["coefficients"]) == {column}
        assert side == ("above" if line["coefficients"][column] > 0 else "below")
        assert agrees(bound, line["above"] / line["coefficients"][column])
        assert read_number(slope) / count == pytest.approx(line["slopes"]["score"])
        assert agrees(share, line["rows"] / len(example.coordinates))
    assert numbers == set(range(1, len(example.hand.said["lines"]) + 1))


def test_the_typical_row_is_worked_out(example: SignedExample) -> None:
    typical = example.hand.said["evidence"]["typical"]
    steps = dict(zip(*example.read_table("waterfall").to_numpy().T, strict=True))
    table = read_tables(example)["A typical row worked out"]
    for name, value, sum_said, points, _ in table.rows:
        key = {"start: the mean of the rows": "reference"}.get(name, name)
        assert read_number(points) == pytest.approx(steps.pop(key), abs=1.5e-4)
        if name in example.hand.names and value:
            assert agrees(value, typical[example.hand.names.index(name)])
            plain = sum_said.replace("\u2212", "-").replace("\u00d7", "*").replace("\u00f7", "/")
            found = eval(re.sub(r"(?<=\d),(?=\d{3})", "", plain))  # the sum as it is printed
            assert found == pytest.approx(read_number(points), abs=6e-5)
    assert not steps
    text = (example.folder / "rules.md").read_text(encoding="utf-8")
    said = re.search(r"So .*? = (\S+) and .*? = (\S+)\. Without rounding, score = (\S+)\.\n", text)
    assert said is not None
    share = 1 / (1 + np.exp(-float(example.hand.add(np.array([typical]))[0])))
    assert agrees(said[1], 1 - share)
    assert agrees(said[2], share)
    assert agrees(said[3], float(example.hand.add(np.array([typical]))[0]))


def test_outputs_of_scores(example: SignedExample) -> None:
    table = read_tables(example)["From scores to outputs"]
    scores = np.array([read_number(cell) for cell in table.header[1:]])
    shares = 1 / (1 + np.exp(-scores))
    for cells, expected in zip(table.rows, (1 - shares, shares), strict=True):
        shown = [f"{share:.3f}" for share in expected]
        assert [f"{read_number(cell):.3f}" for cell in cells[1:]] == shown


def test_the_domain_and_the_reference_are_those_of_rules_json(example: SignedExample) -> None:
    tables = read_tables(example)
    features = {one["name"]: one for one in example.hand.said["features"]}
    reference = dict(zip(example.hand.names, example.hand.said["reference"]["values"], strict=True))
    for name, value, *_ in tables["Reference"].rows:
        if name in reference:
            check_row([value], [reference.pop(name)])
    for name, values, remarks in tables["Domain"].rows:
        if name in features:
            check_row([values], [(features[name]["lower"], features[name]["upper"])])
            assert ("whole numbers" in remarks) == bool(features[name].get("integer"))
    assert not {name for name in reference if name in example.hand.columns}


def test_slopes_and_ranges_are_those_of_the_curves(example: SignedExample) -> None:
    low = high = float(example.hand.add(np.array([example.hand.said["reference"]["values"]]))[0])
    said = {cells[0]: cells for cells in read_tables(example)["Questions"].rows}
    for column, coordinates in example.hand.columns.items():
        if len(coordinates) > 1:
            curves: Any = example.read_table("curves")
            points = curves[curves["column"] == column]["score"].tolist()
        else:
            at, slopes = list_slopes(example, column)
            points = [add_points(example, column, value) for value in at]
            check_row(said.pop(column)[2:], [min(slopes), max(slopes)])
        low, high = low + min(points), high + max(points)
    assert not said

    text = (example.folder / "rules.md").read_text(encoding="utf-8")
    ranges = re.findall(r"lies between (\S+) and (\S+)\n", text)
    ends = np.array([[1 / (1 + np.exp(end)) for end in (high, low)]])
    expected = np.concatenate([ends, 1 - ends[:, ::-1]])
    expected[1] = [1 / (1 + np.exp(-end)) for end in (low, high)]
    for printed, values in zip(ranges, expected.tolist(), strict=True):
        # Bounds are exact to a millionth, and as good as 0 where less is left.
        assert list(map(read_number, printed)) == pytest.approx(values, rel=1e-5, abs=1e-9)
