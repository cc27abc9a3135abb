"""torch.nn.Sequential of linear layers and PReLUs -> Graph, without an export, which takes longer.

Only modules that are of torch's own types, as they came, are read here: anything else about them
(hooks, a forward of their own, other layers, types or shapes) is left to the export. What is read
is the same, by the same operators.
"""

import math
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import networkx
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from relurules.domain.columns import name_coordinates
from relurules.ir import Graph
from relurules.ir.network import validate_rows
from relurules.tables.names import make_default_names
from relurules.tracing.affine import AffineTensor, Basis
from relurules.tracing.column_layout import lay_out_inputs
from relurules.tracing.heads import collect_scores
from relurules.tracing.input_columns import InputColumns
from relurules.tracing.input_shapes import InputShape
from relurules.tracing.torch.tensor_arrays import apply_affine_operator

Array = NDArray[np.float64]

#: Module -> the name that an export gives its operator.
_LAYERS = {
    nn.Linear: "linear",
    nn.ReLU: "relu",
    nn.LeakyReLU: "leaky_relu",
    nn.PReLU: "prelu",
}
#: Parameters times input columns of a sequence that is small, whatever is made of it; larger ones
#: aren't read here at all.
_SMALL = 100_000
#: What makes a module do something else than its type does.
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_GLOBAL_HOOKS = ("_global_forward_hooks", "_global_forward_pre_hooks")

#: A module and its path in the model.
_Layer = tuple[str, Any]


def trace_plain_sequence(
    model: Any, input_shape: InputShape | None
) -> tuple[Graph, Callable[[Array], Array]] | None:
    """What `front_end.trace` gives for a model; None for one that needs an export."""
    if type(model) is not nn.Sequential or any(
        getattr(torch_module, name, None) for name in _GLOBAL_HOOKS
    ):
        return None
    layers = list(_iterate_layers("", model))
    width = _find_input_width(layers)
    if width is None or input_shape not in (None, (width,), [(width,)]):
        return None

    inputs = InputColumns(Basis(width), make_default_names(width), ["number"] * width)
    output, graph = _evaluate_layers(layers, inputs.basis, width)
    scores, heads = collect_scores([output])
    columns, network = lay_out_inputs(inputs, inputs.basis.network(scores))
    count = len(network.c)
    names = ("y",) if count == 1 else make_default_names(count, "y")
    return (
        Graph(
            name_coordinates(columns),
            names,
            network,
            graph,
            inputs.basis.identities,
            heads,
            columns,
            batch=1,
        ),
        _make_function(layers, width),
    )


def _iterate_layers(path: str, module: Any) -> Iterator[_Layer]:
    """The layers in order, and every sequence of them, which must be plain too."""
    yield path, module
    if type(module) is nn.Sequential:
        for name, part in module._modules.items():
            yield from _iterate_layers(f"{path}.{name}" if path else name, part)


def _find_input_width(layers: list[_Layer]) -> int | None:
    """How many numbers a plain sequence reads; None for one that isn't plain."""
    used = [module for _, module in layers if type(module) is not nn.Sequential]
    if not used or type(used[0]) is not nn.Linear or len(set(map(id, used))) < len(used):
        return None
    if not all(_is_plain(module) for _, module in layers):
        return None

    linear = [module for module in used if type(module) is nn.Linear]
    sizes = [tuple(module.weight.shape) for module in linear]
    weights = [getattr(module, name, None) for module in used for name in ("weight", "bias")]
    held = [weight for weight in weights if weight is not None]
    if not all(before[0] == after[1] for before, after in pairwise(sizes)) or any(
        weight.dtype != held[0].dtype for weight in held
    ):
        return None
    if not _are_slopes_as_wide(used):
        return None
    small = sum(weight.numel() for weight in held) * sizes[0][1] <= _SMALL
    return int(sizes[0][1]) if small else None


def _are_slopes_as_wide(used: list[Any]) -> bool:
    """Whether each PReLU has one slope, or as many as there are values before it."""
    width = 0
    for module in used:
        if type(module) is nn.Linear:
            width = module.out_features
        elif type(module) is nn.PReLU and module.num_parameters not in (1, width):
            return False
    return True


def _is_plain(module: Any) -> bool:
    """Whether a module is of torch's own type and does what that does."""
    kind = type(module)
    if not ((kind is nn.Sequential or kind in _LAYERS) and _has_own_forward(kind)):
        return False
    if "forward" in vars(module) or any(vars(module).get(name) for name in _HOOKS):
        return False
    if kind is nn.Linear:
        rows, columns = module.out_features, module.in_features
        return _is_plain_tensor(module.weight, (rows, columns)) and (
            module.bias is None or _is_plain_tensor(module.bias, (rows,))
        )
    if kind is nn.PReLU:
        return _is_plain_tensor(module.weight, (module.num_parameters,))
    if kind is nn.LeakyReLU and not _is_plain_number(module.negative_slope):
        return False
    return kind is nn.Sequential or not module.inplace


def _has_own_forward(kind: Any) -> bool:
    """Whether what a type does is in torch's own source: programs may put something else there."""
    code = getattr(kind.forward, "__code__", None)
    source = sys.modules[kind.__module__].__file__
    return code is not None and (code.co_filename, code.co_qualname) == (
        source,
        f"{kind.__qualname__}.forward",
    )


def _is_plain_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_plain_tensor(value: Any, shape: tuple[int, ...]) -> bool:
    return (
        type(value) in (nn.Parameter, Tensor)
        and tuple(value.shape) == shape
        and min(shape) > 0
        and value.device.type == "cpu"
        and value.layout is torch.strided
        and value.dtype in (torch.float32, torch.float64)
        and value.numel() <= _SMALL
        and bool(torch.isfinite(value.detach()).all())
    )


def _evaluate_layers(
    layers: list[_Layer], basis: Basis, width: int
) -> tuple[AffineTensor, "networkx.DiGraph[str]"]:
    """What the sequence gives, as an affine tensor, and the graph of its layers."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_node("input", operator="input", module="", size=width)
    value = basis.make_input((1, width))
    before, met = "input", dict[str, int]()

    for path, module in layers:
        kind = _LAYERS.get(type(module))
        if kind is None:
            continue
        if kind == "linear":
            value = _apply_linear(value, module)
        else:
            value = basis.activate(value, _read_slope(module), path)

        name = f"{kind}_{met[kind]}" if kind in met else kind
        met[kind] = met.get(kind, 0) + 1
        graph.add_node(name, operator=f"aten::{kind}", module=path, size=value.size)
        graph.add_edge(before, name)
        before = name

    return value, graph


def _read_slope(module: Any) -> Array:
    """An activation's slope, or one for each of its values: (1, n)."""
    if type(module) is nn.PReLU:
        weight: Array = _widen(module.weight).numpy()
        return weight if weight.size == 1 else weight.reshape(1, -1)
    return np.array(0.0 if type(module) is nn.ReLU else float(module.negative_slope))


def _apply_linear(value: AffineTensor, module: nn.Linear) -> AffineTensor:
    weight, bias = _widen(module.weight), _widen(module.bias)
    result: AffineTensor = apply_affine_operator(
        [value],
        lambda rows: nn.functional.linear(rows, weight, bias),
        lambda rows: nn.functional.linear(rows, weight),
    )
    return result


def _widen(value: Tensor | None) -> Any:
    """A copy in float64, which what becomes of the model doesn't change."""
    return None if value is None else value.detach().to(torch.float64, copy=True)


def _make_function(layers: list[_Layer], width: int) -> Callable[[Any], Array]:
    """The sequence as torch computes it, in float64: (N, d) -> (N, m)."""
    steps = [_make_step(module) for _, module in layers if type(module) in _LAYERS]

    def run(table: Any) -> Array:
        rows = torch.tensor(np.ascontiguousarray(validate_rows(table, width)))
        for step in steps:
            rows = step(rows)
        return np.asarray(rows.numpy())

    return run


def _make_step(module: Any) -> Callable[[Tensor], Tensor]:
    """What a layer does to rows, whatever becomes of the layer."""
    if type(module) is nn.Linear:
        weight, bias = _widen(module.weight), _widen(module.bias)
        return lambda rows: nn.functional.linear(rows, weight, bias)
    if type(module) is nn.ReLU:
        return nn.functional.relu
    if type(module) is nn.PReLU:
        slopes = _widen(module.weight)
        return lambda rows: nn.functional.prelu(rows, slopes)
    slope = float(module.negative_slope)
    return lambda rows: nn.functional.leaky_relu(rows, slope)
