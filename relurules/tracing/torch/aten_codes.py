"""The ATen operators that look up whole numbers that depend on the input: an embedding gives a row
of its weights for each code of a column.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from relurules.tracing.affine import AffineTensor
from relurules.tracing.input_columns import AnswerTable, InputColumns
from relurules.tracing.relu_blocks import Refuse

aten = torch.ops.aten

#: From the columns, the operator's arguments by name, and how it is refused.
CodeLookup = Callable[[InputColumns, Mapping[str, Any], Refuse], Any]


def _look_rows_up(columns: InputColumns, rows: Any, codes: Any, refuse: Refuse) -> AffineTensor:
    """Rows of a constant, by codes from 0; no other code has any."""
    if not isinstance(rows, np.ndarray) or not isinstance(codes, AffineTensor):
        raise refuse("it looks up values that depend on the input, or by something else than codes")
    answers = {float(n): row.astype(np.float64) for n, row in enumerate(rows)}
    return columns.look_up(codes, AnswerTable(answers, None), refuse)


def _look_embedding_up(
    columns: InputColumns, bound: Mapping[str, Any], refuse: Refuse
) -> AffineTensor:
    return _look_rows_up(columns, bound["weight"], bound["indices"], refuse)


def _look_index_up(columns: InputColumns, bound: Mapping[str, Any], refuse: Refuse) -> AffineTensor:
    """table[codes]."""
    indices = bound["indices"]
    if len(indices) != 1:
        raise refuse(
            "it looks up by several tensors of codes; supported: one, of the first dimension"
        )
    return _look_rows_up(columns, bound["self"], indices[0], refuse)


def _make_one_hot(columns: InputColumns, bound: Mapping[str, Any], refuse: Refuse) -> AffineTensor:
    count = bound["num_classes"]
    if not isinstance(count, int) or count < 1:
        raise refuse("its number of classes depends on the batch; give it num_classes")
    return _look_rows_up(columns, np.eye(count), bound["self"], refuse)


#: Operator -> what looks codes up.
CODE_LOOKUPS: Mapping[Any, CodeLookup] = {
    aten.embedding.default: _look_embedding_up,
    aten.index.Tensor: _look_index_up,
    aten.one_hot.default: _make_one_hot,
}

#: Operator -> its arguments that hold codes.
CODE_ARGUMENTS: Mapping[Any, int] = {
    aten.embedding.default: 1,
    aten.index.Tensor: 1,
    aten.one_hot.default: 0,
}

_BAGS = (
    "nn.EmbeddingBag looks up bags of any length; supported: nn.Embedding, and the sum or mean of "
    "what it gives for a fixed number of columns"
)
#: Operators that are known and can't be traced -> why, and what to do.
REFUSED: Mapping[str, str] = {
    "aten::embedding_bag": _BAGS,
    "aten::embedding_bag.padding_idx": _BAGS,
    "aten::_embedding_bag": _BAGS,
    "aten::_embedding_bag_forward_only": _BAGS,
    "aten::embedding_renorm": (
        "max_norm changes an embedding's weights as it reads them; write the weights as they are "
        "read into an nn.Embedding without it"
    ),
}


def reads_codes(target: Any, bound: Mapping[str, Any]) -> bool:
    """Whether an operator looks up by what depends on the input."""
    if target not in CODE_LOOKUPS:
        return False
    if target is not aten.index.Tensor:
        return True
    return any(isinstance(index, AffineTensor) for index in bound["indices"])
