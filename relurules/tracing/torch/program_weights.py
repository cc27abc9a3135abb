"""The parameters, buffers and constants of an exported program."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.export import ExportedProgram

from relurules.errors import ModelError
from relurules.tracing.tensor_sizes import check_weight_size
from relurules.tracing.torch.fx_nodes import find_user_inputs


class ProgramWeight(NamedTuple):
    """A tensor as the program holds it, and what it is called there."""

    name: str
    tensor: Tensor


def find_weights(program: ExportedProgram) -> dict[torch.fx.Node, ProgramWeight]:
    """Every placeholder that isn't the user's -> its tensor; ModelError where it has none, or
    claims more numbers than can be.
    """
    signature, state = program.graph_signature, program.state_dict
    sources = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    held = {
        name: state.get(target, program.constants.get(target)) for name, target in sources.items()
    }
    lifted = signature.inputs_to_lifted_tensor_constants
    held |= {name: program.constants[target] for name, target in lifted.items()}
    targets = {**sources, **lifted}
    inputs = find_user_inputs(program)
    weights = dict[torch.fx.Node, ProgramWeight]()

    for node in program.graph.nodes:
        if node.op == "placeholder" and node not in inputs:
            value = held.get(node.name)
            if not isinstance(value, Tensor):
                raise ModelError(
                    f"input {node.name!r} of the exported graph is no tensor; supported: tensors"
                )
            check_weight_size(value, targets[node.name])
            weights[node] = ProgramWeight(targets[node.name], value.detach())

    return weights


def widen_weights(
    weights: Mapping[torch.fx.Node, ProgramWeight],
) -> dict[torch.fx.Node, Tensor]:
    """Weights in float64; ModelError where one isn't finite."""
    return {node: _widen_weight(weight) for node, weight in weights.items()}


def _widen_weight(weight: ProgramWeight) -> Tensor:
    value = weight.tensor
    if not value.dtype.is_floating_point:
        return value

    bad = torch.nonzero(~torch.isfinite(value))
    if len(bad):
        at = bad[0].tolist()
        raise ModelError(
            f"{weight.name}{at} is {value[tuple(at)].item()} ({len(bad)} of {value.numel()} "
            "entries aren't finite); the network has no rules, train it again or mend the file"
        )

    return value.double()
