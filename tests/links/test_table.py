"""The table of links: rows beside what is known of links, and of one another."""

import math

import numpy as np
import pytest
import torch

from relurules.links.table import LINKS

SCORES = np.array([[-3.0, 0.5, 2.0], [0.0, -1.0, 0.25], [1.5, 1.5, -2.0]])


def of_one(name: str) -> bool:
    return not LINKS[name].joint


@pytest.mark.parametrize("name", LINKS)
def test_kinds_agree(name: str) -> None:
    """What a row says of the link's kind is what the link does."""
    link = LINKS[name]
    scores = SCORES if link.joint else SCORES[:, :1]
    outputs = link.apply(scores)
    assert outputs.shape == (3, 1 if link.reduces else scores.shape[1])
    if link.is_share:
        assert ((outputs > 0) & (outputs < 1)).all()
    if link.is_class:
        assert (outputs == np.round(outputs)).all()
    if link.keeps_order:
        assert (outputs.argsort(axis=1) == scores.argsort(axis=1)).all()
    assert not (link.is_class and link.is_share)


@pytest.mark.parametrize("name", [name for name, link in LINKS.items() if link.inverse])
def test_inverses_lead_back(name: str) -> None:
    link = LINKS[name]
    assert link.inverse is not None
    for score in (0.1, 0.75) if name == "logit" else (-2.0, -0.1, 0.0, 1.25, 3.0):
        output = float(link.apply(np.array([[link.sign * score]]))[0, 0])
        assert math.isclose(link.inverse(output), score, abs_tol=1e-12)
    above, below = link.apply(np.array([[1.0]])), link.apply(np.array([[0.0]]))
    assert np.sign(above - below).item() == link.sign


@pytest.mark.parametrize("name", [name for name, link in LINKS.items() if link.torch])
def test_torch_gives_the_same(name: str) -> None:
    link = LINKS[name]
    assert link.torch is not None
    scores = SCORES if link.joint else SCORES[:, :1]
    found = link.torch(torch, torch.tensor(scores)).numpy()
    assert np.allclose(found, link.apply(scores), rtol=1e-14, equal_nan=True)


@pytest.mark.parametrize("name", [name for name, link in LINKS.items() if link.to_score])
def test_targets_become_scores(name: str) -> None:
    """Of regressions the score of a target is where the link gives it."""
    link = LINKS[name]
    assert link.to_score is not None
    if link.task == "regression":
        values = np.array([[0.5], [0.9 if name == "tanh" else 2.0]])
        assert np.allclose(link.apply(link.to_score(values)), values)


@pytest.mark.parametrize("name", [n for n in LINKS if n != "identity"])
def test_every_link_is_explained_and_named(name: str) -> None:
    link = LINKS[name]
    assert link.meaning or name == "exp"
    assert bool(link.score_label) == (link.inverse is not None)
    for function in link.code:
        assert function.name
