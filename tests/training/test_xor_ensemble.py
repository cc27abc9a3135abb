"""The example's ensemble: its written-out gradient, its independence of the other seeds, and its
two variants.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def xor(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(EXAMPLES)
    return import_module("xor_ensemble")


def train(xor: ModuleType, seeds: int, steps: int, *, freeze: bool) -> list[nn.Sequential]:
    ensemble = xor.train(seeds, steps, freeze=freeze, progress=lambda step, error, ensemble: None)
    return [ensemble.network(seed) for seed in range(seeds)]


def test_one_step_is_the_step_that_automatic_differentiation_takes(
    xor: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xor, "NOISE_SD", 0.0)
    inputs, targets = xor.truth_table()
    for before, after in zip(
        train(xor, 3, 5, freeze=False), train(xor, 3, 6, freeze=False), strict=True
    ):
        optimizer = torch.optim.SGD(before.parameters(), lr=0.01)
        nn.functional.mse_loss(before(inputs.T), targets.T).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        for expected, found in zip(before.parameters(), after.parameters(), strict=True):
            assert torch.allclose(expected, found, atol=1e-7)


def test_the_truth_table(xor: ModuleType) -> None:
    inputs, targets = xor.truth_table()
    assert len({tuple(row) for row in inputs.T.tolist()}) == 16
    for (a, b, c, d), outputs in zip(inputs.T.tolist(), targets.T.tolist(), strict=True):
        assert outputs == [float(a != b), float(c != d), a * b]


def test_a_seed_gives_the_same_network_in_any_company(xor: ModuleType) -> None:
    alone, beside = train(xor, 1, 50, freeze=False)[0], train(xor, 3, 50, freeze=False)[0]
    for expected, found in zip(alone.parameters(), beside.parameters(), strict=True):
        assert torch.allclose(expected, found, atol=1e-6)


@pytest.mark.parametrize("freeze", [False, True])
def test_only_frozen_slopes_are_beyond_the_gradient(
    xor: ModuleType, monkeypatch: pytest.MonkeyPatch, freeze: bool
) -> None:
    monkeypatch.setattr(xor, "START_SLOPE", 0.9999)
    slopes = [
        module.weight.detach()
        for module in train(xor, 1, 500, freeze=freeze)[0]
        if isinstance(module, nn.PReLU)
    ]
    assert torch.equal(torch.cat(slopes), torch.ones(20)) == freeze


def test_the_rules_and_the_picture_of_a_network(
    xor: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model,) = train(xor, 1, 5, freeze=False)
    prelus = [layer for layer in model if isinstance(layer, nn.PReLU)]
    with torch.no_grad():
        for prelu in prelus:
            prelu.weight.fill_(1.0)
        prelus[0].weight[2] = prelus[3].weight[4] = 0.25
    import_module("csirmaz_xor").show(model, tmp_path)
    assert "The network had 20 neurons" in capsys.readouterr().out
    drawing = (tmp_path / "network.svg").read_text()
    assert all(f"<!-- {label} -->" in drawing for label in ("1.2", "7.4", "in1", "y2"))
    assert (tmp_path / "network.png").read_bytes().startswith(b"\x89PNG")
