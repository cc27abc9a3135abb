"""How many neurons a network has, counted by a walk on constants alone, before anything large is
made.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from relurules.tracing.affine import AffineTensor, Array, Basis, make_constant_tensor
from relurules.tracing.network_size import check_network_size


class CountingBasis(Basis):
    """A basis whose tensors have no columns: neurons are counted, and their forms left out."""

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs)
        #: Neurons of each layer.
        self.counts: dict[str, int] = {}

    def make_input(self, shape: Sequence[int], first: int = 0) -> AffineTensor:
        """A tensor of zeros."""
        del first
        return make_constant_tensor(np.zeros(shape))

    def activate(self, tensor: AffineTensor, slope: Array, layer: str) -> AffineTensor:
        """Count an activation's neurons."""
        self.count(tensor.shape, slope, layer)
        return make_constant_tensor(np.where(slope == 1.0, tensor.constant, 0.0))

    def count(self, shape: Sequence[int], slope: Array, layer: str) -> None:
        """Count the neurons of a PReLU of this slope, which is broadcast to the shape of what it is
        applied to.
        """
        if np.broadcast_shapes(shape, slope.shape) != tuple(shape):
            raise ValueError(f"a slope of shape {slope.shape} for values of shape {tuple(shape)}")
        repeats = math.prod(shape) // max(1, slope.size)
        kinks = int(np.count_nonzero(slope != 1.0)) * repeats
        self.counts[layer] = self.counts.get(layer, 0) + kinks


#: Makes a basis for so many inputs.
MakeBasis = Callable[[int], CountingBasis]


def refuse_large_network(walk: Callable[[MakeBasis], object]) -> None:
    """NetworkSizeError where a walk over a model meets more neurons than can be traced.

    walk: the front end's own, with the basis that it is to make for so many inputs. Neurons of
    comparisons, such as of max pooling, aren't counted, as it takes columns to know them; whatever
    stands in the walk's way is left for the trace to tell.
    """
    made = list[CountingBasis]()

    def make_basis(inputs: int) -> CountingBasis:
        made.append(CountingBasis(inputs))
        return made[-1]

    with suppress(Exception):
        walk(make_basis)
    for basis in made:
        check_network_size(sum(basis.counts.values()), len(basis), basis.counts)
