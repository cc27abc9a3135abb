"""The classifier made for its rules: what it promises of weights, slopes, progress and
repeatability.
"""

from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from torch import nn

from relurules.errors import DataError
from relurules.training import classifier
from relurules.training.classifier import TrainedClassifier, fit_classifier

Data = tuple[NDArray[np.float64], NDArray[np.int64]]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train for a few steps only."""
    for name in ("FIT_STEPS", "PRUNE_STEPS", "FORCE_STEPS", "FINAL_STEPS"):
        monkeypatch.setattr(classifier, name, 10)


@pytest.fixture
def table() -> Data:
    """90 rows of 10 columns in very different units; the class depends on columns 2 and 7, the last
    is constant.
    """
    generator = np.random.default_rng(5)
    X = generator.normal(size=(90, 10)) * 10.0 ** np.arange(-4, 6) + 100.0
    y = ((X[:, 2] - 100.0) / 1e-2 + (X[:, 7] - 100.0) / 1e3 > 0).astype(np.int64)
    X[:, 9] = 7.0
    return X, y


def slopes(trained: TrainedClassifier) -> torch.Tensor:
    return torch.cat(
        [module.weight.detach() for module in trained.model if isinstance(module, nn.PReLU)]
    )


def first_layer(trained: TrainedClassifier) -> torch.Tensor:
    return next(module.weight.detach() for module in trained.model if isinstance(module, nn.Linear))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("max_neurons", "max_features"), [(0, 1), (3, 4), (9, 10), (50, 50)])
def test_limits_hold_exactly(table: Data, max_neurons: int, max_features: int) -> None:
    trained = fit_classifier(
        *table, hidden=(5, 4), max_neurons=max_neurons, max_features=max_features, max_terms=10
    )
    assert trained.prelus == 9
    assert int((slopes(trained) != 1.0).sum()) == trained.nonlinear == min(max_neurons, 9)
    assert (
        int((first_layer(trained) != 0.0).any(dim=0).sum())
        == trained.features
        == min(max_features, 10)
    )
    assert ((slopes(trained) >= 0.0) & (slopes(trained) <= 1.0)).all()


@pytest.mark.usefixtures("short")
def test_a_nonlinear_neuron_reads_few_columns(table: Data) -> None:
    trained = fit_classifier(*table, hidden=(5,), max_neurons=3, max_features=6, max_terms=2)
    terms = (first_layer(trained) != 0.0).sum(dim=1)
    assert terms[slopes(trained) != 1.0].tolist() == [2, 2, 2]
    assert terms[slopes(trained) == 1.0].tolist() == [6, 6]


@pytest.mark.usefixtures("short")
def test_the_model_takes_raw_units_and_is_ready_for_use(table: Data) -> None:
    model = fit_classifier(*table).model
    standardise = model[0]
    assert isinstance(standardise, nn.BatchNorm1d)
    assert not standardise.affine
    assert not any(module.training for module in model.modules())
    with torch.no_grad():
        rows = torch.from_numpy(table[0]).float()
        assert standardise(rows)[:, :9].std(dim=0) == pytest.approx(1.0, abs=0.3)
        logits = model(rows)
    assert logits.shape == (90, 1)
    assert logits.isfinite().all()


@pytest.mark.usefixtures("short")
def test_a_seed_gives_one_model_and_leaves_the_global_random_state(table: Data) -> None:
    before = torch.random.get_rng_state()
    first, again, other = (
        fit_classifier(*table, seed=seed).model.state_dict() for seed in (3, 3, 4)
    )
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["1.weight"], other["1.weight"])


@pytest.mark.usefixtures("short")
def test_progress_rises_to_one(table: Data) -> None:
    calls: list[tuple[float, str]] = []
    fit_classifier(*table, progress=lambda fraction, message: calls.append((fraction, message)))
    assert calls[0][0] > 0.0
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(calls))
    assert calls[-1][0] == 1.0
    assert "fitting with 4 inputs" in {message for _, message in calls}


@pytest.mark.usefixtures("short")
def test_what_cannot_be_trained_is_refused(table: Data) -> None:
    X, y = table
    with pytest.raises(DataError, match="90, 10"):
        fit_classifier(X, y[:-1])
    with pytest.raises(DataError, match="not finite"):
        fit_classifier(np.full_like(X, np.nan), y)
    with pytest.raises(DataError, match="0 and 1"):
        fit_classifier(X, y + 1)
    with pytest.raises(ValueError, match="max_features"):
        fit_classifier(X, y, max_features=0)


def test_the_inputs_that_decide_the_class_are_kept_and_used(table: Data) -> None:
    X, y = table
    trained = fit_classifier(X, y, max_features=2, max_neurons=2)
    assert torch.nonzero(first_layer(trained).any(dim=0)).flatten().tolist() == [2, 7]
    with torch.no_grad():
        predicted = trained.model(torch.from_numpy(X).float())[:, 0].numpy() > 0.0
    assert (predicted == (y == 1)).mean() > 0.95


def test_breast_cancer_is_told_apart_with_two_neurons_and_four_inputs() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    train_X, test_X, train_y, test_y = train_test_split(
        X, y, test_size=0.2, stratify=y, random_state=0
    )
    trained = fit_classifier(train_X, train_y)
    with torch.no_grad():
        logits = trained.model(torch.from_numpy(test_X).float())[:, 0].numpy()
    assert roc_auc_score(test_y, logits) >= 0.985
    assert (trained.nonlinear, trained.features) == (2, 4)
