"""How many neurons an exported program has, by the shapes that it declares: nothing of it is run,
and its weights are left as they are.
"""

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch.export import ExportedProgram

from relurules.errors import ModelError
from relurules.tracing.affine import AffineTensor, make_constant_tensor
from relurules.tracing.neuron_count import MakeBasis
from relurules.tracing.torch.aten_operators import ACTIVATIONS, SHAPE_ONLY
from relurules.tracing.torch.aten_piecewise import PIECEWISE
from relurules.tracing.torch.fx_nodes import (
    bind_arguments,
    find_user_inputs,
    layer_name,
    row_shape,
)
from relurules.tracing.torch.program_weights import ProgramWeight
from relurules.tracing.torch.tensor_arrays import to_arrays

#: Numbers of which a piecewise linear operator is tried; a file may declare any.
_MOST = 2**20
_COUNTED = frozenset({*ACTIVATIONS, *PIECEWISE})


def count_declared_neurons(
    program: ExportedProgram,
    weights: Mapping[torch.fx.Node, ProgramWeight],
    make_basis: MakeBasis,
) -> None:
    """Have a basis count the neurons of every activation of what depends on the inputs.

    weights: those of the program, by their placeholders. Operators whose arguments aren't known
    without running the program, such as a slope that is worked out, are left out.
    """
    inputs = find_user_inputs(program)
    basis = make_basis(sum(math.prod(row_shape(node)) for node in inputs))
    depending = set(inputs)

    def value(node: torch.fx.Node) -> Any:
        return _make_row(node) if node in depending else weights[node].tensor

    for node in program.graph.nodes:
        if (
            node.op != "call_function"
            or node.target in SHAPE_ONLY
            or depending.isdisjoint(node.all_input_nodes)
        ):
            continue
        depending.add(node)
        if node.target not in _COUNTED:
            continue
        with suppress(Exception):  # what can't be read is told when the program is run
            args, kwargs = (torch.fx.map_arg(given, value) for given in (node.args, node.kwargs))
            bound = to_arrays(bind_arguments(node, args, kwargs))
            if node.target in ACTIVATIONS:
                slope = np.asarray(ACTIVATIONS[node.target](bound))
                basis.count(bound["self"].shape, slope, layer_name(node))
            elif bound["self"].size <= _MOST:
                PIECEWISE[node.target](basis, bound, ModelError, layer_name(node))


def _make_row(node: torch.fx.Node) -> AffineTensor:
    """Zeros of the shape that a node declares for one row, which take no memory."""
    shape = tuple(size if isinstance(size, int) else 1 for size in node.meta["val"].shape)
    return make_constant_tensor(np.broadcast_to(np.zeros(()), shape))
