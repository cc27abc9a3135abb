"""What is read of a .pt2 file without torch is what torch's front end reads, number by number."""

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import relurules as rr
from relurules.tracing.pt2 import front_end
from relurules.tracing.pt2.front_end import _trace_file
from relurules.tracing.pt2.operators import ACTIVATIONS, AFFINE, LINK_OPERATORS, PIECEWISE
from relurules.tracing.pt2.program import UnreadError, read_program
from relurules.tracing.torch.front_end import trace as trace_by_torch


class Applied(nn.Module):
    """A function of two neurons beside the inputs, so that what it gets is piecewise linear."""

    def __init__(self, function: Callable[..., Any], *sizes: int) -> None:
        super().__init__()
        self.function, self.sizes = function, sizes
        self.layer = nn.Linear(4, 4)
        self.register_buffer("numbers", torch.tensor([1.0, -2.0, 0.5, 3.0]))

    def forward(self, x: Tensor) -> Any:
        z = self.layer(x)
        return self.function(z.reshape(z.shape[0], *self.sizes) if self.sizes else z, self.numbers)


CONV, LINE = nn.Conv2d(2, 2, (2, 1), padding=(1, 0)), nn.Conv1d(2, 4, 2, groups=2, dilation=1)
NORM = nn.BatchNorm1d(4)
NORM.eval()
with torch.no_grad():
    NORM.running_mean.copy_(torch.tensor([0.1, -0.2, 0.3, 0.0]))
    NORM.running_var.copy_(torch.tensor([1.5, 0.7, 2.0, 1.0]))

#: Name -> the module.
MODULES: dict[str, nn.Module] = {
    "layers": nn.Sequential(
        nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(), nn.Linear(5, 3, bias=False),
        nn.PReLU(3), nn.Linear(3, 2), nn.LeakyReLU(0.1),
    ),
    "pictures": nn.Sequential(
        nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 2, 2, padding=1), nn.BatchNorm2d(2), nn.ReLU(),
        nn.MaxPool2d(2, stride=1), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(2, 1),
    ),
    "float64": nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 1)).double(),
    "bfloat16": nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 1)).bfloat16(),
    "float16": nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 1)).half(),
    "convolution": Applied(lambda z, _: CONV(z).flatten(1), 2, 2, 1),
    "groups": Applied(lambda z, _: LINE(z).flatten(1), 2, 2),
    "normalised": Applied(lambda z, _: NORM(z)),
    "sums": Applied(lambda z, n: (z + 2 * n) - torch.sub(z, 1.5, alpha=2) * 0.25 + (-z).relu()),
    "quotients": Applied(lambda z, n: z / n + z / 3),
    "products": Applied(lambda z, n: torch.cat([n * z, z @ n[:, None]], 1)),
    "matrices": Applied(lambda z, n: torch.addmm(n, z, n[:, None] * n, beta=0.5, alpha=2.0)),
    "product of matrices": Applied(lambda z, n: z.mm(n[:, None] * n)),
    "moves": Applied(
        lambda z, _: torch.stack([z.permute(0, 2, 1), z.transpose(1, 2)], 1).flatten(1)[:, ::3],
        2, 2,
    ),
    "parts": Applied(lambda z, _: torch.cat([z[:, 1:3], z[:, 0].unsqueeze(1)], 1)),
    "reductions": Applied(lambda z, _: z.sum(1) + z.mean([2]), 2, 2),
    "clips": Applied(lambda z, _: z.clamp(-0.5, 0.5) + z.clamp_min(0.2) + z.clamp_max(0.1)),
    "hard": Applied(lambda z, _: nn.functional.hardtanh(z) + nn.functional.relu6(z * 9) + z.abs()),
    "extremes": Applied(lambda z, n: torch.maximum(z, n) + torch.minimum(z, n * z)),
    "reduced extremes": Applied(lambda z, _: z.amax(1) + z.amin([2]), 2, 2),
    "cast": Applied(lambda z, _: z.to(torch.float64).relu().contiguous().clone()),
    "sigmoid": Applied(lambda z, _: z.relu().sigmoid()),
    "exp": Applied(lambda z, _: z.exp()),
    "expm1": Applied(lambda z, _: z.expm1()),
    "tanh": Applied(lambda z, _: z.tanh()[:, 1:]),
    "softplus": Applied(lambda z, _: nn.functional.softplus(z)),
    "softmax": Applied(lambda z, _: z.softmax(1)),
    "log_softmax": Applied(lambda z, _: z.log_softmax(-1)),
    "argmax": Applied(lambda z, _: z.argmax(1)),
    "two outputs": Applied(lambda z, _: (z.relu().sum(1, keepdim=True), z[:, :1].sigmoid())),
}  # fmt: skip


def save(module: nn.Module, path: Path, example: Tensor | None = None) -> Path:
    torch.manual_seed(0)
    kind = next(iter(module.parameters())).dtype
    rows = torch.zeros(2, 4, dtype=kind) if example is None else example
    sizes = ({0: torch.export.Dim.DYNAMIC},)
    torch.export.save(torch.export.export(module.eval(), (rows,), dynamic_shapes=sizes), path)
    return path


@pytest.mark.parametrize("name", MODULES)
def test_files_are_read_as_torch_reads_them(name: str, tmp_path: Path) -> None:
    path = save(MODULES[name], tmp_path / "model.pt2")
    graph, function = _trace_file(path)
    expected, by_torch = trace_by_torch(path, None)
    for part in ("A", "L", "b", "C", "U", "c", "slope"):
        ours, theirs = getattr(graph.network, part), getattr(expected.network, part)
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-14, atol=1e-15)
    assert [n.layer for n in graph.network.neurons] == [n.layer for n in expected.network.neurons]
    assert (graph.features, graph.outputs) == (expected.features, expected.outputs)
    assert (graph.heads, graph.batch) == (expected.heads, expected.batch)
    X = np.random.default_rng(0).normal(size=(40, 4)) * 2
    np.testing.assert_allclose(function(X), by_torch(X), rtol=1e-12, atol=1e-13)


def test_every_operator_is_among_them(tmp_path: Path) -> None:
    """Those that an export of today's torch writes; the others stand for older names."""
    met = set()
    for name, module in MODULES.items():
        met |= {node.target for node in read_program(save(module, tmp_path / f"{name}.pt2")).nodes}
    rest = {*AFFINE, *ACTIVATIONS, *PIECEWISE, *LINK_OPERATORS} - met
    assert rest <= {
        "aten.alias.default", "aten.contiguous.default", "aten.detach.default",
        "aten.detach_.default", "aten.lift_fresh_copy.default", "aten.max_pool1d.default",
        "aten.squeeze.dim", "aten.view.default",
    }  # fmt: skip


def double(z: Tensor, times: int) -> Tensor:
    """As large as 2^times of it."""
    for _ in range(times):
        z = torch.cat([z, z], 1)
    return z


LEFT: dict[str, nn.Module] = {
    "rows that mix": Applied(lambda z, _: z - z.mean(0)),
    "an operator without a row": Applied(lambda z, _: nn.functional.hardsigmoid(z)),
    "a product of variables": Applied(lambda z, _: z * z),
    "a link inside": Applied(lambda z, _: z.sigmoid() * 2),
    "a comparison": Applied(lambda z, n: torch.where(z > 0, z, n)),
    "a result that grows without end": Applied(lambda z, _: double(z, 28).sum(1)),
    "a narrowing cast": Applied(lambda z, _: z.half()),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_isn_t_known_is_left_to_torch(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(LEFT[name], tmp_path / "model.pt2")
    asked = []
    monkeypatch.setattr(
        "relurules.tracing.torch.front_end.trace", lambda model, shape: asked.append((model, shape))
    )
    monkeypatch.setattr(front_end, "LARGEST", 2**20)  # the limit itself takes a gigabyte
    front_end.trace(path, None)
    assert asked == [(path, None)]


def change(path: Path, edit: Callable[[str, bytes], bytes]) -> Path:
    """A copy of an archive in which every member was edited."""
    changed = path.with_name("changed.pt2")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, edit(name, old.read(name)))
    return changed


def test_sample_inputs_that_hold_more_than_tensors_are_left_to_torch(tmp_path: Path) -> None:
    path = save(MODULES["layers"], tmp_path / "model.pt2")
    hostile = pickle.dumps(print, protocol=2)
    changed = change(path, lambda name, old: hostile if name.endswith(".pt") else old)
    with pytest.raises(UnreadError, match="can't be looked through"):
        read_program(changed)
    with pytest.raises(rr.RelurulesError):
        rr.trace(changed)


def test_a_weight_that_is_a_view_is_left_to_torch(tmp_path: Path) -> None:
    path = save(MODULES["float64"], tmp_path / "model.pt2")

    def turn(name: str, old: bytes) -> bytes:
        if not name.endswith("weights_config.json"):
            return old
        found = json.loads(old)
        found["config"]["0.weight"]["tensor_meta"]["strides"].reverse()
        return json.dumps(found).encode()

    with pytest.raises(UnreadError, match=r"0\.weight is a view"):
        read_program(change(path, turn))


def test_a_check_by_torch_finds_what_was_misread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(MODULES["layers"], tmp_path / "model.pt2")
    assert rr.trace(path, check=True).network.evaluate(np.zeros((1, 4))).shape == (1, 2)
    monkeypatch.setitem(
        ACTIVATIONS,  # type: ignore[arg-type]
        "aten.relu.default",
        lambda _: np.array(0.01),
    )
    rr.trace(path)
    with pytest.raises(rr.RelurulesError, match="differs from the model"):
        rr.trace(path, check=True)
