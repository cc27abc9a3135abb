"""Reads ONNX models from strangers: everything that a file claims is checked before it is believed.

Nothing in an ONNX file is code, but it names other files, claims sizes, and nests functions. So the
data files that it names must lie beside it, sizes are compared with what is there, and functions
are only expanded as far as they stay small.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import onnx.defs
import onnx.inliner
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import FunctionProto, ModelProto, TensorProto

from relurules.errors import ModelError
from relurules.tracing.model_file import read_model

#: Operator sets that the tables of operators were written for. Older and newer ones are taken where
#: the operators that a model uses are defined as in these, see `onnx_nodes.operator`.
OPSETS = {"": range(7, 25), "ai.onnx.ml": range(1, 6)}
#: The size that a protobuf message can't exceed.
_LARGEST_FILE = 2**31
#: Most nodes a model may have once its functions are expanded.
_LARGEST_GRAPH = 1_000_000


def load_model(model: Any) -> tuple[ModelProto, str]:
    """Return a model without functions and external data, and its name for messages.

    ModelError says what is wrong.
    """
    if isinstance(model, ModelProto):
        where, folder, copy = "the ONNX model", None, ModelProto()
        copy.CopyFrom(model)
    else:
        path = Path(model)
        where, folder, copy = str(path), path.parent, _parse_file(path)

    read_opsets(copy, where)
    for tensor in _iterate_tensors(copy):
        if tensor.data_location == TensorProto.EXTERNAL:
            _read_external(tensor, folder, where)

    if copy.functions:
        _check_functions(copy, where)
        copy = onnx.inliner.inline_local_functions(copy)

    return copy, where


def read_opsets(model: ModelProto, where: str) -> dict[str, int]:
    """Domain -> version, for the domains that are known here."""
    found = {
        "" if entry.domain == "ai.onnx" else entry.domain: entry.version
        for entry in model.opset_import
    }
    if not found or not model.HasField("graph"):
        raise ModelError(
            f"{where}: isn't an ONNX model: it has no {'graph' if found else 'opset_import'}"
        )

    for domain in OPSETS:
        last = _newest_opset(domain)
        if domain in found and not 1 <= found[domain] <= last:
            raise ModelError(
                f"{where}: uses opset {found[domain]} of {domain or 'ai.onnx'}; the onnx "
                f"{onnx.__version__} that is installed knows 1 to {last}. Install a newer one, or "
                "export the model for one of these"
            )

    return {domain: version for domain, version in found.items() if domain in OPSETS}


@cache
def _newest_opset(domain: str) -> int:
    """The newest operator set that the installed onnx knows."""
    if not domain:
        return onnx.defs.onnx_opset_version()
    return max(
        schema.since_version for schema in onnx.defs.get_all_schemas() if schema.domain == domain
    )


def _parse_file(path: Path) -> ModelProto:
    content = read_model(path, _LARGEST_FILE, "Save weights as external data")
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(
            f"{path}: isn't an ONNX file, or is cut short ({len(content)} bytes)"
        ) from error

    return model


def _iterate_tensors(model: ModelProto) -> Iterator[TensorProto]:
    """Every tensor that the main graph and the functions hold.

    Subgraphs are left out: what has some is refused.
    """
    yield from model.graph.initializer
    nodes = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    for node in nodes:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors


def _read_external(tensor: TensorProto, folder: Path | None, where: str) -> None:
    place = f"{where}: tensor {tensor.name!r}"
    entries = {entry.key: entry.value for entry in tensor.external_data}
    if folder is None:
        raise ModelError(
            f"{place} is external data; give the path of the file, or load it with onnx.load"
        )

    file = _locate_data_file(folder, entries.get("location", ""), place)
    size = file.stat().st_size
    try:
        offset = int(entries.get("offset", 0))
        length = int(entries.get("length", size - offset))
    except ValueError as error:
        raise ModelError(
            f"{place} has external data whose offset or length is no number"
        ) from error

    if offset < 0 or length < 0 or offset + length > size:
        raise ModelError(
            f"{place} is external data: {length} bytes from {offset}, but {file.name} has {size}; "
            "cut short?"
        )

    expected = _count_bytes(tensor, place)
    if length != expected:
        raise ModelError(
            f"{place} is external data of {length} bytes; its shape {list(tensor.dims)} takes "
            f"{expected}"
        )

    if length > _LARGEST_FILE:
        raise ModelError(
            f"{place} is external data of {length} bytes; supported: up to {_LARGEST_FILE} a tensor"
        )

    with file.open("rb") as stream:
        stream.seek(offset)
        tensor.raw_data = stream.read(length)

    tensor.data_location = TensorProto.DEFAULT
    del tensor.external_data[:]


def _locate_data_file(folder: Path, location: str, place: str) -> Path:
    """The data file, which must lie in the model's folder or below it, whatever links are on the
    way.
    """
    parts = (*PurePosixPath(location).parts, *PureWindowsPath(location).parts)
    outside = (
        PurePosixPath(location).is_absolute()
        or bool(PureWindowsPath(location).anchor)
        or ".." in parts
    )

    if (
        not location
        or outside
        or "\0" in location
        or not (folder / location).resolve().is_relative_to(folder.resolve())
    ):
        raise ModelError(
            f"{place} is external data in {location!r}; supported: files in the model's own folder"
        )

    file = (folder / location).resolve()
    if not file.is_file():
        raise ModelError(
            f"{place} is external data in {location!r}, and there is no such file beside the model"
        )

    return file


def _count_bytes(tensor: TensorProto, place: str) -> int:
    if tensor.data_type not in _ITEM_BYTES or any(size < 0 for size in tensor.dims):
        raise ModelError(
            f"{place} is external data of a type or shape that can't be read; supported: numbers"
        )
    return int(math.prod(tensor.dims)) * _ITEM_BYTES[tensor.data_type]


_ITEM_BYTES: Mapping[int, int] = {
    TensorProto.FLOAT: 4,
    TensorProto.DOUBLE: 8,
    TensorProto.FLOAT16: 2,
    TensorProto.BFLOAT16: 2,
    TensorProto.INT8: 1,
    TensorProto.INT16: 2,
    TensorProto.INT32: 4,
    TensorProto.INT64: 8,
    TensorProto.BOOL: 1,
    TensorProto.UINT8: 1,
    TensorProto.UINT16: 2,
    TensorProto.UINT32: 4,
    TensorProto.UINT64: 8,
}


def _check_functions(model: ModelProto, where: str) -> None:
    """Functions may call one another: refuse those that call themselves, and those that grow beyond
    all bounds.
    """
    functions = {(function.domain, function.name): function for function in model.functions}
    sizes: dict[tuple[str, str], int] = {}
    open_calls: set[tuple[str, str]] = set()

    def size(key: tuple[str, str], function: FunctionProto) -> int:
        if key in open_calls or len(open_calls) > 100:
            raise ModelError(
                f"{where}: function {key[1]!r} calls itself, or nests too deep; inline the "
                "model's functions"
            )

        if key not in sizes:
            open_calls.add(key)
            sizes[key] = total(function.node)
            open_calls.remove(key)

        return sizes[key]

    def total(nodes: Any) -> int:
        calls = [(node.domain, node.op_type) for node in nodes]
        return sum(size(key, functions[key]) if key in functions else 1 for key in calls)

    if (count := total(model.graph.node)) > _LARGEST_GRAPH:
        raise ModelError(
            f"{where}: its functions expand to {count} nodes; supported: at most {_LARGEST_GRAPH}"
        )
