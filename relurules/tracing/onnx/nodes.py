"""One ONNX node: what it is called in messages, its attributes, and how onnx's own reference
computes it.

A constant is kept twice: as the model's own precision gives it, which decides sizes, indices and
the like just as a runtime would, and in float64, which is what enters the network.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto, GraphProto, NodeProto, TensorProto, TypeProto, helper, numpy_helper
from onnx.defs import OpSchema
from onnx.reference import ReferenceEvaluator

from relurules.errors import ModelError, summarise_error
from relurules.tracing.network_size import LARGEST
from relurules.tracing.onnx.file import OPSETS

Array = NDArray[Any]

#: Operators that round or compare: on constants they follow the model's own precision.
_DISCRETE = frozenset({"Floor", "Ceil", "Round", "Sign", "Mod"})


#: Operators that sets after the known ones define anew -> the set whose definition was read; onnx's
#: reference has it.
_NEWER_OPSETS = {"CumProd": 26, "Mod": 28, "Range": 27, "SpaceToDepth": 28}


class Constant(NamedTuple):
    """A value that doesn't depend on the input, as the model's own precision gives it and in
    float64.
    """

    native: Array
    wide: Array


@dataclass(frozen=True, kw_only=True)
class Operator:
    """A node with all that it takes to run it."""

    #: Its own names are renamed.
    node: NodeProto
    #: Names in the graph, "" for what isn't given.
    inputs: tuple[str, ...]
    #: Names in the graph, "" for what isn't given.
    outputs: tuple[str, ...]
    #: Of the operator.
    name: str
    #: For messages.
    place: str
    #: Of the operator set.
    version: int
    #: With the defaults of the schema.
    attributes: Mapping[str, Any]
    #: Inputs whose type is float32 whatever the model's own type.
    narrow: frozenset[int]
    #: Of the operator in that version.
    schema: OpSchema
    #: Runs it.
    reference: Callable[[Sequence[Array | None]], list[Any]]


def make_constant(array: Array) -> Constant:
    """An array of any type as a constant."""
    return Constant(array, widen_floats(array))


def widen_floats(array: Array) -> Array:
    """Floating-point numbers of any precision in float64; everything else as it is."""
    floating = array.dtype.kind == "f" or array.dtype.name.startswith(("bfloat", "float"))
    return array.astype(np.float64) if floating else array


def read_operator(node: NodeProto, number: int, opsets: Mapping[str, int], where: str) -> Operator:
    """Look a node up in its operator set. ModelError where it isn't as the set describes it."""
    domain = "" if node.domain == "ai.onnx" else node.domain
    name = f"{domain}.{node.op_type}" if domain else node.op_type
    place = f"{where}: operator {name} in node {node.name or number!r}"
    if domain not in opsets:
        raise ModelError(
            f"{place}: its domain isn't known, or not imported; supported: ai.onnx and ai.onnx.ml"
        )

    inner = NodeProto()
    inner.CopyFrom(node)
    inner.domain = domain
    context = type(onnx.checker.DEFAULT_CONTEXT)()
    context.ir_version, context.opset_imports = 10, dict(opsets)

    try:
        onnx.checker.check_node(inner, context)
        schema = onnx.defs.get_schema(node.op_type, opsets[domain], domain)
    except Exception as error:
        raise ModelError(
            f"{place}: isn't as opset {opsets[domain]} has it: {summarise_error(error)}"
        ) from error

    _check_definition(schema, opsets[domain], place)
    for i, given in enumerate(node.input):
        inner.input[i] = given and f"i{i}"

    for i, given in enumerate(node.output):
        inner.output[i] = given and f"o{i}"

    narrow = frozenset(
        i for i, formal in enumerate(schema.inputs) if formal.type_str == "tensor(float)"
    )
    attributes = _read_attributes(node, schema)
    reference = _make_reference(inner, opsets)
    inputs, outputs = tuple(node.input), tuple(node.output)

    return Operator(
        node=inner,
        inputs=inputs,
        outputs=outputs,
        name=name,
        place=place,
        version=opsets[domain],
        attributes=attributes,
        narrow=narrow,
        schema=schema,
        reference=reference,
    )


def _check_definition(schema: OpSchema, version: int, place: str) -> None:
    """Refuse an operator that its set defines in another way than the sets that are known, but for
    element types.
    """
    known = OPSETS[schema.domain]
    nearest = known[-1] if version > known[-1] else known[0]
    if version in known or schema.since_version == _NEWER_OPSETS.get(schema.name):
        return
    if not onnx.defs.has(schema.name, nearest, schema.domain):
        return  # no table of operators has it
    if _describe_schema(
        onnx.defs.get_schema(schema.name, nearest, schema.domain)
    ) != _describe_schema(schema):
        raise ModelError(
            f"{place}: opset {version} defines it in another way than opset {nearest}; supported: "
            f"the definitions of opset {known[0]} to {known[-1]}. Export it again, or convert it "
            "with onnx.version_converter"
        )


def _describe_schema(schema: OpSchema) -> tuple[object, ...]:
    """All that tells what an operator does: its text, inputs, outputs and attributes, without types
    of elements.
    """
    formal = [
        [(item.name, item.option) for item in items] for items in (schema.inputs, schema.outputs)
    ]
    attributes = {
        name: (item.type, item.required, item.default_value.SerializeToString())
        for name, item in schema.attributes.items()
    }
    return schema.doc, *formal, attributes


def _read_attributes(node: NodeProto, schema: OpSchema) -> dict[str, Any]:
    """Attributes by name, those that aren't given as the operator set has them; text as str, None
    where it has none.
    """
    given = {attribute.name: attribute for attribute in node.attribute}
    found: dict[str, Any] = {}
    for name, described in schema.attributes.items():
        attribute = given.get(name, described.default_value)
        value = (
            helper.get_attribute_value(attribute)
            if attribute.type != AttributeProto.UNDEFINED
            else None
        )
        found[name] = value.decode() if isinstance(value, bytes) else value

    return found


def _make_reference(
    node: NodeProto, opsets: Mapping[str, int]
) -> Callable[[Sequence[Array | None]], list[Any]]:
    """The node as a function of arrays; built when it is first needed, since not every operator has
    a reference.
    """
    built: list[ReferenceEvaluator] = []
    wanted = [name for name in node.output if name]

    def call(arrays: Sequence[Array | None]) -> list[Any]:
        if not built:
            names = [onnx.ValueInfoProto(name=name) for name in node.input if name]
            graph = GraphProto(
                node=[node], input=names, output=[onnx.ValueInfoProto(name=name) for name in wanted]
            )
            built.append(ReferenceEvaluator(graph, opsets=dict(opsets)))

        feeds = {name: array for name, array in zip(node.input, arrays, strict=True) if name}
        results = dict(zip(wanted, built[0].run(None, feeds), strict=True))
        return [results.get(name) for name in node.output]

    return call


def run_operator(
    op: Operator, arrays: Sequence[Array | None], *, native: bool = False
) -> list[Array | None]:
    """The operator on arrays, as onnx's reference computes it; unless native, its casts to float
    types go to float64.

    None stands for an input that isn't given and an output that isn't wanted.
    """
    from relurules.tracing.onnx.reference import IN_FLOAT64, OVERRIDES

    compute = OVERRIDES.get(op.name) or (None if native else IN_FLOAT64.get(op.name))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = op.reference(arrays) if compute is None else compute(op, arrays)
    except ModelError:
        raise
    except Exception as error:
        shapes = [None if array is None else list(array.shape) for array in arrays]
        raise ModelError(
            f"{op.place}: can't be computed on inputs of shapes {shapes}: {summarise_error(error)}"
        ) from error

    if not all(result is None or isinstance(result, np.ndarray | np.generic) for result in results):
        raise ModelError(f"{op.place}: gives a sequence or an optional value; supported: tensors")
    return [None if result is None else np.asarray(result) for result in results]


def per_channel(array: Any, rank: int) -> Any:
    """One number per channel, shaped so that it meets the second dimension of a tensor of this
    rank.
    """
    return array.reshape(-1, *[1] * (rank - 2))


def run_constant(op: Operator, values: Sequence[Constant | None]) -> list[Constant | None]:
    """The operator on constants, in the model's own precision and in float64."""
    check_size(op, [None if value is None else value.native for value in values], 1)
    native = run_operator(
        op, [None if value is None else value.native for value in values], native=True
    )
    if op.name in _DISCRETE or not any(
        value is not None and value.wide.dtype == np.float64 for value in values
    ):
        return [None if result is None else make_constant(result) for result in native]

    wide = run_operator(op, widen_inputs(op, values))
    return [
        None
        if a is None
        else Constant(a, widen_floats(b if b is not None and _is_compatible(a, b) else a))
        for a, b in zip(native, wide, strict=True)
    ]


def widen_inputs(op: Operator, values: Sequence[Constant | Array | None]) -> list[Array | None]:
    """What an operator in float64 takes: constants wide, but as they are where the operator set
    wants float32.
    """
    return [
        (value.native if i in op.narrow else value.wide) if isinstance(value, Constant) else value
        for i, value in enumerate(values)
    ]


def _is_compatible(native: Array, wide: Array) -> bool:
    """Whether the wide result may stand for the native one: it is floating, and as large."""
    return widen_floats(native).dtype == np.float64 and wide.shape == native.shape


def check_size(op: Operator, arrays: Sequence[Array | None], columns: int) -> None:
    """Refuse an operator whose result would be larger than LARGEST, before it is computed."""
    given = {
        name: array
        for name, array in zip(op.node.input, arrays, strict=True)
        if name and array is not None
    }
    types = {name: _make_type_proto(array) for name, array in given.items()}
    data = {
        name: numpy_helper.from_array(array, name)
        for name, array in given.items()
        if array.size < 1000 and (array.dtype.kind in "iu" or array.dtype == np.float32)
    }
    opsets = [helper.make_opsetid(op.node.domain, op.version)]

    try:
        found = onnx.shape_inference.infer_node_outputs(
            op.schema, op.node, types, data, opset_imports=opsets
        )
    except Exception as error:
        shapes = [None if array is None else list(array.shape) for array in arrays]
        raise ModelError(
            f"{op.place}: doesn't take inputs of shapes {shapes}: {summarise_error(error)}"
        ) from error

    for result in found.values():
        dims = [dim.dim_value for dim in result.tensor_type.shape.dim]
        if columns * math.prod(dims) > LARGEST:
            raise ModelError(
                f"{op.place}: its result of shape {dims} is too large: {columns * math.prod(dims)} "
                f"numbers, one set for each input and neuron; supported: up to {LARGEST}"
            )


def _make_type_proto(array: Array) -> TypeProto:
    """Numbers of any precision as FLOAT: not every operator is there for DOUBLE, and shapes are the
    same.
    """
    if array.dtype.kind in "OUS":
        return helper.make_tensor_type_proto(TensorProto.STRING, array.shape)
    kind = np.dtype(np.float32) if widen_floats(array).dtype == np.float64 else array.dtype
    return helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(kind), array.shape)
