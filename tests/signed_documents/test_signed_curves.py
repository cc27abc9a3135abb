"""Points, curves and contributions of the signed documents, added up from rules.json by hand."""

import numpy as np
import pandas as pd
import pytest
from signed_example import SignedExample, name_categories


def add_column(example: SignedExample, column: str, X: np.ndarray) -> np.ndarray:
    """What a column adds to the score of rows, beside what it adds at the reference."""
    hand = example.hand
    own = set(hand.columns[column])
    start = np.array([hand.said["reference"]["values"]])
    return hand.add(X, own) - hand.add(start, own)


def find_typical_row(example: SignedExample) -> np.ndarray:
    """The row nearest to the mean, in standard deviations."""
    spread = example.coordinates.std(axis=0)
    apart = (example.coordinates - example.coordinates.mean(axis=0)) / np.where(
        spread > 0, spread, 1
    )
    return example.coordinates[(apart**2).sum(axis=1).argmin()]


def test_the_reference_is_the_mean_of_all_rows(example: SignedExample) -> None:
    said = example.hand.said
    assert said["reference"]["values"] == pytest.approx(example.coordinates.mean(axis=0).tolist())
    assert said["evidence"]["deviations"] == pytest.approx(example.coordinates.std(axis=0).tolist())
    assert said["evidence"]["typical"] == find_typical_row(example).tolist()
    assert (said["evidence"]["rows"], said["evidence"]["outside"]) == (len(example.coordinates), 0)
    for line, one in enumerate(said["lines"]):
        applies = example.coordinates @ example.hand.spread(one["coefficients"]) > one["above"]
        assert one["rows"] == applies.sum(), line


def test_columns_move_scores_by_their_standard_deviation(example: SignedExample) -> None:
    told = example.hand.said["evidence"]["part_deviations"]
    for column, (said,) in zip(example.hand.columns, told, strict=True):
        assert said == pytest.approx(add_column(example, column, example.coordinates).std())


def test_contributions_are_what_columns_add(example: SignedExample) -> None:
    said = example.read_table("contributions")
    test = example.places["test"]
    rows = np.unique(np.linspace(0, len(test) - 1, 150).astype(int))
    assert said.pop("row").tolist() == rows.tolist()
    X = example.coordinates[test[rows]]
    for column in said:
        assert said[column].to_numpy() == pytest.approx(add_column(example, column, X), abs=1e-9)
    assert set(said.columns) == set(example.hand.columns)
    assert (np.diff(said.std(ddof=0)) <= 1e-12).all()
    start = np.array([example.hand.said["reference"]["values"]])
    total = said.sum(axis=1).to_numpy() + example.hand.add(start)
    assert total == pytest.approx(example.score[test[rows]], abs=1e-9)


def test_curves_have_every_corner(example: SignedExample) -> None:
    said = example.read_table("curves")
    for column, coordinates in example.hand.columns.items():
        own = said[said["column"] == column]
        if len(coordinates) > 1:
            assert own["value"].tolist() == name_categories(example, column)
            X = np.zeros((len(coordinates), len(example.hand.names)))
            for i, name in enumerate(coordinates):
                X[i, example.hand.names.index(name)] = 1
        else:
            feature = example.hand.said["features"][example.hand.names.index(column)]
            values = own["value"].astype(float).to_numpy()
            X = np.zeros((len(own), len(example.hand.names)))
            X[:, example.hand.names.index(column)] = values
            corners = [
                one["above"] / one["coefficients"][column]
                for one in example.hand.said["lines"]
                if column in one["coefficients"]
            ]
            wanted = sorted({*corners, feature["lower"], feature["upper"]})
            assert values == pytest.approx(wanted)
        points = add_column(example, column, X)
        assert own["score"].to_numpy(dtype=float) == pytest.approx(points, abs=1e-9)
    assert set(said["column"]) == set(example.hand.columns)


def test_the_waterfall_is_of_the_typical_row(example: SignedExample) -> None:
    said = example.read_table("waterfall")
    row = find_typical_row(example)[None]
    start = np.array([example.hand.said["reference"]["values"]])
    steps = {column: float(add_column(example, column, row)[0]) for column in example.hand.columns}
    expected = pd.Series(
        {
            "reference": float(example.hand.add(start)[0]),
            **steps,
            "score": float(example.hand.add(row)[0]),
        }
    )
    assert said["step"].tolist() == expected.index.tolist()
    assert said["score"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)
