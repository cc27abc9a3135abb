"""torch.nn.Module, ExportedProgram or .pt2 file -> Graph, by evaluating the exported ATen graph on
affine tensors.

Weights are exact rational numbers whatever their type; they are read into float64, and so is the
model that the result is compared with.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import networkx
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.export import ExportedProgram
from torch.utils._pytree import tree_map

from relurules.domain.columns import is_plain, name_coordinates
from relurules.errors import ModelError, summarise_error
from relurules.ir import Graph
from relurules.links.table import LINKS
from relurules.tables.names import make_default_names
from relurules.tracing.affine import AffineTensor, add_weighted
from relurules.tracing.column_layout import lay_out_inputs
from relurules.tracing.heads import LinkedTensor, apply_link, collect_scores, rearrange_heads
from relurules.tracing.input_rows import ModelRows
from relurules.tracing.input_shapes import InputShape
from relurules.tracing.neuron_count import refuse_large_network
from relurules.tracing.switches import Switch
from relurules.tracing.tensor_sizes import (
    check_declared_sizes,
    check_result_size,
)
from relurules.tracing.torch.aten_codes import CODE_LOOKUPS, REFUSED, reads_codes
from relurules.tracing.torch.aten_links import LINK_ARGUMENTS
from relurules.tracing.torch.aten_operators import (
    ACTIVATIONS,
    AFFINE,
    ASSERTIONS,
    CASTS,
    LINK_OPERATORS,
    REARRANGING,
    SHAPE_ONLY,
    TRAINING_FLAG,
)
from relurules.tracing.torch.aten_piecewise import PIECEWISE, SWITCH_RULES
from relurules.tracing.torch.declared_neurons import count_declared_neurons
from relurules.tracing.torch.fx_nodes import (
    bind_arguments,
    find_user_inputs,
    flatten_nested,
    has_batch,
    keeps_values,
    layer_name,
    make_input_columns,
    module_path,
    name_by_input,
    node_error,
    operator_name,
    read_batch_size,
    row_shape,
)
from relurules.tracing.torch.plain_sequence import trace_plain_sequence
from relurules.tracing.torch.program_weights import find_weights, widen_weights
from relurules.tracing.torch.tensor_arrays import apply_affine_operator, move_indices, to_arrays
from relurules.tracing.torch.torch_export import export_program, refuse_changing_state
from relurules.tracing.torch.torch_reference import make_float64_function, widen_to_float64

Array = NDArray[np.float64]

_NO_CODES = "{} can't hold every value that it casts, and it doesn't look up codes alone"
_UNKNOWN = "the operator is neither known to be affine nor piecewise linear"
_UNKNOWN_NORM = (
    "it is in training mode, where the rows of a batch influence one another; call "
    "model.eval() and export again"
)


def trace(model: Any, input_shape: InputShape | None) -> tuple[Graph, Callable[[Array], Array]]:
    """Graph of the model, and the model itself as a float64 function (N, d) -> (N, m)."""
    plain = trace_plain_sequence(model, input_shape)
    return _trace_export(model, input_shape) if plain is None else plain


def _trace_export(
    model: Any, input_shape: InputShape | None
) -> tuple[Graph, Callable[[Array], Array]]:
    """The same of any model that torch can export."""
    program = export_program(model, input_shape)
    run, outputs = _walk_program(program)
    scores, heads = collect_scores(outputs)
    columns, network = lay_out_inputs(run.columns, run.basis.network(scores))
    if not is_plain(columns) and len(run.inputs) > 1:
        columns = name_by_input(columns, run.inputs)
    count = len(heads or network.c)
    names = ("y",) if count == 1 else make_default_names(count, "y")
    graph = Graph(
        name_coordinates(columns),
        names,
        network,
        run.layers,
        run.basis.identities,
        heads,
        columns,
        batch=read_batch_size(run.inputs),
    )

    kinds = [column.kind for column in run.columns.columns]
    return graph, make_float64_function(program, ModelRows.of_graph(graph, kinds))


def _walk_program(
    program: ExportedProgram,
) -> tuple["_GraphEvaluator", list[AffineTensor | LinkedTensor]]:
    """The walk over a program, refused early where it would be too large, and what it gave."""
    check_declared_sizes(program.graph.nodes)
    weights = find_weights(program)
    refuse_large_network(lambda make: count_declared_neurons(program, weights, make))
    run = _GraphEvaluator(program, widen_weights(weights))
    return run, run.evaluate()


class _GraphEvaluator:
    """Walks the exported graph once; every value is a constant, an affine tensor or a Headed, of
    one row.
    """

    def __init__(self, program: ExportedProgram, weights: Mapping[torch.fx.Node, Tensor]) -> None:
        self.program = program
        self.inputs = find_user_inputs(program)
        self.columns = make_input_columns(self.inputs)
        self.basis = self.columns.basis
        self.layers: networkx.DiGraph[str] = networkx.DiGraph()
        self.values: dict[torch.fx.Node, Any] = dict(weights)

    def evaluate(self) -> list[AffineTensor | LinkedTensor]:
        """What the model returns; all other values are let go of."""
        self._bind_inputs()

        for node in self.program.graph.nodes:
            if node.op == "call_function":
                self.values[node] = self._call(node)
                self._note(node)
            elif node.op == "output":
                refuse_changing_state(self.program)
                outputs = self._outputs(node)
                self.values.clear()
                return outputs

        raise ModelError("the exported graph has no output")

    def _outputs(self, node: torch.fx.Node) -> list[AffineTensor | LinkedTensor]:
        """What the model returns; the exported graph also returns what it changed in place."""
        wanted = set(self.program.graph_signature.user_outputs)
        given: list[Any] = [
            out for out in flatten_nested([node.args[0]]) if getattr(out, "name", out) in wanted
        ]
        values: list[Any] = [
            self.values.get(out) if isinstance(out, torch.fx.Node) else out for out in given
        ]

        for i, value in enumerate(values):
            if not isinstance(value, AffineTensor | LinkedTensor):
                raise ModelError(
                    f"output {i} of the model is "
                    f"{'a constant' if isinstance(value, Tensor) else repr(value)}; "
                    "supported: one or more tensors that depend on the input"
                )
            if not math.prod(value.shape):
                raise ModelError(
                    f"output {i} of the model has the shape {tuple(value.shape)} for a row, which "
                    "holds no number; supported: one or more"
                )

        return values

    def _bind_inputs(self) -> None:
        first = 0
        for node in self.inputs:
            shape = (1, *row_shape(node)) if has_batch(node) else row_shape(node)
            value = self.basis.make_input(shape, first)
            self.values[node] = value
            first += value.size
            self.layers.add_node(node.name, operator="input", module="", size=value.size)

    def _value(self, node: torch.fx.Node) -> Any:
        return self.values[node]

    def _call(self, node: torch.fx.Node) -> Any:
        args: Any = torch.fx.map_arg(node.args, self._value)
        kwargs: Any = torch.fx.map_arg(node.kwargs, self._value)
        if node.target is operator.getitem:
            return args[0][args[1]]
        if node.target in ASSERTIONS:
            return None

        check_result_size(node, args, kwargs)
        if not any(
            isinstance(value, AffineTensor | LinkedTensor | Switch)
            for value in flatten_nested([*args, *kwargs.values()])
        ):
            return self._constant(node, args, kwargs)

        if node.target in SHAPE_ONLY:
            return self._constant(node, *tree_map(_replace_by_zeros, (args, kwargs)))

        try:
            result = self._operator(node, bind_arguments(node, args, kwargs))
        except ModelError:
            raise
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            raise node_error(
                node, f"can't be computed on one row: {summarise_error(error)}"
            ) from error

        if isinstance(result, list) and None in result:
            self._check_unread(node, [i for i, item in enumerate(result) if item is None])
        return result

    def _check_unread(self, node: torch.fx.Node, missing: Sequence[int]) -> None:
        """Refuse where something reads results that jump, such as the places of the largest
        entries.
        """
        if any(user.args[1] in missing and user.users for user in node.users):
            raise node_error(
                node, "the places of its entries are used, which jump; supported: its values alone"
            )

    def _operator(self, node: torch.fx.Node, bound: Mapping[str, Any]) -> Any:
        rules = (
            SWITCH_RULES
            if any(isinstance(value, Switch) for value in flatten_nested(list(bound.values())))
            else PIECEWISE
        )

        if node.target in CASTS and rules is PIECEWISE:
            return self._cast(node, bound)

        if any(isinstance(value, LinkedTensor) for value in flatten_nested(list(bound.values()))):
            return self._rearranged(node, bound)
        if node.target in rules:
            return rules[node.target](
                self.basis, to_arrays(bound), lambda why: node_error(node, why), layer_name(node)
            )

        if rules is SWITCH_RULES:
            raise node_error(
                node, "it reads a comparison of values that depend on the input, so that it jumps"
            )

        if node.target in LINK_OPERATORS:
            return self._link(node, bound)
        return self._activated_or_affine(node, bound)

    def _activated_or_affine(self, node: torch.fx.Node, bound: Mapping[str, Any]) -> Any:
        """What looks codes up, an activation, or an affine operator."""
        if reads_codes(node.target, bound):
            return CODE_LOOKUPS[node.target](
                self.columns, to_arrays(bound), lambda why: node_error(node, why)
            )

        if node.target in ACTIVATIONS:
            slope = ACTIVATIONS[node.target](to_arrays(bound))
            if not isinstance(slope, np.ndarray) or bound.get(
                TRAINING_FLAG.get(node.target, ""), False
            ):
                raise node_error(
                    node, "its slope depends on the input, or is drawn at random (training mode)"
                )
            return self.basis.activate(bound["self"], slope, layer_name(node))

        if node.target in AFFINE:
            return _apply_affine_operator(node, bound)

        if operator_name(node) in REFUSED:
            raise node_error(node, REFUSED[operator_name(node)])
        raise node_error(node, _UNKNOWN_NORM if "batch_norm" in operator_name(node) else _UNKNOWN)

    def _cast(self, node: torch.fx.Node, bound: Mapping[str, Any]) -> Any:
        """A cast: of a column to whole numbers, which may be codes, or one that changes nothing."""
        value, to = bound["self"], node.meta["val"].dtype
        whole = to in (torch.int64, torch.int32)
        if whole and isinstance(value, AffineTensor) and self.columns.holds_codes(value):
            return self.columns.cut_numbers(value, str(node_error(node, _NO_CODES.format(to))))
        if not keeps_values(node):
            raise node_error(node, f"{to} can't hold every value that it casts")
        return value

    def _link(self, node: torch.fx.Node, bound: Mapping[str, Any]) -> LinkedTensor:
        tensor, link = bound["self"], LINK_OPERATORS[node.target]
        if node.target is torch.ops.aten.argmin.default:
            tensor = add_weighted((-1.0, tensor))
        if prepare := LINK_ARGUMENTS.get(node.target):
            tensor = prepare(self.basis, bound, lambda why: node_error(node, why), layer_name(node))
        if not keeps_values(node) and not LINKS[link].reduces:
            raise node_error(node, f"{node.meta['val'].dtype} can't hold every value that it casts")
        if not LINKS[link].joint:
            return apply_link(link, tensor)

        sizes = node.all_input_nodes[0].meta["val"].shape
        if bound["dim"] is None or not isinstance(sizes[bound["dim"]], int):
            raise node_error(node, "it compares rows of the batch; give it the dim of the scores")
        return apply_link(link, tensor, bound["dim"], bound.get("keepdim", False))

    def _rearranged(self, node: torch.fx.Node, bound: Mapping[str, Any]) -> Any:
        """An operator on what a link gave."""
        if node.target in REARRANGING:
            names = AFFINE[node.target].data
            items = [
                item for name in bound if name in names for item in flatten_nested([bound[name]])
            ]
            others = flatten_nested([value for name, value in bound.items() if name not in names])
            if not any(isinstance(value, AffineTensor | LinkedTensor) for value in others):
                return rearrange_heads(
                    to_arrays(items),
                    move_indices(
                        lambda *indices: _call_operator(node, _replace_data(bound, names, indices))
                    ),
                )

        origin = node
        while origin.target not in LINK_OPERATORS or origin is node:
            origin = next(n for n in origin.all_input_nodes if _has_heads(self.values.get(n)))

        raise node_error(
            origin,
            f"it is inside the model, since {operator_name(node)} (node {node.name!r}) goes on "
            "from it; it is supported at "
            "the model's end, with nothing after it but reshapes, slices and concatenations",
        )

    def _constant(self, node: torch.fx.Node, args: Any, kwargs: Any) -> Any:
        if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()):
            raise node_error(node, "it draws random numbers")
        return tree_map(widen_to_float64, node.target(*args, **kwargs))  # type: ignore[operator]

    def _note(self, node: torch.fx.Node) -> None:
        value = self.values[node]
        if not isinstance(value, AffineTensor | LinkedTensor):
            return

        self.layers.add_node(
            node.name,
            operator=operator_name(node),
            module=module_path(node),
            size=math.prod(value.shape),
        )
        self.layers.add_edges_from(
            (source.name, node.name)
            for source in node.all_input_nodes
            if source.name in self.layers
        )


def _apply_affine_operator(node: torch.fx.Node, bound: Mapping[str, Any]) -> Any:
    roles = AFFINE[node.target]
    if bound.get(TRAINING_FLAG.get(node.target, ""), False):
        raise node_error(node, "it is in training mode; call model.eval() and export again")

    variable = {
        name
        for name, value in bound.items()
        if any(isinstance(v, AffineTensor) for v in flatten_nested([value]))
    }

    if wrong := variable - roles.data - roles.factors:
        raise node_error(
            node,
            f"its argument {sorted(wrong)[0]!r} depends on the input; there it must be a constant",
        )

    if len(variable & roles.factors) > 1:
        raise node_error(node, "it multiplies two values that depend on the input")

    names = roles.data | (variable & roles.factors)
    data = [
        item
        for name in bound
        if name in names
        for item in flatten_nested([bound[name]])
        if _is_data(item)
    ]
    tensors = [
        item if isinstance(item, AffineTensor) else torch.as_tensor(item, dtype=torch.float64)
        for item in data
    ]
    without = {
        name: None if value is None else value * 0
        for name, value in bound.items()
        if name in roles.offset
    }

    def call(replaced: Mapping[str, Any], *items: Tensor) -> Any:
        return _call_operator(node, _replace_data({**bound, **replaced}, names, items))

    return apply_affine_operator(
        tensors, lambda *items: call({}, *items), lambda *items: call(without, *items)
    )


def _replace_data(
    bound: Mapping[str, Any], names: frozenset[str], items: Sequence[Tensor]
) -> dict[str, Any]:
    """The arguments with the data in those of these names replaced by `items`, in order."""
    rest = iter(items)
    return {
        name: _replace_tensors(value, rest) if name in names else value
        for name, value in bound.items()
    }


def _replace_tensors(value: Any, rest: Any) -> Any:
    """`value` with every tensor in it replaced by the next of `rest`."""
    if isinstance(value, tuple | list):
        return [_replace_tensors(item, rest) for item in value]
    return next(rest) if _is_data(value) else value


def _is_data(item: Any) -> bool:
    return isinstance(item, AffineTensor | LinkedTensor | Tensor | int | float) and not isinstance(
        item, bool
    )


def _replace_by_zeros(value: Any) -> Any:
    """Zeros in place of a value that depends on the input."""
    return (
        torch.zeros(value.shape, dtype=torch.float64)
        if isinstance(value, AffineTensor | LinkedTensor | Switch)
        else value
    )


def _has_heads(value: Any) -> bool:
    return any(isinstance(item, LinkedTensor) for item in flatten_nested([value]))


def _call_operator(node: torch.fx.Node, given: Mapping[str, Any]) -> Any:
    """The operator of `AFFINE`, or its stand-in, with arguments by name."""
    function: Any = AFFINE[node.target].call or node.target
    arguments = node.target._schema.arguments  # type: ignore[union-attr]
    args = [given[a.name] for a in arguments if not a.kwarg_only and a.name in given]
    kwargs = {a.name: given[a.name] for a in arguments if a.kwarg_only and a.name in given}
    return function(*args, **kwargs)
