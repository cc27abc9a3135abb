"""torch.nn.Module or .pt2 file -> ExportedProgram in eval mode, in its own precision, without
in-place operators.
"""

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.export import Dim, ExportedProgram, default_decompositions

from relurules.errors import ModelError, summarise_error
from relurules.tracing.torch.archive import load_archive
from relurules.tracing.torch.aten_operators import DECOMPOSABLE


def export_program(model: Any, input_shape: Sequence[int] | None) -> ExportedProgram:
    """Return the program of a module, a program or a .pt2 file.

    ModelError says what stood in the way.
    """
    if isinstance(model, str | Path):
        with _silence_torch():
            model = load_archive(Path(model))

    program = model if isinstance(model, ExportedProgram) else _export_module(model, input_shape)
    if any(_is_mutating(node) or _is_decomposable(node) for node in program.graph.nodes):
        with _silence_torch():
            known = default_decompositions()
            program = program.run_decompositions(
                {op: known[op] for op in DECOMPOSABLE if op in known}
            )

    return program


def _export_module(module: nn.Module, input_shape: Sequence[int] | None) -> ExportedProgram:
    if empty := [name for name, held in module.named_parameters() if held.is_meta]:
        raise ModelError(
            f"{empty[0]} is on the device meta, which holds no numbers; load the model's weights "
            "first"
        )

    module = copy.deepcopy(module).to(device="cpu").eval()
    weights = [p.dtype for p in module.parameters() if p.dtype.is_floating_point]
    shapes = [tuple(input_shape)] if input_shape is not None else _guess_row_shapes(module)
    if not shapes:
        raise ModelError(
            "the model has no Linear or BatchNorm1d that tells its input size; give input_shape="
        )

    failures = []
    for shape in shapes:
        example = torch.zeros((2, *shape), dtype=weights[0] if weights else torch.float32)
        sizes = (Dim.DYNAMIC, *[Dim.STATIC] * len(shape))
        try:
            with _silence_torch():
                return torch.export.export(module, (example,), dynamic_shapes=(sizes,))
        except Exception as error:
            failures.append(f"rows of shape {shape}: {summarise_error(error)}")

    raise ModelError(
        (
            "torch.export can't trace this model; supported: a forward of one tensor, whose path "
            "doesn't depend on values. "
        )
        + "; ".join(failures)
        + (
            ""
            if input_shape is not None
            else "; if the shape of a row is another one, give input_shape="
        )
    )


def _guess_row_shapes(module: nn.Module) -> list[tuple[int]]:
    """Row shapes that the module's layers suggest, first layer first."""
    sizes = [
        layer.in_features if isinstance(layer, nn.Linear) else layer.num_features
        for layer in module.modules()
        if isinstance(layer, nn.Linear | nn.BatchNorm1d)
    ]
    return [(size,) for size in dict.fromkeys(sizes)]


def _is_decomposable(node: torch.fx.Node) -> bool:
    """True for what torch can write with other operators, and for a graph inside, such as the body
    of no_grad.
    """
    return node.target in DECOMPOSABLE or node.op == "get_attr"


def _is_mutating(node: torch.fx.Node) -> bool:
    schema = getattr(node.target, "_schema", None)
    return node.op == "call_function" and schema is not None and bool(schema.is_mutable)


@contextlib.contextmanager
def _silence_torch() -> Iterator[None]:
    """torch.export logs and warns about what it then raises; the raised error alone reaches the
    user.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
