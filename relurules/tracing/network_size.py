"""How large a network may be, and the sizes of one before anything large is made of it."""

import math
from collections.abc import Mapping, Sequence

from relurules.errors import ModelError

#: The most numbers that one tensor may have, counting its columns, and that a network's weights of
#: inputs and neurons in its neurons may be (a gigabyte).
LARGEST = 2**27


class NetworkSizeError(ModelError):
    """A network of more neurons than can be traced, whoever reads it."""


def check_network_size(neurons: int, inputs: int, layers: Mapping[str, int]) -> None:
    """NetworkSizeError where the weights of so many neurons and inputs in as many neurons are more
    than LARGEST numbers.

    layers: neurons of every layer, of which the largest is named.
    """
    numbers = neurons * (neurons + inputs)
    if numbers <= LARGEST:
        return

    widest = max(layers, key=lambda layer: layers[layer])
    most = (math.isqrt(inputs * inputs + 4 * LARGEST) - inputs) // 2
    raise NetworkSizeError(
        f"the network has {neurons:,} neurons or more over {inputs:,} inputs, {layers[widest]:,} "
        f"of them in layer {widest!r}; their weights of one another take {numbers * 8 / 1e9:.1f} "
        f"GB; supported: up to {LARGEST * 8 / 1e9:.1f} GB, {most:,} neurons over so many inputs; "
        "train it with fewer neurons"
    )


def refuse_tensor(layer: str, shape: Sequence[int], columns: int) -> ModelError:
    """The error for what an activation gives."""
    numbers = math.prod(shape) * columns
    return ModelError(
        f"layer {layer!r}: its result of shape {tuple(shape)} is too large: {numbers} numbers, one "
        f"set for each input and neuron that it depends on; supported: up to {LARGEST}"
    )
