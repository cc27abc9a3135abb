"""Pickles run code: they are loaded only when their user says so, and then what can't be used is
named.
"""

import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPRegressor
from torch import nn

import relurules as rr
from relurules.cli.main import run
from relurules.errors import ModelError
from relurules.tracing.pickle_file import PICKLE_SUFFIXES, load_pickled


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("suffix", PICKLE_SUFFIXES)
@pytest.mark.parametrize("kind", [str, Path])
def test_nothing_is_unpickled_unasked(suffix: str, kind: type, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    with pytest.raises(
        ModelError,
        match=f"a \\{suffix} file is a pickle, and loading a pickle runs .* --trust-pickle",
    ):
        rr.trace(kind(path))
    assert run(["extract", str(path)]) == 2
    assert run(["verify", str(path), "--against", str(path), "--data", str(path)]) == 2
    assert not (tmp_path / "exploded").exists()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_trusted_models(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(50, 2))
    fitted = MLPRegressor(hidden_layer_sizes=(3,), max_iter=5, random_state=0).fit(X, X[:, 0])
    joblib.dump(fitted, tmp_path / "a.joblib")
    (tmp_path / "b.pkl").write_bytes(pickle.dumps(fitted))
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).eval()
    torch.save(module, tmp_path / "c.pt")
    for name in ("a.joblib", "b.pkl"):
        loaded = load_pickled(tmp_path / name, trusted=True)
        assert np.allclose(rr.trace(loaded).evaluate(X)[:, 0], fitted.predict(X))
    with torch.no_grad():
        expected = module.double()(torch.tensor(X)).numpy()
    assert np.allclose(
        rr.trace(load_pickled(tmp_path / "c.pt", trusted=True)).evaluate(X), expected
    )
    out = ["--box", "-1", "1", "--out", str(tmp_path / "rules.json")]
    assert run(["extract", str(tmp_path / "a.joblib"), "--trust-pickle", *out]) == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pkl", b"", "can't be unpickled (EOFError"),
        ("a.joblib", b"no pickle", "can't be unpickled"),
        ("a.pt", b"PK\x03\x04 cut", "can't be unpickled"),
        ("a.pkl", pickle.dumps(nn.Linear(2, 1))[:-20], "can't be unpickled"),
        (
            "a.pkl",
            pickle.dumps({"0.weight": 1}),
            "holds a dict, perhaps weights alone (a state_dict)",
        ),
        ("missing.pkl", None, "no such file"),
    ],
)
def test_trusted_files_that_cannot_be_used(
    name: str, content: bytes | None, said: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError) as raised:
        load_pickled(tmp_path / name, trusted=True)
    assert said in str(raised.value)
    assert name in str(raised.value)
