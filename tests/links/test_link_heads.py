"""Links against torch, and how far rounding of the scores may show behind them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from relurules.ir import Head
from relurules.links.heads import (
    apply_links,
    bound_link_error,
    check_heads,
    is_identity,
    make_identity_heads,
)
from relurules.links.table import LINKS

Array = NDArray[np.float64]
TORCH: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda s: s,
    "sigmoid": torch.sigmoid,
    "complement": lambda s: torch.sigmoid(-s),
    "exp": torch.exp,
    "expm1": torch.expm1,
    "softplus": lambda s: torch.nn.functional.softplus(s, threshold=700),
    "tanh": torch.tanh,
    "logit": torch.logit,
    "softmax": lambda s: torch.softmax(s, 1),
    "log_softmax": lambda s: torch.log_softmax(s, 1),
    "step": lambda s: torch.heaviside(s, torch.ones((), dtype=s.dtype)),
    "argmax": lambda s: s.argmax(1, keepdim=True),
}
RNG = np.random.default_rng(0)
SCORES = np.vstack(
    [
        RNG.normal(size=(200, 3)) * 10.0 ** RNG.integers(-3, 7, (200, 3)),
        [[0.0, 0.0, 0.0], [5, 5, 1]],
    ]
)


def heads_of(link: str) -> list[Head]:
    """All outputs of the link of three scores."""
    if not LINKS[link].joint:
        return [Head(link, (i,)) for i in range(3)]
    return [Head(link, (0, 1, 2), i) for i in range(1 if LINKS[link].reduces else 3)]


@pytest.mark.parametrize("link", LINKS)
def test_as_in_torch(link: str) -> None:
    expected = TORCH[link](torch.tensor(SCORES)).double().numpy()
    found = apply_links(heads_of(link), SCORES)
    assert np.isclose(found, expected, rtol=1e-14, atol=1e-300, equal_nan=True).all()


@pytest.mark.parametrize("link", LINKS)
def test_nan_goes_through(link: str) -> None:
    found = apply_links(heads_of(link), np.array([[np.nan, 0.1, 0.2], [0.1, 0.2, 0.3]]))
    assert np.isnan(found[0, 0])
    assert not np.isnan(found[1]).any()
    assert apply_links(heads_of(link), np.empty((0, 3))).shape == (0, len(heads_of(link)))


@pytest.mark.parametrize("size", [1e-15, 1e-9, 1e-3, 1.0, 1e4])
@pytest.mark.parametrize("link", LINKS)
def test_slack_bounds_what_a_change_of_the_scores_does(link: str, size: float) -> None:
    scores = np.abs(SCORES) / (1.0 + np.abs(SCORES)) if link == "logit" else SCORES
    heads, off = heads_of(link), size * np.abs(scores) * RNG.random(scores.shape)
    room = bound_link_error(
        heads, scores, off + 1e-15 * np.abs(scores), 1e-15
    )  # adding signs * off rounds
    for signs in RNG.choice([-1.0, 0.0, 1.0], size=(20, *scores.shape)):
        before, after = apply_links(heads, scores), apply_links(heads, scores + signs * off)
        with np.errstate(invalid="ignore"):
            change = np.where(before == after, 0.0, np.abs(after - before))
        gone = np.isnan(change)  # no longer between 0 and 1
        assert (np.where(gone, np.inf, change) <= room * (1 + 1e-12)).all()
        assert link == "logit" or not gone.any()


@pytest.mark.parametrize(
    ("link", "scores", "off", "most"),
    [
        ("identity", [3.0, 0, 0], 1e-9, 1e-9),
        ("sigmoid", [0.0, 0, 0], 1e-9, 2.6e-10),
        ("sigmoid", [-30.0, 0, 0], 1e-9, 1e-15),
        ("exp", [2.0, 0, 0], 1e-9, 1.6e-8),
        ("expm1", [1e-5, 0, 0], 1e-12, 2.1e-12),
        ("softmax", [0.0, 30, 30], 1e-9, 1e-15),
        ("log_softmax", [0.0, 1, 2], 1e-9, 2.1e-9),
        ("argmax", [0.0, 1, 2], 0.4, 0.0),
        ("argmax", [1.5, 0, 2], 0.3, 2.0),
    ],
)
def test_slack_hides_little(link: str, scores: list[float], off: float, most: float) -> None:
    room = bound_link_error(heads_of(link), np.array([scores]), np.full((1, 3), off), 1e-15)
    assert room[0, 0] <= most


def test_slack_where_exp_overflows() -> None:
    room = bound_link_error(
        heads_of("exp"), np.array([[800.0, 709.7827, 700.0]]), np.full((1, 3), 1e-3), 1e-9
    )[0]
    assert room[0] == 0
    assert room[1] == np.inf
    assert 0 < room[2] < np.inf


def test_identity() -> None:
    assert is_identity(make_identity_heads(3), 3)
    assert not is_identity(make_identity_heads(3), 4)
    assert not is_identity([Head("identity", (1,)), Head("identity", (0,))], 2)
    assert not is_identity([Head("sigmoid", (0,))], 1)


def test_heads_that_do_not_fit() -> None:
    check_heads([Head("softmax", (0, 1), 1)], 1, 2)
    with pytest.raises(
        ValueError, match=r"heads\[0\].link is 'gelu'; supported: identity, sigmoid"
    ):
        check_heads([Head("gelu", (0,))], 1, 1)
    with pytest.raises(
        ValueError, match=r"heads\[0\].scores is \[2\]; expected indices of the 2 scores"
    ):
        check_heads([Head("exp", (2,))], 1, 2)
