"""The ATen operators that the tracer knows. Whatever isn't a row here is refused by name.

Affine operators are listed by the roles of their arguments; the tracer evaluates the operator
itself, so no row holds any algebra. `data` arguments may be affine tensors, in which the operator
is linear; `offset` arguments are only added, so they vanish from its linear part; of the `factors`
one may be affine and multiplies the others; all other arguments must be constants. Activations are
listed with the slope of their PReLU. https://docs.pytorch.org/docs/stable/torch.compiler_ir.html
names the operators.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from relurules.networks.activations import SLOPES
from relurules.tracing.affine import Array

aten = torch.ops.aten


class ArgumentRoles(NamedTuple):
    """Argument names of an affine operator, as in its schema, and what to call where it needs a
    stand-in.
    """

    data: frozenset[str]
    offset: frozenset[str] = frozenset()
    factors: frozenset[str] = frozenset()
    call: Callable[..., Any] | None = None


def _make_roles(
    data: str = "", offset: str = "", factors: str = "", call: Callable[..., Any] | None = None
) -> ArgumentRoles:
    return ArgumentRoles(
        frozenset(data.split()), frozenset(offset.split()), frozenset(factors.split()), call
    )


def _apply_batch_norm(
    x: Tensor, weight: Any, bias: Any, mean: Tensor, var: Tensor, momentum: float, eps: float
) -> tuple[Tensor]:
    """The same as its namesake below, which torch.vmap can't batch; only the first result is ever
    used.
    """
    return (aten.batch_norm.default(x, weight, bias, mean, var, False, momentum, eps, False),)


def _fill_tensor(x: Tensor, value: Tensor) -> Tensor:
    """The same as aten.fill, which torch.vmap can't batch."""
    return torch.zeros_like(x) + value


def _copy_tensor(x: Tensor, src: Tensor, _: bool) -> Tensor:
    """The same as aten.copy, which torch.vmap can't batch."""
    return torch.zeros_like(x) + src


def _replace_slice(
    x: Tensor, src: Tensor, dim: int, start: int | None, end: int | None, step: int
) -> Tensor:
    """The same as aten.slice_scatter, which torch.vmap can't batch where the end is open."""
    replaced = x.clone()
    replaced[(*[slice(None)] * (dim % x.dim()), slice(start, end, step))] = src
    return replaced


def _squeeze_row(x: Tensor) -> Tensor:
    """All dimensions of size 1 but the first, which is the batch and only here of size 1."""
    return x.squeeze([d for d in range(1, x.dim()) if x.shape[d] == 1])


AFFINE: Mapping[Any, ArgumentRoles] = {
    # sums and products
    aten.add.Tensor: _make_roles("self other"),
    aten.add.Scalar: _make_roles("self", "other"),
    aten.sub.Tensor: _make_roles("self other"),
    aten.sub.Scalar: _make_roles("self", "other"),
    aten.rsub.Scalar: _make_roles("self", "other"),
    aten.lerp.Scalar: _make_roles("self end"),
    aten.lerp.Tensor: _make_roles("self end"),
    aten.neg.default: _make_roles("self"),
    aten.mul.Tensor: _make_roles(factors="self other"),
    aten.mul.Scalar: _make_roles("self"),
    aten.div.Tensor: _make_roles("self"),
    aten.div.Scalar: _make_roles("self"),
    aten.addcmul.default: _make_roles("self", factors="tensor1 tensor2"),
    aten.addcdiv.default: _make_roles("self tensor1"),
    aten.sum.default: _make_roles("self"),
    aten.sum.dim_IntList: _make_roles("self"),
    aten.mean.default: _make_roles("self"),
    aten.mean.dim: _make_roles("self"),
    aten.cumsum.default: _make_roles("self"),
    # layers
    aten.linear.default: _make_roles("input", "bias"),
    aten.addmm.default: _make_roles("self", factors="mat1 mat2"),
    aten.matmul.default: _make_roles(factors="self other"),
    aten.mm.default: _make_roles(factors="self mat2"),
    aten.mv.default: _make_roles(factors="self vec"),
    aten.bmm.default: _make_roles(factors="self mat2"),
    aten.baddbmm.default: _make_roles("self", factors="batch1 batch2"),
    aten.conv1d.default: _make_roles("input", "bias"),
    aten.conv2d.default: _make_roles("input", "bias"),
    aten.conv3d.default: _make_roles("input", "bias"),
    aten.conv1d.padding: _make_roles("input", "bias"),
    aten.conv2d.padding: _make_roles("input", "bias"),
    aten.conv3d.padding: _make_roles("input", "bias"),
    aten.conv_transpose1d.default: _make_roles("input", "bias"),
    aten.conv_transpose2d.input: _make_roles("input", "bias"),
    aten.conv_transpose3d.input: _make_roles("input", "bias"),
    aten.avg_pool1d.default: _make_roles("self"),
    aten.avg_pool2d.default: _make_roles("self"),
    aten.avg_pool3d.default: _make_roles("self"),
    aten.adaptive_avg_pool1d.default: _make_roles("self"),
    aten.adaptive_avg_pool2d.default: _make_roles("self"),
    aten.adaptive_avg_pool3d.default: _make_roles("self"),
    aten.upsample_nearest1d.vec: _make_roles("input"),
    aten.upsample_nearest2d.vec: _make_roles("input"),
    aten.upsample_nearest3d.vec: _make_roles("input"),
    aten.upsample_linear1d.vec: _make_roles("input"),
    aten.upsample_bilinear2d.vec: _make_roles("input"),
    aten.upsample_trilinear3d.vec: _make_roles("input"),
    aten.upsample_bicubic2d.vec: _make_roles("input"),
    aten.batch_norm.default: _make_roles("input", "bias running_mean"),
    aten._native_batch_norm_legit_no_training.default: _make_roles(
        "input", "bias running_mean", call=_apply_batch_norm
    ),
    aten.instance_norm.default: _make_roles("input", "bias running_mean"),
    aten.dropout.default: _make_roles("input"),
    aten.feature_dropout.default: _make_roles("input"),
    aten.alpha_dropout.default: _make_roles("input"),
    aten.feature_alpha_dropout.default: _make_roles("input"),
    # parts that are replaced, or chosen by constants
    aten.where.self: _make_roles("self other"),
    aten.masked_fill.Scalar: _make_roles("self", "value"),
    aten.fill.Scalar: _make_roles("self", "value"),
    aten.fill.Tensor: _make_roles("self", "value", call=_fill_tensor),
    aten.copy.default: _make_roles("self src", call=_copy_tensor),
    aten.slice_scatter.default: _make_roles("self src", call=_replace_slice),
    aten.select_scatter.default: _make_roles("self src"),
    aten.scatter.src: _make_roles("self src"),
    aten.scatter.value: _make_roles("self", "value"),
    aten.scatter_add.default: _make_roles("self src"),
    aten.index_add.default: _make_roles("self source"),
    aten.index_put.default: _make_roles("self values"),
    aten.tril.default: _make_roles("self"),
    aten.triu.default: _make_roles("self"),
    aten.diag_embed.default: _make_roles("self"),
    # shapes
    aten.cat.default: _make_roles("tensors"),
    aten.stack.default: _make_roles("tensors"),
    aten.split.Tensor: _make_roles("self"),
    aten.split_with_sizes.default: _make_roles("self"),
    aten.chunk.default: _make_roles("self"),
    aten.unbind.int: _make_roles("self"),
    aten.slice.Tensor: _make_roles("self"),
    aten.select.int: _make_roles("self"),
    aten.index_select.default: _make_roles("self"),
    aten.index.Tensor: _make_roles("self"),
    aten.gather.default: _make_roles("self"),
    aten.diagonal.default: _make_roles("self"),
    aten.unfold.default: _make_roles("self"),
    aten.im2col.default: _make_roles("self"),
    aten.col2im.default: _make_roles("self"),
    aten.repeat.default: _make_roles("self"),
    aten.roll.default: _make_roles("self"),
    aten.pixel_shuffle.default: _make_roles("self"),
    aten.pixel_unshuffle.default: _make_roles("self"),
    aten.channel_shuffle.default: _make_roles("self"),
    aten.flatten.using_ints: _make_roles("self"),
    aten.unflatten.int: _make_roles("self"),
    aten.view.default: _make_roles("self"),
    aten._unsafe_view.default: _make_roles("self"),
    aten.reshape.default: _make_roles("self"),
    aten.permute.default: _make_roles("self"),
    aten.transpose.int: _make_roles("self"),
    aten.t.default: _make_roles("self"),
    aten.numpy_T.default: _make_roles("self"),
    aten.squeeze.default: _make_roles("self", call=_squeeze_row),
    aten.squeeze.dim: _make_roles("self"),
    aten.squeeze.dims: _make_roles("self"),
    aten.unsqueeze.default: _make_roles("self"),
    aten.expand.default: _make_roles("self"),
    aten.flip.default: _make_roles("self"),
    aten.reflection_pad1d.default: _make_roles("self"),
    aten.reflection_pad2d.default: _make_roles("self"),
    aten.replication_pad1d.default: _make_roles("self"),
    aten.replication_pad2d.default: _make_roles("self"),
    aten.constant_pad_nd.default: _make_roles("self", "value"),
    aten.pad.default: _make_roles("self", "value"),
    aten.alias.default: _make_roles("self"),
    aten.clone.default: _make_roles("self"),
    aten.contiguous.default: _make_roles("self"),
    aten.detach.default: _make_roles("self"),
}

#: Operators whose flag must be false: in training mode they are random, or depend on the batch.
TRAINING_FLAG: Mapping[Any, str] = {
    aten.dropout.default: "train",
    aten.feature_dropout.default: "train",
    aten.alpha_dropout.default: "train",
    aten.feature_alpha_dropout.default: "train",
    aten.instance_norm.default: "use_input_stats",
    aten.batch_norm.default: "training",
    aten.rrelu.default: "training",
}


#: Operators of `AFFINE` that only move entries about: of what a link gives, too.
REARRANGING = frozenset({
    aten.cat.default, aten.stack.default, aten.split.Tensor, aten.split_with_sizes.default,
    aten.chunk.default, aten.unbind.int, aten.slice.Tensor, aten.select.int,
    aten.index_select.default, aten.index.Tensor, aten.gather.default, aten.diagonal.default,
    aten.repeat.default, aten.roll.default, aten.flatten.using_ints, aten.unflatten.int,
    aten.view.default, aten._unsafe_view.default, aten.reshape.default, aten.permute.default,
    aten.transpose.int, aten.t.default, aten.numpy_T.default, aten.squeeze.default,
    aten.squeeze.dim, aten.squeeze.dims, aten.unsqueeze.default, aten.expand.default,
    aten.flip.default, aten.alias.default, aten.clone.default, aten.contiguous.default,
    aten.detach.default,
})  # fmt: skip

#: Casts; those that keep all values change nothing, the others are refused.
CASTS = frozenset(
    {aten.to.dtype, aten.to.dtype_layout, aten._to_copy.default, aten.type_as.default}
)

#: Operators that only check what the export has settled.
ASSERTIONS = frozenset({aten._assert_tensor_metadata.default})

#: Operators whose result depends on the shape of their input alone.
SHAPE_ONLY = frozenset(
    {
        aten.sym_size.int,
        aten.sym_numel.default,
        aten.zeros_like.default,
        aten.ones_like.default,
        aten.full_like.default,
        aten.new_zeros.default,
        aten.new_ones.default,
        aten.new_full.default,
    }
)

#: Operators that torch itself takes apart into operators of these tables: other names, and views of
#: views.
DECOMPOSABLE = frozenset({
    aten.rsub.Tensor, aten.subtract.Tensor, aten.subtract.Scalar, aten.multiply.Tensor,
    aten.multiply.Scalar, aten.divide.Tensor, aten.divide.Scalar, aten.true_divide.Tensor,
    aten.true_divide.Scalar, aten.negative.default, aten.positive.default, aten.einsum.default,
    aten.tensordot.default, aten.inner.default, aten.dot.default, aten.addmv.default,
    aten.absolute.default, aten.clip.default, aten.clip.Tensor, aten.concat.default,
    aten.concatenate.default, aten.hstack.default, aten.vstack.default, aten.dstack.default,
    aten.column_stack.default, aten.tile.default, aten.repeat_interleave.self_int,
    aten.fliplr.default, aten.flipud.default, aten.rot90.default, aten.diff.default,
    aten.mT.default, aten.swapaxes.default, aten.swapdims.default, aten.movedim.int,
    aten.movedim.intlist, aten.moveaxis.int, aten.moveaxis.intlist, aten.narrow.default,
    aten.tensor_split.sections, aten.tensor_split.indices, aten.hsplit.int, aten.hsplit.array,
    aten.vsplit.int, aten.split.sizes, aten.expand_as.default, aten.view_as.default,
    aten.reshape_as.default, aten.atleast_1d.default, aten.atleast_2d.default,
    aten.atleast_3d.default, aten.atleast_1d.Sequence, aten.atleast_2d.Sequence,
    aten.atleast_3d.Sequence, aten.broadcast_tensors.default, aten.ravel.default,
    aten.take_along_dim.default, aten.where.ScalarOther, aten.where.ScalarSelf, aten.where.Scalar,
    aten.masked_fill.Tensor, aten.adaptive_max_pool1d.default, aten.greater.Scalar,
    aten.greater.Tensor, aten.less.Scalar, aten.less.Tensor, aten.greater_equal.Scalar,
    aten.greater_equal.Tensor, aten.less_equal.Scalar, aten.less_equal.Tensor,
})  # fmt: skip

#: Operator -> the link it is, at the model's end.
LINK_OPERATORS: Mapping[Any, str] = {
    aten.sigmoid.default: "sigmoid",
    aten.special_expit.default: "sigmoid",
    aten.softmax.int: "softmax",
    aten._softmax.default: "softmax",
    aten.special_softmax.default: "softmax",
    aten.log_softmax.int: "log_softmax",
    aten._log_softmax.default: "log_softmax",
    aten.special_log_softmax.default: "log_softmax",
    aten.exp.default: "exp",
    aten.expm1.default: "expm1",
    aten.special_expm1.default: "expm1",
    aten.softplus.default: "softplus",
    aten.tanh.default: "tanh",
    aten.logit.default: "logit",
    aten.special_logit.default: "logit",
    aten.argmax.default: "argmax",
    aten.argmin.default: "argmax",
}


def _read_prelu_slope(bound: Mapping[str, Any]) -> Array:
    weight: Array = bound["weight"]
    rank = bound["self"].constant.ndim
    return weight if weight.size == 1 or rank < 2 else weight.reshape(1, -1, *[1] * (rank - 2))


def _make_constant_slope(name: str) -> Callable[[Mapping[str, Any]], Array]:
    return lambda _: np.array(SLOPES[name])


#: Activation -> its PReLU slope, from the operator's arguments by name; the input is called `self`
#: in all of them.
ACTIVATIONS: Mapping[Any, Callable[[Mapping[str, Any]], Array]] = {
    aten.relu.default: _make_constant_slope("relu"),
    aten.abs.default: _make_constant_slope("abs"),
    aten.leaky_relu.default: lambda bound: np.array(float(bound["negative_slope"])),
    aten.rrelu.default: lambda bound: np.array((bound["lower"] + bound["upper"]) / 2),
    aten.prelu.default: _read_prelu_slope,
}
