"""What tracing gives: a network, the names of its inputs and outputs, and the link at its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relurules.domain.columns import Column, make_number_columns
from relurules.ir.class_labels import ClassLabels, check_labels
from relurules.ir.network import Array, Network
from relurules.links.heads import Head, apply_links, check_heads, check_outputs, make_identity_heads
from relurules.tables.names import make_default_names

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True)
class Graph:
    """A traced network: its columns, its outputs, its canonical form, and its layers for pictures
    and people.

    features: d input names; outputs: m output names; layers: operators as nodes (with `operator`,
    `module`, `size`); identities: activation units left out of `network` since their slope is
    exactly 1. heads: for each output the link and the scores (outputs of `network`) that it takes;
    none given: the outputs are the scores. columns: the columns of the user's table, which become
    the d inputs; none given: they are the inputs. batch: the size at which the model fixes the
    first dimension of its inputs, which then is a part of every row; 1 where it fixes none. labels:
    what the model calls its classes, None where it has none or doesn't name them. marks: column ->
    "NaN" or "None", where the model takes that alone for a missing value. fitted: whether it is
    lines that were fitted to a table, and not a network that was trained.
    """

    features: tuple[str, ...]
    outputs: tuple[str, ...]
    network: Network
    layers: "networkx.DiGraph[str]"
    identities: int = 0
    heads: tuple[Head, ...] = ()
    columns: tuple[Column, ...] = ()
    batch: int = 1
    labels: ClassLabels | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    fitted: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "heads", self.heads or make_identity_heads(len(self.network.c)))
        object.__setattr__(self, "columns", self.columns or make_number_columns(self.features))
        check_heads(self.heads, len(self.outputs), len(self.network.c))
        check_outputs(self.outputs)
        check_labels(self.labels, self.heads, len(self.network.c))

    @property
    def named(self) -> bool:
        """Whether the model itself knows its columns' names."""
        return self.columns != make_number_columns(make_default_names(len(self.features)))

    def evaluate(self, X: Array) -> Array:
        """(N, d) -> (N, m), float64: the reference that everything made from this network is
        compared with.
        """
        return apply_links(self.heads, self.network.evaluate(X))
