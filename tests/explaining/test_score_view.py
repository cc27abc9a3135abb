"""What plots look at: columns, spreads and scores, against the rules and the rows themselves."""

import numpy as np
import pytest
from documents.stand_ins import people
from explained_models import kinds, line
from handmade import random_network, rows_in, rules_of

import relurules as rr
from relurules.domain.columns import Category
from relurules.errors import DataError, UnsupportedError
from relurules.explaining import sample_rows
from relurules.explaining.score_view import (
    choose_judged_view,
    find_feature,
    label_coordinate,
    list_features,
    measure_spread,
    name_category,
    read_spread,
    scale_effects,
    square_effects,
)
from relurules.ir import Head
from relurules.reasons.score_choice import choose_view, find_output, is_decision
from relurules.statistics.evidence_statistics import add_evidence
from relurules.statistics.response import read_response

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])
HEADS = {
    "identity": (["y", "z"], [], lambda s: s[:, 1], "z"),
    "sigmoid": (["p"], [Head("sigmoid", (1,))], lambda s: s[:, 1], "log odds of p"),
    "complement": (["p"], [Head("complement", (1,))], lambda s: -s[:, 1], "log odds of p"),
    "exp": (["p"], [Head("exp", (0,))], lambda s: s[:, 0], "logarithm of p"),
    "softmax": (
        ["x", "y"],
        [Head("softmax", (1, 0), i) for i in range(2)],
        lambda s: s[:, 0] - s[:, 1],
        "log odds of y",
    ),
}


@pytest.mark.parametrize("kind", HEADS)
def test_a_view_is_the_score_of_every_row(kind: str) -> None:
    outputs, heads, score, label = HEADS[kind]
    rules = rules_of(random_network(4, 2, 4, 2), BOX, outputs, heads)
    view = choose_view(rules.local_models, outputs[-1])
    X = rows_in(BOX, 200)
    leaf = rules.apply(X) - 1
    own = (view.weights[leaf] * X).sum(axis=1) + view.constants[leaf]
    assert own == pytest.approx(score(rules.predict_scores(X)))
    assert view.label == label


def test_of_three_classes_it_is_the_score_against_the_mean_of_all() -> None:
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    rules = rules_of(random_network(4, 2, 4, 3), BOX, ["x", "y", "z"], heads)
    X = rows_in(BOX, 200)
    leaf, y = rules.apply(X) - 1, np.log(rules.predict(X))
    for i, name in enumerate("xyz"):
        view = choose_view(rules.local_models, name)
        own = (view.weights[leaf] * X).sum(axis=1) + view.constants[leaf]
        assert own == pytest.approx(y[:, i] - y.mean(axis=1))


def test_the_features_of_a_table() -> None:
    models = people().local_models
    features = list_features(models)
    assert [(f.name, f.at) for f in features] == [("age", (0,)), ("job", (1, 2, 3)), ("debt", (4,))]
    assert features[1].categories == ("clerk", "cook or smith", "missing")
    assert [label_coordinate(features[1], i) for i in range(2)] == [
        "job = clerk",
        "job = cook or smith",
    ]
    assert label_coordinate(features[0], 0) == "age"
    assert find_feature(features, "debt", number=True) is features[2]
    with pytest.raises(UnsupportedError, match="column 'job' holds categories"):
        find_feature(features, "job", number=True)
    with pytest.raises(DataError, match="no column 'pay'; there are 'age', 'job', 'debt'"):
        find_feature(features, "pay")
    assert name_category(Category((1.0, 2.5, "x"), missing=True, other=True)) == (
        "1 or 2.5 or x or missing or any other value"
    )


def test_outputs_by_name_and_by_default() -> None:
    models = people().local_models
    assert (find_output(models, None), find_output(models, "pays")) == (1, 0)
    with pytest.raises(DataError, match="no output 'owes'; there are 'pays', 'defaults'"):
        find_output(models, "owes")
    plain = rules_of(random_network(4, 2, 4, 2), BOX, ["y", "z"])
    assert find_output(plain.local_models, None) == 0
    decided = rules_of(random_network(4, 2, 4, 2), BOX, ["y", "z"], decision="argmax")
    assert not is_decision(plain.local_models)
    assert is_decision(decided.local_models)
    with pytest.raises(UnsupportedError, match="the number of a class"):
        choose_view(decided.local_models)


def test_spreads_of_rows_and_of_figures_kept() -> None:
    rules, X, y = line()
    sample, inside = sample_rows(rules, X)
    spread = measure_spread(sample)
    assert inside.all()
    assert spread.counts.tolist() == np.bincount(rules.apply(X) - 1, minlength=len(rules)).tolist()
    assert spread.means == pytest.approx(X.mean(axis=0))
    assert spread.deviations == pytest.approx(X.std(axis=0))
    kept = add_evidence(rules, X, y).evidence
    assert kept is not None
    again = read_spread(kept)
    assert again.counts.tolist() == spread.counts.tolist()
    assert again.means == pytest.approx(spread.means)
    assert again.deviations == pytest.approx(spread.deviations)


def test_squared_effects_of_a_column_are_the_variance_of_its_term() -> None:
    rules, frame = kinds()
    sample, _ = sample_rows(rules, frame)
    models = rules.local_models
    view, spread = choose_view(models), measure_spread(sample)
    weights = view.weights[0]
    for feature in list_features(models):
        at = list(feature.at)
        term = sample.X[:, at] @ weights[at]
        assert square_effects(models, view, spread)[0, at].sum() == pytest.approx(term.var())
    group = scale_effects(models, view, spread)[0, :3]
    assert group @ spread.means[:3] == pytest.approx(0.0, abs=1e-12)
    assert np.diff(group) == pytest.approx(np.diff(weights[:3]))


def test_categories_without_rows_share_alike() -> None:
    rules, _ = kinds()
    models = rules.local_models
    view = choose_view(models)
    nothing = measure_spread(sample_rows(rules, kinds()[1])[0])._replace(means=np.zeros(4))
    own = view.weights[0, :3]
    assert scale_effects(models, view, nothing)[0, :3] == pytest.approx(own - own.mean())


def test_what_is_judged_by_true_values() -> None:
    rules, _, y = line()
    view = choose_judged_view(rules.local_models, read_response(rules.local_models, y, len(y)))
    plain = choose_view(rules.local_models)
    assert view.label == "cost"
    assert view.weights.tolist() == plain.weights.tolist()
    three = rules_of(
        random_network(4, 2, 4, 3),
        BOX,
        ["x", "y", "z"],
        [Head("softmax", (0, 1, 2), i) for i in range(3)],
    )
    response = read_response(three.local_models, np.arange(6) % 3, 6)
    with pytest.raises(UnsupportedError, match="multiclass"):
        choose_judged_view(three.local_models, response)
    raised = rules_of(random_network(4, 2, 4, 1), BOX, ["x"], [Head("exp", (0,))])
    values = np.linspace(1, 7, 6)
    with pytest.raises(UnsupportedError, match="found regression by exp"):
        choose_judged_view(raised.local_models, read_response(raised.local_models, values, 6))
