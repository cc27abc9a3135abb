"""What a model does to its scores at its end: tensors whose entries are heads, which may only be
rearranged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Head
from relurules.links.table import LINKS
from relurules.tracing.affine import AffineTensor, Array, apply_affine, make_constant_tensor

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LinkedTensor:
    """A tensor of heads. index: of the tensor's own shape, which of `heads` stands where; scores:
    (k,), what they take.

    An operator that only moves entries about may be run on `index`.
    """

    index: Index
    heads: tuple[Head, ...]
    scores: AffineTensor

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.index.shape

    @property
    def links(self) -> set[str]:
        """The names of the links of its entries."""
        return {self.heads[i].link for i in self.index.reshape(-1).tolist()}


def apply_link(
    link: str, tensor: AffineTensor, dim: int = -1, keepdim: bool = False
) -> LinkedTensor:
    """The link of a tensor: entry by entry, or along `dim` where it is joint. keepdim: of a link
    that reduces.
    """
    flat = _flatten_tensor(tensor)
    places = np.arange(len(flat.constant)).reshape(tensor.shape)
    if not LINKS[link].joint:
        return LinkedTensor(
            places, tuple(Head(link, (i,)) for i in range(len(flat.constant))), flat
        )

    along = np.moveaxis(places, dim, -1)
    size = along.shape[-1]
    taken = [tuple(row) for row in along.reshape(-1, size).tolist()]
    if LINKS[link].reduces:
        index = np.arange(len(taken)).reshape(along.shape[:-1])
        return LinkedTensor(
            np.expand_dims(index, dim) if keepdim else index,
            tuple(Head(link, row) for row in taken),
            flat,
        )

    index = np.moveaxis(np.arange(along.size).reshape(along.shape), -1, dim)
    return LinkedTensor(
        index, tuple(Head(link, row, j) for row in taken for j in range(size)), flat
    )


def rearrange_heads(
    tensors: Sequence[LinkedTensor | AffineTensor | Array], operator: Callable[..., Any]
) -> Any:
    """An operator that only moves entries about.

    Returns a Headed, or a list where the operator gives several.
    """
    joined = [_to_linked_tensor(tensor) for tensor in tensors]
    indices: list[Index] = []
    heads: list[Head] = []
    first_score = 0

    for item in joined:
        indices.append(item.index + len(heads))
        heads += [
            one._replace(scores=tuple(i + first_score for i in one.scores)) for one in item.heads
        ]
        first_score += len(item.scores.constant)

    scores = _concatenate_tensors([item.scores for item in joined])
    result = operator(*indices)
    if isinstance(result, tuple | list):
        return [LinkedTensor(index, tuple(heads), scores) for index in result]
    return LinkedTensor(result, tuple(heads), scores)


def collect_scores(
    outputs: Sequence[AffineTensor | LinkedTensor],
) -> tuple[list[AffineTensor], tuple[Head, ...]]:
    """The outputs flattened in order as heads, and the distinct scores that these take; none where
    all are plain.
    """
    plain = [output for output in outputs if isinstance(output, AffineTensor)]
    if len(plain) == len(outputs):
        return plain, ()

    whole: LinkedTensor = rearrange_heads(
        outputs, lambda *indices: np.concatenate([index.reshape(-1) for index in indices])
    )
    scores = whole.scores
    # + 0.0: -0.0 is no other number.
    rows = np.concatenate([scores.columns.T, scores.constant[:, None]], axis=1) + 0.0
    forms = [row.tobytes() for row in rows]
    heads = [whole.heads[i] for i in whole.index.tolist()]
    number: dict[bytes, int] = {}
    kept: list[int] = []

    for i in (i for one in heads for i in one.scores):
        if forms[i] not in number:
            number[forms[i]] = len(kept)
            kept.append(i)

    renumbered = tuple(
        one._replace(scores=tuple(number[forms[i]] for i in one.scores)) for one in heads
    )
    taken = replace(scores, constant=scores.constant[kept], columns=scores.columns[:, kept])
    return [taken], renumbered


def _to_linked_tensor(tensor: LinkedTensor | AffineTensor | Array) -> LinkedTensor:
    if isinstance(tensor, LinkedTensor):
        return tensor
    if not isinstance(tensor, AffineTensor):
        tensor = make_constant_tensor(tensor.astype(np.float64))
    return apply_link("identity", tensor)


def _flatten_tensor(tensor: AffineTensor) -> AffineTensor:
    return replace(
        tensor,
        constant=tensor.constant.reshape(-1),
        columns=tensor.columns.reshape(len(tensor.columns), tensor.size),
    )


def _concatenate_tensors(tensors: Sequence[AffineTensor]) -> AffineTensor:
    def join(*items: Array) -> Array:
        return np.concatenate(items, axis=1)

    result: AffineTensor = apply_affine(tensors, join, join)
    return result
