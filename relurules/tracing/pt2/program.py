"""A .pt2 file -> its graph and weights, read from its JSON and its raw tensors.

torch's own schema of the file: torch/_export/serde/schema.py. What this file doesn't know is left
to torch: it raises `UnreadError`.
"""

import io
import json
import math
import pickletools
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.tracing.pt2.archive import check_members, read_archive

#: Bytes of all weights of a program that is read here; larger ones are torch's, which is faster.
_MOST_BYTES = 2**26
#: torch's numbers of types (`ScalarType` of the schema) -> numpy's; bfloat16 is read as it is
#: stored, in 16 bits.
_TYPES: Mapping[int, str] = {
    1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f2", 7: "<f4", 8: "<f8", 12: "?",
    13: "<u2",
}  # fmt: skip
_BFLOAT16 = 13
#: Types of floats -> digits: a cast to one of as many keeps all values.
FLOATS: Mapping[int, int] = {6: 1, 13: 1, 7: 2, 8: 3}
#: What a pickle of plain tensors names.
_PLAIN_GLOBALS = frozenset(
    {
        "collections OrderedDict",
        "torch Tensor",
        "torch._tensor _rebuild_from_type_v2",
        "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_parameter",
        *(
            f"torch {kind}Storage"
            for kind in ("Float", "Double", "Long", "Int", "Half", "BFloat16", "Bool")
        ),
    }
)


class UnreadError(Exception):
    """Why a program is left to torch."""


class TensorName(str):
    """A value of the graph, by its name."""

    __slots__ = ()


class AtenNode(NamedTuple):
    """One operator of the graph."""

    #: Such as aten.add.Tensor.
    target: str
    name: str
    #: By the names of the operator's schema, those that the file gives.
    arguments: Mapping[str, Any]
    output: str
    #: Module path and type of the call's innermost module.
    module: str
    module_type: str

    @property
    def layer(self) -> str:
        """A name for its layer, as `fx_nodes.layer_name` makes it."""
        if self.module_type.startswith("torch.nn.modules.activation"):
            return self.module
        return ".".join(filter(None, (self.module, self.name)))

    @property
    def operator(self) -> str:
        """Its name, such as aten::linear."""
        _, name, overload = self.target.split(".")
        return f"aten::{name}" if overload == "default" else f"aten::{name}.{overload}"


class AtenProgram(NamedTuple):
    """A graph of one input."""

    input: str
    #: Of one row; batched: whether any number of rows may stand in front.
    row_shape: tuple[int, ...]
    batched: bool
    constants: Mapping[str, NDArray[Any]]
    nodes: Sequence[AtenNode]
    outputs: Sequence[str]
    #: torch's number of each value's type.
    types: Mapping[str, int]


def read_program(path: Path) -> AtenProgram:
    """The program of a .pt2 file. UnreadError where it is of a kind that is left to torch;
    ModelError where it isn't a plain archive.
    """
    content = read_archive(path)
    check_members(path, content, _check_pickle)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {
            name.partition("/")[2]: archive.read(name)
            for name in archive.namelist()
            if not name.endswith(".pt")
        }

    models = [name for name in members if name.startswith("models/")]
    stated = (members.get("archive_format"), members.get("byteorder"))
    if models != ["models/model.json"] or stated != (b"pt2", b"little"):
        raise UnreadError("it isn't one model, or its numbers are big-endian")
    tensors = _read_tensors(members, "weights") | _read_tensors(members, "constants")
    return _read_graph(json.loads(members["models/model.json"])["graph_module"], tensors)


def _check_pickle(path: Path, name: str, member: bytes) -> None:
    """Sample inputs are never loaded here; torch judges those that name more than tensors."""
    del path
    try:
        with zipfile.ZipFile(io.BytesIO(member)) as inner:
            (pickled,) = [n for n in inner.namelist() if n.endswith("data.pkl")]
            codes = list(pickletools.genops(inner.read(pickled)))
    except Exception as error:
        raise UnreadError(f"{name} can't be looked through") from error

    for code, argument, _ in codes:
        plain = code.name != "GLOBAL" or argument in _PLAIN_GLOBALS
        if not plain or code.name in ("STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"):
            raise UnreadError(f"{name} holds more than tensors")


def _read_tensors(members: Mapping[str, bytes], kind: str) -> dict[str, NDArray[Any]]:
    """Weights or constants by name."""
    config = json.loads(members.get(f"data/{kind}/model_{kind}_config.json", b'{"config": {}}'))
    found = {}
    for name, entry in config["config"].items():
        if entry["use_pickle"]:
            raise UnreadError(f"{name} is pickled")
        found[name] = _read_tensor(
            name, members[f"data/{kind}/{entry['path_name']}"], entry["tensor_meta"]
        )

    if sum(array.nbytes for array in found.values()) > _MOST_BYTES:
        raise UnreadError("its weights are large")
    return found


def _read_tensor(name: str, content: bytes, meta: Mapping[str, Any]) -> NDArray[Any]:
    """A tensor that is stored entry after entry."""
    shape = [size.get("as_int") for size in meta["sizes"]]
    strides = [stride.get("as_int") for stride in meta["strides"]]
    kind = _TYPES.get(meta["dtype"])
    if kind is None or None in shape or meta["layout"] != 7:  # strided
        raise UnreadError(f"{name} is of type {meta['dtype']}, layout {meta['layout']}")

    dense = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    kept = [
        pair for pair, size in zip(zip(strides, dense, strict=True), shape, strict=True) if size > 1
    ]
    if meta["storage_offset"] != {"as_int": 0} or any(given != own for given, own in kept):
        raise UnreadError(f"{name} is a view of other entries")
    if len(content) != math.prod(shape) * np.dtype(kind).itemsize:
        raise UnreadError(f"{name} has {len(content)} bytes for the shape {shape}")

    found = np.frombuffer(content, dtype=kind).reshape(shape)
    if meta["dtype"] == _BFLOAT16:
        found = (found.astype(np.uint32) << 16).view(np.float32)
    return found.astype(np.float64) if found.dtype.kind == "f" else found


def _read_graph(module: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> AtenProgram:
    graph, signature = module["graph"], module["signature"]
    constants, inputs = {}, []
    for spec in signature["input_specs"]:
        ((kind, entry),) = spec.items()
        if kind in _STORED:
            constants[entry["arg"]["name"]] = tensors[entry[_STORED[kind]]]
        elif kind == "user_input" and "as_tensor" in entry["arg"]:
            inputs.append(entry["arg"]["as_tensor"]["name"])
        else:
            raise UnreadError(f"it has an input of the kind {kind}")

    if len(inputs) != 1:
        raise UnreadError(f"it has {len(inputs)} inputs")
    meta = graph["tensor_values"][inputs[0]]
    if meta["dtype"] not in FLOATS:
        raise UnreadError("its input isn't of floats")
    sizes = [size.get("as_int") for size in meta["sizes"]]
    batched = bool(sizes) and sizes[0] is None
    row_shape = sizes[1:] if batched else sizes
    if None in row_shape:
        raise UnreadError("a size beside the first one is dynamic")

    outputs = []
    for spec in signature["output_specs"]:
        ((kind, entry),) = spec.items()
        if kind != "user_output" or "as_tensor" not in entry["arg"]:
            raise UnreadError(f"it has an output of the kind {kind}")
        outputs.append(entry["arg"]["as_tensor"]["name"])

    return AtenProgram(
        inputs[0],
        tuple(row_shape),
        batched,
        constants,
        tuple(_read_node(node) for node in graph["nodes"]),
        outputs,
        {name: value["dtype"] for name, value in graph["tensor_values"].items()},
    )


#: Kind of stored input -> the entry that names its tensor.
_STORED: Mapping[str, str] = {
    "parameter": "parameter_name",
    "buffer": "buffer_name",
    "tensor_constant": "tensor_constant_name",
}


def _read_node(node: Mapping[str, Any]) -> AtenNode:
    if len(node["outputs"]) > 1:
        raise UnreadError(f"{node['target']} has {len(node['outputs'])} results")
    ((kind, output),) = (node["outputs"] or [{"as_tensor": {"name": ""}}])[0].items()
    if kind not in ("as_tensor", "as_sym_int"):
        raise UnreadError(f"{node['target']} gives {kind}")

    stack = node["metadata"].get("nn_module_stack", "").split(";")[-1].split(",")
    _, module, module_type = stack if len(stack) == 3 else ("", "", "")
    return AtenNode(
        node["target"].removeprefix("torch.ops."),
        node["name"] or output.get("name") or output.get("as_name"),
        {entry["name"]: _read_argument(entry["arg"]) for entry in node["inputs"]},
        output["name"] if kind == "as_tensor" else output["as_name"],
        module,
        module_type,
    )


def _read_argument(argument: Mapping[str, Any]) -> Any:
    ((kind, value),) = argument.items()
    if kind not in _ARGUMENTS:
        raise UnreadError(f"it has an argument of the kind {kind}")
    return _ARGUMENTS[kind](value)


def _read_size(value: Mapping[str, Any]) -> Any:
    return value["as_int"] if "as_int" in value else TensorName(value["as_name"])


#: Kind of argument -> what it is here; where a tensor is kept counts for nothing.
_ARGUMENTS: Mapping[str, Callable[[Any], Any]] = {
    "as_tensor": lambda value: TensorName(value["name"]),
    "as_tensors": lambda value: [TensorName(item["name"]) for item in value],
    "as_sym_int": _read_size,
    "as_sym_ints": lambda value: [_read_size(item) for item in value],
    **dict.fromkeys(
        ("as_int", "as_float", "as_bool", "as_ints", "as_floats", "as_scalar_type"),
        lambda value: value,
    ),
    **dict.fromkeys(("as_none", "as_memory_format", "as_layout", "as_device"), lambda _: None),
}
