"""What tracing gives: a network with the names of its inputs and outputs, and the link at its end."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relurules.ir.link import Head, check_heads, identity_heads, linked
from relurules.ir.network import Array, Network

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True)
class Graph:
    """A traced network: its columns, its outputs, its canonical form, and its layers for pictures and people.

    features: d input names; outputs: m output names; layers: operators as nodes (with `operator`, `module`, `size`);
    identities: activation units left out of `network` since their slope is exactly 1. heads: for each output the link
    and the scores (outputs of `network`) that it takes; none given: the outputs are the scores.
    """

    features: tuple[str, ...]
    outputs: tuple[str, ...]
    network: Network
    layers: "networkx.DiGraph[str]"
    identities: int = 0
    heads: tuple[Head, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "heads", self.heads or identity_heads(len(self.network.c)))
        check_heads(self.heads, len(self.outputs), len(self.network.c))

    def evaluate(self, X: Array) -> Array:
        """(N, d) -> (N, m), float64: the reference that everything made from this network is compared with."""
        return linked(self.heads, self.network.evaluate(X))
