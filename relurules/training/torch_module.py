"""A trained network as a torch module, to be exported and traced."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from relurules.errors import UnsupportedError
from relurules.ir import Graph, Head
from relurules.ir.local_tree import require_network
from relurules.links.heads import is_identity
from relurules.links.table import LINKS
from relurules.training.relu_parameters import PARAMETER_ARRAYS


class LinearizedNetwork(nn.Module):
    """(N, d) -> (N, m), float64: ReLU layers that read the inputs and all layers before them, and
    links at the end.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        network = graph.network
        require_network(network, "a module of torch")
        arrays = {
            name: torch.tensor(getattr(network, name), dtype=torch.float64)
            for name in PARAMETER_ARRAYS
        }
        order = torch.tensor([int(k) for level in network.levels for k in level], dtype=torch.long)
        self.layers, first = nn.ModuleList(), 0

        for level in network.levels:
            rows, read = torch.tensor(level), order[:first]
            weights = torch.hstack([arrays["A"][rows], arrays["L"][rows][:, read]])
            self.layers.append(_make_linear(weights, arrays["b"][rows]))
            first += len(level)

        self.scores = _make_linear(torch.hstack([arrays["C"], arrays["U"][:, order]]), arrays["c"])
        self.heads = _check_heads(graph.heads)

    def forward(self, x: Tensor) -> Tensor:
        """Scores, and what the links make of them."""
        known = x
        for layer in self.layers:
            known = torch.cat([known, torch.relu(layer(known))], dim=1)

        scores = self.scores(known)
        parts = [
            _apply_link(head.link, scores[:, list(head.scores)])[:, head.component]
            for head in self.heads
        ]

        return (
            scores if is_identity(self.heads, len(self.scores.bias)) else torch.stack(parts, dim=1)
        )


def _apply_link(link: str, scores: Tensor) -> Tensor:
    apply = LINKS[link].torch
    assert apply is not None  # noqa: S101  # _check_heads refuses others
    result: Tensor = apply(torch, scores)
    return result


def _make_linear(weights: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weights.shape[1], weights.shape[0], dtype=torch.float64)
    layer.weight = nn.Parameter(weights)
    layer.bias = nn.Parameter(bias)
    return layer


def _check_heads(heads: Sequence[Head]) -> tuple[Head, ...]:
    for head in heads:
        if LINKS[head.link].torch is None:
            supported = ", ".join(name for name, link in LINKS.items() if link.torch)
            raise UnsupportedError(f"a module that ends in {head.link}; supported: {supported}")
    return tuple(heads)
