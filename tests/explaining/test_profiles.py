"""Terms of one and of two columns in each local model."""

import numpy as np
import pytest
from explained_models import kinds, line, request

from relurules.errors import DataError
from relurules.explaining.profiles import compute_pair_effect, compute_profiles
from relurules.explaining.score_view import find_feature, list_features


def test_a_number_is_a_line_over_the_rows_of_the_model() -> None:
    rules, X, _ = line()
    asked = request(rules, X)
    feature = find_feature(list_features(asked.models), "a")
    found = compute_profiles(asked.sample(), asked.view, feature)
    number = rules.apply(X)
    assert [model.label for model in found.models] == ["rule 2", "rule 1"]  # the most rows first
    for model in found.models:
        rule = int(model.label.split()[1])
        mine = X[number == rule, 0]
        slope = rules.rules[rule - 1].map.weights[0, 0]
        assert model.rows == len(mine)
        assert model.x.tolist() == [mine.min(), mine.max()]
        assert model.y == pytest.approx(slope * (model.x - X[:, 0].mean()))
    assert len(compute_profiles(asked.sample(), asked.view, feature, 1).models) == 1


def test_categories_have_one_value_each() -> None:
    rules, frame = kinds()
    asked = request(rules, frame)
    found = compute_profiles(
        asked.sample(), asked.view, find_feature(list_features(asked.models), "kind")
    )
    (model,) = found.models
    assert found.feature.categories == ("u", "v", "w")
    assert model.x.tolist() == [0.0, 1.0, 2.0]
    assert model.y == pytest.approx(np.array([0.0, 1.0, 3.0]) - 0.8)  # the mean over u, v, w, u, u
    assert (model.y[found.values.astype(int)]).mean() == pytest.approx(0.0)


def test_pairs_add_up() -> None:
    rules, X, _ = line()
    asked = request(rules, X)
    a, b = list_features(asked.models)
    found = compute_pair_effect(asked.sample(), asked.view, a, b)
    slope = np.where(X[:, 0] >= 1, 2.0, 0.0)
    assert found.x.tolist() == X[:, 0].tolist()
    assert found.effect == pytest.approx(
        slope * (X[:, 0] - X[:, 0].mean()) + X[:, 1] - X[:, 1].mean()
    )


def test_columns_are_chosen_by_importance_or_by_name() -> None:
    rules, X, _ = line()
    assert [feature.name for feature in request(rules, X).columns(1)] == ["a"]
    with pytest.raises(DataError, match="no column 'z'; there are 'a', 'b'"):
        find_feature(list_features(rules.local_models), "z")
