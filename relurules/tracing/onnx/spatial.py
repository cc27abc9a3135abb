"""The arithmetic of windows in ONNX: where padding stands and how many windows there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from relurules.errors import ModelError
from relurules.tracing.onnx.nodes import Operator


@dataclass(frozen=True, kw_only=True)
class WindowLayout:
    """How windows move over an input; one entry per spatial dimension."""

    #: Size of a window.
    kernel: tuple[int, ...]
    #: From window to window.
    stride: tuple[int, ...]
    #: From entry to entry of a window.
    dilation: tuple[int, ...]
    #: A kernel with its gaps.
    span: tuple[int, ...]
    #: Padding before.
    begin: tuple[int, ...]
    #: Padding after.
    end: tuple[int, ...]
    #: Number of windows.
    out: tuple[int, ...]
    #: Of a transposed convolution, the length before padding is cut off.
    full: tuple[int, ...] = ()


def compute_windows(
    op: Operator, size: Sequence[int], kernel: Sequence[int] | None = None
) -> WindowLayout:
    """The windows of a pooling or a convolution over an input of this size."""
    rank = len(size)
    kernel = tuple(op.attributes["kernel_shape"] or kernel or ())
    stride = tuple(op.attributes["strides"] or [1] * rank)
    dilation = tuple(op.attributes.get("dilations") or [1] * rank)
    pads = list(op.attributes["pads"] or [0] * 2 * rank)
    _check_window_sizes(op, rank, kernel, stride, dilation, pads)
    span = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    auto = op.attributes["auto_pad"]

    if auto.startswith("SAME") and op.name != "Conv" and _has_gaps(size, stride, span, dilation):
        raise ModelError(
            f"{op.place}: it has auto_pad, with dilations or strides that leave gaps, on which "
            "runtimes don't agree; give it pads"
        )

    begin, end, out = list[int](), list[int](), list[int]()
    for i, (n, w, s) in enumerate(zip(size, span, stride, strict=True)):
        if auto in ("SAME_UPPER", "SAME_LOWER"):
            count = -(-n // s)
            total = max(0, (count - 1) * s + w - n)
            first = total // 2 if auto == "SAME_UPPER" else total - total // 2
            last = total - first
        else:
            first, last = (0, 0) if auto == "VALID" else (pads[i], pads[rank + i])
            room = n + first + last - w
            count = (-(-room // s) if op.attributes.get("ceil_mode") else room // s) + 1
            if op.attributes.get("ceil_mode") and (count - 1) * s >= n + first:
                count -= 1
        begin, end, out = [*begin, first], [*end, last], [*out, count]

    if min(out, default=0) < 1:
        raise ModelError(
            f"{op.place}: its kernel {list(kernel)} is larger than its input {list(size)}"
        )

    return WindowLayout(
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        span=span,
        begin=tuple(begin),
        end=tuple(end),
        out=tuple(out),
    )


def _has_gaps(
    size: Sequence[int], stride: Sequence[int], span: Sequence[int], dilation: Sequence[int]
) -> bool:
    """Whether windows have gaps inside, or leave out the end of the input."""
    ends = [(-(-n // s) - 1) * s + w for n, s, w in zip(size, stride, span, strict=True)]
    return max(dilation) > 1 or any(end < n for end, n in zip(ends, size, strict=True))


def compute_transposed_windows(
    op: Operator, size: Sequence[int], kernel: Sequence[int]
) -> WindowLayout:
    """What a transposed convolution gives for an input of this size."""
    rank = len(size)
    stride = tuple(op.attributes["strides"] or [1] * rank)
    dilation = tuple(op.attributes["dilations"] or [1] * rank)
    extra = op.attributes["output_padding"] or [0] * rank
    pads = list(op.attributes["pads"] or [0] * 2 * rank)
    _check_window_sizes(op, rank, kernel, stride, dilation, pads)
    span = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    full = tuple((n - 1) * s + w for n, s, w in zip(size, stride, span, strict=True))
    auto, wanted = op.attributes["auto_pad"], op.attributes["output_shape"]

    if auto in ("SAME_UPPER", "SAME_LOWER") and wanted is None:
        wanted = [n * s for n, s in zip(size, stride, strict=True)]
    if auto == "VALID":
        pads = [0] * 2 * rank
    if wanted is not None:
        total = [f + e - w for f, e, w in zip(full, extra, list(wanted)[-rank:], strict=True)]
        if min(total) < 0 and auto.startswith("SAME"):
            raise ModelError(
                f"{op.place}: its auto_pad asks for more than its kernel gives, on which runtimes "
                "don't agree; give it pads and output_padding"
            )
        half = [t // 2 for t in total]
        rest = [t - h for t, h in zip(total, half, strict=True)]
        pads = [*half, *rest] if auto == "SAME_UPPER" else [*rest, *half]

    out = tuple(
        f + e - first - last
        for f, e, first, last in zip(full, extra, pads[:rank], pads[rank:], strict=True)
    )
    if min(out, default=0) < 1:
        raise ModelError(f"{op.place}: its output would be of size {list(out)}")
    return WindowLayout(
        kernel=tuple(kernel),
        stride=stride,
        dilation=dilation,
        span=span,
        begin=tuple(pads[:rank]),
        end=tuple(pads[rank:]),
        out=out,
        full=full,
    )


def _check_window_sizes(
    op: Operator,
    rank: int,
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    pads: Sequence[int],
) -> None:
    lengths = {len(kernel), len(stride), len(dilation), len(pads) / 2}
    if lengths != {rank} or min((*kernel, *stride, *dilation), default=0) < 1:
        raise ModelError(
            f"{op.place}: kernel {list(kernel)}, strides {list(stride)}, dilations "
            f"{list(dilation)}, pads {list(pads)} don't fit an input with {rank} spatial "
            "dimensions; supported: one positive number for each, two pads"
        )
