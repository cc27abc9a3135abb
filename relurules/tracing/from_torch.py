"""torch.nn.Module, ExportedProgram or .pt2 file -> Graph, by evaluating the exported ATen graph on affine tensors.

Weights are exact rational numbers whatever their type; they are read into float64, and so is the model that the result
is compared with.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import networkx
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.export import ExportedProgram
from torch.utils._pytree import tree_leaves, tree_map

from relurules.errors import ModelError
from relurules.ir import Graph
from relurules.ir.network import rows_of
from relurules.tables import default_names
from relurules.tracing.affine import AffineTensor, Basis, apply_affine
from relurules.tracing.exporting import export
from relurules.tracing.operators import ACTIVATIONS, AFFINE, TRAINING_FLAG
from relurules.tracing.piecewise import PIECEWISE, SUPPORTED

Array = NDArray[np.float64]


def trace(model: Any, input_shape: Sequence[int] | None) -> tuple[Graph, Callable[[Array], Array]]:
    """Graph of the model, and the model itself as a float64 function (N, d) -> (N, m)."""
    program = export(model, input_shape)
    run = _Run(program)
    outputs = run.evaluate()
    network = run.basis.network(outputs)
    names = ("y",) if len(network.c) == 1 else default_names(len(network.c), "y")
    return Graph(default_names(run.basis.inputs), names, network, run.layers, run.basis.identities), _function(program)


def _function(program: ExportedProgram) -> Callable[[Array], Array]:
    runner = _InFloat64(program.module())
    nodes = _inputs(program)
    sizes = [int(np.prod(_row_shape(node))) for node in nodes]
    batched = all(_has_batch(node) for node in nodes)

    def run(X: Array) -> Array:
        parts = np.split(X, np.cumsum(sizes)[:-1], axis=1)
        shapes = [(len(X), *_row_shape(node)) if _has_batch(node) else _row_shape(node) for node in nodes]
        with torch.no_grad():
            result = runner.run(*(torch.tensor(part).reshape(shape) for part, shape in zip(parts, shapes, strict=True)))
        return np.concatenate([out.reshape(len(X), -1).numpy() for out in tree_leaves(result)], axis=1)

    def evaluate(X: Array) -> Array:
        X = rows_of(X, sum(sizes))
        return run(X) if batched or not len(X) else np.vstack([run(X[i : i + 1]) for i in range(len(X))])

    return evaluate


class _InFloat64(torch.fx.Interpreter):
    """Runs an exported graph with torch's operators in float64, whatever the precision of its weights and literals."""

    def run_node(self, n: torch.fx.Node) -> Any:
        """One node; every float tensor it gives is continued in float64."""
        return tree_map(_in_float64, super().run_node(n))


def _in_float64(value: Any) -> Any:
    return value.double() if isinstance(value, Tensor) and value.dtype.is_floating_point else value


class _Run:
    """Walks the exported graph once; every value is a constant or an affine tensor, of one row."""

    def __init__(self, program: ExportedProgram) -> None:
        self.program = program
        self.inputs = _inputs(program)
        self.basis = Basis(sum(int(np.prod(_row_shape(node))) for node in self.inputs))
        self.layers: networkx.DiGraph[str] = networkx.DiGraph()
        self.values: dict[torch.fx.Node, Any] = {}

    def evaluate(self) -> list[AffineTensor]:
        self._bind_constants()
        self._bind_inputs()
        for node in self.program.graph.nodes:
            if node.op == "call_function":
                self.values[node] = self._call(node)
                self._note(node)
            elif node.op == "output":
                return self._outputs(node)
        raise ModelError("the exported graph has no output")

    def _outputs(self, node: torch.fx.Node) -> list[AffineTensor]:
        """What the model returns; the exported graph also returns what it changed in place."""
        wanted = set(self.program.graph_signature.user_outputs)
        given: list[Any] = [out for out in _flat([node.args[0]]) if getattr(out, "name", out) in wanted]
        values: list[Any] = [self.values.get(out) if isinstance(out, torch.fx.Node) else out for out in given]
        for i, value in enumerate(values):
            if not isinstance(value, AffineTensor):
                raise ModelError(
                    f"output {i} of the model is {'a constant' if isinstance(value, Tensor) else repr(value)}; "
                    "supported: one or more tensors that depend on the input"
                )
        return values

    def _bind_constants(self) -> None:
        signature, state = self.program.graph_signature, self.program.state_dict
        sources = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        held = {name: state.get(target, self.program.constants.get(target)) for name, target in sources.items()}
        lifted = signature.inputs_to_lifted_tensor_constants
        held |= {name: self.program.constants[target] for name, target in lifted.items()}
        targets = {**sources, **lifted}
        for node in self.program.graph.nodes:
            if node.op == "placeholder" and node not in self.inputs:
                value = held.get(node.name)
                if not isinstance(value, Tensor):
                    raise ModelError(f"input {node.name!r} of the exported graph is no tensor; supported: tensors")
                self.values[node] = _finite(value.detach(), targets[node.name])

    def _bind_inputs(self) -> None:
        total, first = self.basis.inputs, 0
        for node in self.inputs:
            shape = (1, *_row_shape(node)) if _has_batch(node) else _row_shape(node)
            columns = torch.zeros((total, int(np.prod(shape))), dtype=torch.float64)
            columns[first : first + columns.shape[1]] = torch.eye(columns.shape[1], dtype=torch.float64)
            self.values[node] = AffineTensor(torch.zeros(shape, dtype=torch.float64), columns.reshape(total, *shape))
            first += columns.shape[1]
            self.layers.add_node(node.name, operator="input", module="", size=columns.shape[1])

    def _value(self, node: torch.fx.Node) -> Any:
        return self.values[node]

    def _call(self, node: torch.fx.Node) -> Any:
        args: Any = torch.fx.map_arg(node.args, self._value)
        kwargs: Any = torch.fx.map_arg(node.kwargs, self._value)
        if node.target is operator.getitem:
            return args[0][args[1]]
        if not any(isinstance(value, AffineTensor) for value in _flat([*args, *kwargs.values()])):
            return self._constant(node, args, kwargs)
        if node.target is torch.ops.aten.sym_size.int:
            return args[0].constant.shape[args[1]]
        bound = _bind(node, args, kwargs)
        if node.target in ACTIVATIONS:
            slope = ACTIVATIONS[node.target](bound)
            if not isinstance(slope, Tensor) or bound.get(TRAINING_FLAG.get(node.target, ""), False):
                raise _refused(node, "its slope depends on the input, or is drawn at random (training mode)")
            return self.basis.activate(bound["self"], slope, _place(node))
        if node.target in PIECEWISE:
            return PIECEWISE[node.target](self.basis, bound, lambda why: _refused(node, why), _place(node))
        if node.target in AFFINE:
            return _affine(node, bound)
        raise _refused(node, "the operator is neither known to be affine nor piecewise linear")

    def _constant(self, node: torch.fx.Node, args: Any, kwargs: Any) -> Any:
        if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()):
            raise _refused(node, "it draws random numbers")
        return tree_map(_in_float64, node.target(*args, **kwargs))  # type: ignore[operator]

    def _note(self, node: torch.fx.Node) -> None:
        value = self.values[node]
        if not isinstance(value, AffineTensor):
            return
        self.layers.add_node(node.name, operator=_name(node), module=_path(node), size=value.constant.numel())
        self.layers.add_edges_from(
            (source.name, node.name) for source in node.all_input_nodes if source.name in self.layers
        )


def _affine(node: torch.fx.Node, bound: Mapping[str, Any]) -> Any:
    roles = AFFINE[node.target]
    if bound.get(TRAINING_FLAG.get(node.target, ""), False):
        raise _refused(node, "it is in training mode; call model.eval() and export again")
    variable = {name for name, value in bound.items() if any(isinstance(v, AffineTensor) for v in _flat([value]))}
    if wrong := variable - roles.data - roles.factors:
        raise _refused(node, f"its argument {sorted(wrong)[0]!r} depends on the input; there it must be a constant")
    if len(variable & roles.factors) > 1:
        raise _refused(node, "it multiplies two values that depend on the input")
    names = roles.data | (variable & roles.factors)
    data = [item for name in bound if name in names for item in _flat([bound[name]]) if _is_data(item)]
    tensors = [item if isinstance(item, AffineTensor) else torch.as_tensor(item, dtype=torch.float64) for item in data]
    without = {name: None if value is None else value * 0 for name, value in bound.items() if name in roles.offset}

    def call(replaced: Mapping[str, Any], *items: Tensor) -> Any:
        rest = iter(items)
        given = {
            name: _fill(value, rest) if name in names else replaced.get(name, value) for name, value in bound.items()
        }
        return _invoke(roles.call or node.target, node, given)

    return apply_affine(tensors, lambda *items: call({}, *items), lambda *items: call(without, *items))


def _fill(value: Any, rest: Any) -> Any:
    """`value` with every tensor in it replaced by the next of `rest`."""
    if isinstance(value, tuple | list):
        return [_fill(item, rest) for item in value]
    return next(rest) if _is_data(value) else value


def _is_data(item: Any) -> bool:
    return isinstance(item, AffineTensor | Tensor | int | float) and not isinstance(item, bool)


def _invoke(function: Any, node: torch.fx.Node, given: Mapping[str, Any]) -> Any:
    arguments = node.target._schema.arguments  # type: ignore[union-attr]
    args = [given[a.name] for a in arguments if not a.kwarg_only and a.name in given]
    kwargs = {a.name: given[a.name] for a in arguments if a.kwarg_only and a.name in given}
    return function(*args, **kwargs)


def _bind(node: torch.fx.Node, args: Any, kwargs: Any) -> dict[str, Any]:
    """Arguments by the names of the operator's schema, defaults included."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        raise _refused(node, "it is no ATen operator")
    bound = dict(zip((a.name for a in schema.arguments), args, strict=False)) | dict(kwargs)
    return {a.name: bound.get(a.name, a.default_value) for a in schema.arguments}


def _flat(values: Sequence[Any]) -> list[Any]:
    return [item for value in values for item in (_flat(value) if isinstance(value, tuple | list) else [value])]


def _inputs(program: ExportedProgram) -> list[torch.fx.Node]:
    wanted = set(program.graph_signature.user_inputs)
    nodes = [node for node in program.graph.nodes if node.op == "placeholder" and node.name in wanted]
    if len(nodes) != len(wanted):
        raise ModelError("the model takes an input that is no tensor; supported: one or more float tensors")
    return nodes


def _has_batch(node: torch.fx.Node) -> bool:
    """True where the first dimension of an input is dynamic: then it is the batch; a fixed one is part of the input."""
    shape = node.meta["val"].shape
    return len(shape) > 0 and not isinstance(shape[0], int)


def _row_shape(node: torch.fx.Node) -> tuple[int, ...]:
    """Shape of what one row gives to this input."""
    shape = node.meta["val"].shape[1:] if _has_batch(node) else node.meta["val"].shape
    if not all(isinstance(size, int) for size in shape):
        raise ModelError(
            f"input {node.name!r} has the shape {tuple(shape)}; supported: no dynamic dimension but the first"
        )
    return tuple(int(size) for size in shape)


def _finite(value: Tensor, name: str) -> Tensor:
    if not value.dtype.is_floating_point:
        return value
    bad = torch.nonzero(~torch.isfinite(value))
    if len(bad):
        at = bad[0].tolist()
        raise ModelError(
            f"{name}{at} is {value[tuple(at)].item()} ({len(bad)} of {value.numel()} entries aren't finite); "
            "the network has no rules, train it again or mend the file"
        )
    return value.double()


def _name(node: torch.fx.Node) -> str:
    return str(getattr(node.target, "name", lambda: node.target)())


def _path(node: torch.fx.Node) -> str:
    """Module path of the operator's call, such as `features.2`; empty for the model's own forward."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    return str(stack[-1][0]) if stack else ""


def _place(node: torch.fx.Node) -> str:
    """A name for a layer: its module path, or the node's own name where a forward calls the activation itself."""
    kind = str(list((node.meta.get("nn_module_stack") or {"": ("", "")}).values())[-1][1])
    return (
        _path(node)
        if kind.startswith("torch.nn.modules.activation")
        else ".".join(filter(None, (_path(node), node.name)))
    )


def _refused(node: torch.fx.Node, why: str) -> ModelError:
    path = _path(node)
    where = f"module {path!r}" if path else "the model's own forward"
    return ModelError(f"operator {_name(node)} in {where} (node {node.name!r}): {why}. Supported: {SUPPORTED}")
