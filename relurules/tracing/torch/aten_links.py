"""What links of torch do to their argument first, and in which form they can't be read."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from relurules.tracing.affine import AffineTensor, Basis
from relurules.tracing.relu_blocks import Refuse, clip

aten = torch.ops.aten

#: From the basis, the operator's arguments by name, how it is refused, and its layer -> the scores.
PrepareScores = Callable[[Basis, Mapping[str, Any], Refuse, str], AffineTensor]


def _check_softplus(
    _basis: Basis, bound: Mapping[str, Any], refuse: Refuse, _layer: str
) -> AffineTensor:
    """Beyond its threshold torch takes the score itself, off by exp(-threshold)."""
    if bound["beta"] != 1 or bound["threshold"] < 20:
        raise refuse(
            f"its beta is {bound['beta']}, its threshold {bound['threshold']}; supported: beta 1 "
            "and a threshold of 20 or more"
        )
    scores: AffineTensor = bound["self"]
    return scores


def _clamp_shares(
    basis: Basis, bound: Mapping[str, Any], refuse: Refuse, layer: str
) -> AffineTensor:
    """Torch holds the shares between eps and 1 - eps."""
    eps = bound["eps"]
    if eps is None or not 0.0 < eps < 0.5:
        raise refuse(
            "it gives no number outside 0 to 1; give torch.logit an eps above 0, such as eps=1e-6"
        )
    return clip(basis, bound["self"], float(eps), 1.0 - float(eps), refuse, layer)


#: Link's operator -> what its scores are.
LINK_ARGUMENTS: Mapping[Any, PrepareScores] = {
    aten.softplus.default: _check_softplus,
    aten.logit.default: _clamp_shares,
    aten.special_logit.default: _clamp_shares,
}
