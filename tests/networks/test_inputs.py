"""Rules have the columns that the network reads; others may hold anything, or be missing."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from handmade import graph, network
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn

import relurules as rr
from relurules.domain import Domain
from relurules.errors import DataError, ModelError
from relurules.networks.inputs import find_read_columns, narrow_graph

NAMES = list("abcdef")
READ = ["b", "d", "f"]


def make_model(seed: int = 0) -> nn.Module:
    """Of six columns it reads the second, fourth and sixth."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 2)).double()
    with torch.no_grad():
        model[0].weight[:, [0, 2, 4]] = 0.0
    return model


def make_rows(count: int = 200) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(1).normal(size=(count, 6)), columns=NAMES)


def test_columns_that_an_inequality_or_a_group_ties_are_kept() -> None:
    net = network([[1.0, 0.0, 0.0, 0.0]], [0.0], [[1.0]])
    domain = Domain.box([0] * 4, [1] * 4, list("abcd"))
    assert find_read_columns(net, domain) == [0]
    assert find_read_columns(net, domain.where("b + c <= 1")) == [0, 1, 2]
    narrow = narrow_graph(graph(net), domain.columns, [0])
    assert narrow.features == ("x0",)
    assert narrow.network.A.shape == (1, 1)


def test_a_constant_network_keeps_its_columns() -> None:
    net = network([[0.0, 0.0]], [1.0], [[2.0]])
    rules = rr.extract(graph(net), domain=Domain.box([0, 0], [1, 1]))
    assert rules.features == ("x0", "x1")
    assert rules.predict([[0.5, 0.5]]).tolist() == [[2.0]]


@pytest.mark.parametrize("named", [True, False])
def test_rules_have_only_what_is_read(named: bool, tmp_path: Path) -> None:
    model, frame = make_model(), make_rows()
    data: Any = frame if named else frame.to_numpy()
    rules = rr.extract(model, data=data)
    assert rules.features == (tuple(READ) if named else ("x1", "x3", "x5"))

    expected = model(torch.tensor(frame.to_numpy())).detach().numpy()
    assert rules.predict(data) == pytest.approx(expected, abs=1e-12)
    rules.save(tmp_path / "rules.json")
    again = rr.RuleSet.load(tmp_path / "rules.json")
    assert np.array_equal(again.predict(frame.to_numpy()), rules.predict(data))
    assert np.array_equal(again.predict(frame[READ].to_numpy()), rules.predict(data))
    with pytest.raises(DataError, match=r"\(rows, 3\), the columns that are read, or \(rows, 6\)"):
        again.predict(np.zeros((1, 4)))


def test_what_is_not_read_may_hold_anything() -> None:
    model, frame = make_model(), make_rows()
    rules = rr.extract(model, data=frame)
    odd = frame.assign(a=np.nan, c=1e300, e=-np.inf)
    assert np.array_equal(rules.predict(odd), rules.predict(frame))
    assert np.array_equal(rules.predict(frame[READ]), rules.predict(frame))
    explained = rr.explain(rules, dict.fromkeys(READ, 0.1))
    assert {part.column for part in explained.contributions} == set(READ)


@pytest.mark.parametrize("target", ["sql", "python", "numpy"])
def test_code_names_only_what_is_read(target: str) -> None:
    model, frame = make_model(), make_rows().rename(columns=lambda name: f"field_{name}")
    rules = rr.extract(model, data=frame)
    artifact = rr.emit(rules, target)
    for name in NAMES:
        assert (f"field_{name}" in str(artifact)) == (name in READ)
    for table in (frame, frame.to_numpy(), frame[[f"field_{name}" for name in READ]]):
        assert rr.verify(artifact, model, table).passed


def test_a_guard_is_kept_where_it_is_asked_for() -> None:
    model, frame = make_model(), make_rows()
    rules = rr.extract(model, data=frame, guard_unread=True)
    assert rules.features == tuple(NAMES)
    outside = frame.assign(a=1e3)
    assert rules.apply(frame).min() == 1
    assert rules.apply(outside).max() == 0
    assert "a: the network doesn't read it" in str(rr.emit(rules, "text"))


def test_a_collapsed_neuron_guards_its_column() -> None:
    """relu(a) + relu(b - 10), b in [0, 1]: no rule reads b, and beyond 10 it counts."""
    net = network([[1.0, 0.0], [0.0, 1.0]], [0.0, -10.0], [[1.0, 1.0]])
    rules = rr.extract(graph(net), domain=Domain.box([-1, 0], [1, 1], ["a", "b"]))
    assert rules.features == ("a", "b")
    assert rules.apply([[0.5, 0.5], [0.5, 12.0]]).tolist() == [2, 0]
    assert "b: no rule reads it: in this range, what reads it is constant" in str(
        rr.emit(rules, "text")
    )


def make_pipeline_model() -> tuple[Any, pd.DataFrame]:
    """A pipeline of a number and three category columns, of which it reads the number and one."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=120),
            "colour": rng.choice(["red", "blue", "green"], 120),
            "shape": rng.choice(["round", "square"], 120),
            "weight": rng.normal(size=120),
        }
    )
    model = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(sparse_output=False), ["colour", "shape"]),
            (StandardScaler(), ["size", "weight"]),
        ),
        MLPRegressor(hidden_layer_sizes=(3,), max_iter=20, random_state=0),
    )
    model.fit(frame, frame["size"])
    model[-1].coefs_[0][[0, 1, 2, 6]] = 0.0  # the colours and the weight
    return model, frame


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_columns_of_categories(tmp_path: Path) -> None:
    model, frame = make_pipeline_model()
    rules = rr.extract(model, data=frame)
    assert [column.name for column in rules.domain.columns] == ["size", "shape"]
    rules.save(tmp_path / "rules.json")
    again = rr.RuleSet.load(tmp_path / "rules.json")
    odd = frame.assign(colour="purple", weight=np.nan)
    for one in (rules, again):
        assert one.predict(odd)[:, 0] == pytest.approx(model.predict(frame), abs=1e-9)

    artifact = rr.emit(rules, "sql", dialect="sqlite")
    assert rr.verify(artifact, model, frame).passed
    assert rr.verify(artifact, model, frame[["shape", "size"]]).passed
    certificate = rr.prove(again, model)
    assert certificate.bound < 1e-9
    assert rr.check(certificate, again, model)


def test_a_proof_is_of_the_columns_that_the_rules_name() -> None:
    frame = make_rows()
    for model in (make_model(), make_model(7)):
        rules = rr.extract(model, data=frame)
        certificate = rr.prove(rules, model)
        assert certificate.bound < 1e-12
        assert rr.check(certificate, rules, model)

    with torch.no_grad():
        model[0].weight[:, 2] = 0.25
    with pytest.raises(ModelError, match="reads the column 'x2', which the rules leave out"):
        rr.prove(rules, model)


def test_two_versions_of_a_model_that_read_other_columns() -> None:
    frame, old = make_rows(), make_model()
    new = make_model()
    with torch.no_grad():
        new[0].weight[:, 2] = 0.25
        new[0].weight[:, 5] = 0.0
    sides = rr.extract(old, data=frame), rr.extract(new, data=frame)
    found = rr.diff(*sides, frame)
    assert "only the old rules read 'f'" in str(found)
    assert "only the new rules read 'c'" in str(found)

    X = frame[sides[0].domain.contains(sides[0].domain.rows(frame))]
    apart = np.abs(sides[0].predict(X) - sides[1].predict(X))
    assert 0.0 < np.nanmax(apart) <= found.bound + 1e-12
    assert not found


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_column_that_differs_is_told_by_what_differs() -> None:
    model, frame = make_pipeline_model()
    other, wider = make_pipeline_model()[0], frame.copy()
    wider.loc[0, "shape"] = "oval"
    other[0].fit(wider)
    other[-1].coefs_[0] = np.insert(other[-1].coefs_[0], 3, 0.1, axis=0)
    other[-1].n_features_in_ += 1
    with pytest.raises(DataError, match=r"'shape' .*only the new rules have 'oval'"):
        rr.diff(rr.extract(model, data=frame), rr.extract(other, data=wider))


def test_questions_about_a_column_that_is_not_read() -> None:
    rules = rr.extract(make_model(), data=make_rows())
    with pytest.raises(DataError, match=r"no column 'a'; .* reads no other of the model's 6"):
        rr.ask(rules, "monotone", feature="a", output="y0")
