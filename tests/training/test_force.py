"""The force on PReLU slopes, against values worked out by hand from Csirmaz' formula."""

import pytest
import torch

from relurules.training.force import force_rate, freeze_slopes, push_slopes


@pytest.mark.parametrize(
    ("error", "rate"),
    [(1.0, 0.0), (1e-1, 0.0), (1e-2, 0.0), (1e-3, 1e-4), (1e-4, 2e-4), (10**-4.5, 2.5e-4)],
)
def test_rate_is_a_ten_thousandth_for_each_decade_below_a_hundredth(
    error: float, rate: float
) -> None:
    assert force_rate(torch.tensor(error, dtype=torch.float64)).item() == pytest.approx(
        rate, abs=1e-15
    )


def test_rate_scales_with_the_learning_rate_and_keeps_the_shape() -> None:
    rates = force_rate(torch.tensor([[1e-3, 1e-5]], dtype=torch.float64), learning_rate=0.1)
    assert rates.tolist() == [pytest.approx([1e-3, 3e-3])]


def test_rate_is_finite_without_error_and_shows_a_failed_training() -> None:
    rates = force_rate(torch.tensor([0.0, torch.nan]))
    assert 0.0 < rates[0] < 0.01
    assert rates[1].isnan()


def test_push_moves_towards_one_from_both_sides_and_clamps() -> None:
    slopes = torch.tensor([0.25, 0.95, 1.0, 1.05, 1.5, -0.5], dtype=torch.float64)
    push_slopes(slopes, 0.1)
    # 0.25 + 0.1; 1.05 ends at 1; 1 has sign 0; 1.05 - 0.1; 1.4 ends at 1; -0.4 ends at 0
    assert slopes.tolist() == pytest.approx([0.35, 1.0, 1.0, 0.95, 1.0, 0.0])


def test_push_takes_one_rate_per_network() -> None:
    slopes = torch.full((2, 3), 0.5)
    push_slopes(slopes, torch.tensor([[0.0], [0.25]]))
    assert slopes.tolist() == [[0.5] * 3, [0.75] * 3]


def test_push_works_on_parameters() -> None:
    prelu = torch.nn.PReLU(2)
    push_slopes(prelu.weight, 0.5)
    assert prelu.weight.tolist() == [0.75, 0.75]
    assert prelu.weight.requires_grad


def test_freeze_sets_slopes_past_the_threshold_to_one_and_keeps_them_there() -> None:
    slopes = torch.tensor([0.9, 0.9994, 0.9996])
    frozen = torch.zeros(3, dtype=torch.bool)
    freeze_slopes(slopes, frozen)
    assert frozen.tolist() == [False, False, True]
    assert slopes[2].item() == 1.0
    slopes.sub_(0.5)  # what a gradient step could do
    freeze_slopes(slopes, frozen)
    assert slopes.tolist() == pytest.approx([0.4, 0.4994, 1.0])
    assert frozen.tolist() == [False, False, True]
