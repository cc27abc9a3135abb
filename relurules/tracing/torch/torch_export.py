"""torch.nn.Module or .pt2 file -> ExportedProgram in eval mode, in its own precision, without
in-place operators.
"""

import contextlib
import copy
import inspect
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.export import Dim, ExportedProgram, default_decompositions

from relurules.errors import ModelError, summarise_error
from relurules.tracing.input_shapes import InputShape, list_row_shapes
from relurules.tracing.torch.archive import load_archive
from relurules.tracing.torch.aten_operators import DECOMPOSABLE

#: Of so many inputs every choice of types is tried.
_MOST_GUESSED = 4


def export_program(model: Any, input_shape: InputShape | None) -> ExportedProgram:
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


def refuse_changing_state(program: ExportedProgram) -> None:
    """ModelError where an output depends on a buffer that every call changes: what the model gives
    for a row is another number each time.
    """
    signature = program.graph_signature
    changed = set(signature.buffers_to_mutate.values())
    wanted = set(signature.user_outputs)
    *_, output = program.graph.nodes
    stack = [node for node in output.all_input_nodes if node.name in wanted]
    seen = set[torch.fx.Node]()

    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        stack += node.all_input_nodes
        if (name := signature.inputs_to_buffers.get(node.name)) in changed:
            raise ModelError(
                f"the model changes its buffer {name!r} whenever it runs, and its output depends "
                "on it, so that a row gets another number at every call; supported: models whose "
                "forward leaves such buffers alone, or outputs that don't depend on them"
            )


def _export_module(module: nn.Module, input_shape: InputShape | None) -> ExportedProgram:
    if empty := [name for name, held in module.named_parameters() if held.is_meta]:
        raise ModelError(
            f"{empty[0]} is on the device meta, which holds no numbers; load the model's weights "
            "first"
        )

    module = copy.deepcopy(module).to(device="cpu").eval()
    given = list_row_shapes(input_shape)
    inputs = _list_needed_inputs(module)
    if len(inputs) != (1 if given is None else len(given)) and inputs:
        raise ModelError(
            f"the model's forward takes {', '.join(inputs)}: give input_shape=, a list with the "
            "shape of a row of each, such as [(3,), (2,)], or a torch.export.ExportedProgram"
        )

    choices = [given] if given is not None else _guess_row_shapes(module)
    if not choices:
        raise ModelError(
            "the model has no Linear or BatchNorm1d that tells its input size; give input_shape="
        )

    failures = []
    for shapes in choices:
        for kinds in _list_input_types(module, len(shapes)):
            try:
                return _export_rows(module, shapes, kinds)
            except Exception as error:
                shown = ", ".join(map(str, shapes))
                failures.append(f"rows of shape {shown}: {summarise_error(error)}")

    raise ModelError(
        (
            "torch.export can't trace this model; supported: a forward of tensors, whose path "
            "doesn't depend on values. "
        )
        + "; ".join(dict.fromkeys(failures))
        + (
            ""
            if input_shape is not None
            else "; if the shape of a row is another one, give input_shape="
        )
    )


def _export_rows(
    module: nn.Module, shapes: Sequence[tuple[int, ...]], kinds: Sequence[torch.dtype]
) -> ExportedProgram:
    """The program of a module that takes rows of these shapes, as many as there are."""
    rows = tuple(
        torch.zeros((2, *shape), dtype=kind) for shape, kind in zip(shapes, kinds, strict=True)
    )
    batch = Dim.DYNAMIC if len(rows) == 1 else Dim("batch")
    sizes = tuple((batch, *[Dim.STATIC] * len(shape)) for shape in shapes)
    with _silence_torch():
        return torch.export.export(module, rows, dynamic_shapes=sizes)


def _list_needed_inputs(module: nn.Module) -> list[str]:
    """Names of what forward takes and has no default for; none where it doesn't tell."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        found = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in found if p.kind in kinds and p.default is inspect.Parameter.empty]


def _list_input_types(module: nn.Module, count: int) -> list[tuple[torch.dtype, ...]]:
    """Types of the inputs to try: floats, and whole numbers where the module looks codes up."""
    weights = [p.dtype for p in module.parameters() if p.dtype.is_floating_point]
    number = weights[0] if weights else torch.float32
    embeds = any(isinstance(part, nn.Embedding) for part in module.modules())
    if not embeds or count > _MOST_GUESSED:
        return [(number,) * count]
    return sorted(
        product((number, torch.int64), repeat=count), key=lambda kinds: kinds.count(torch.int64)
    )


def _guess_row_shapes(module: nn.Module) -> list[list[tuple[int, ...]]]:
    """Row shapes that the module's layers suggest, first layer first."""
    sizes = [
        layer.in_features if isinstance(layer, nn.Linear) else layer.num_features
        for layer in module.modules()
        if isinstance(layer, nn.Linear | nn.BatchNorm1d)
    ]
    return [[(size,)] for size in dict.fromkeys(sizes)]


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
