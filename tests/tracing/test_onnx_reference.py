"""What stands in for onnx's own reference is what torch computes, or the reference where that is
right.
"""

from typing import Any

import numpy as np
import pytest
import torch
from onnx_models import single
from torch.nn import functional

from relurules.tracing.onnx import file, graph
from relurules.tracing.onnx.nodes import Constant, make_constant, run_constant, run_operator

RANDOM = np.random.default_rng(0)


def operator(op: str, x: list[int], *others: Any, **attributes: Any) -> Any:
    return graph.read_program(
        *file.load_model(single(op, x, *others, **attributes)), None
    ).operators[0]


def computed(op: str, x: torch.Tensor, *others: Any, **attributes: Any) -> Any:
    node = operator(op, list(x.shape), *others, **attributes)
    return run_operator(node, [x.numpy(), *others])[0]


def image(*shape: int) -> torch.Tensor:
    return torch.tensor(RANDOM.normal(size=shape))


@pytest.mark.parametrize("ceil", [0, 1])
@pytest.mark.parametrize(
    ("kernel", "stride", "pad"), [(2, 2, 0), (3, 2, 1), (3, 1, 1), (2, 3, 0), (3, 3, 1)]
)
def test_pooling(kernel: int, stride: int, pad: int, ceil: int) -> None:
    x = image(2, 3, 7, 5)
    given = {
        "kernel_shape": [kernel] * 2,
        "strides": [stride] * 2,
        "pads": [pad] * 4,
        "ceil_mode": ceil,
    }
    expected = functional.max_pool2d(x, kernel, stride, pad, ceil_mode=bool(ceil))
    assert computed("MaxPool", x, opset=12, **given) == pytest.approx(expected.numpy())
    for include in (0, 1):
        expected = functional.avg_pool2d(x, kernel, stride, pad, bool(ceil), bool(include))
        found = computed("AveragePool", x, opset=12, count_include_pad=include, **given)
        assert found == pytest.approx(expected.numpy())
    del given["ceil_mode"]
    expected = functional.avg_pool2d(x.abs(), kernel, stride, pad) * kernel**2
    assert computed("LpPool", x, p=1, **given) == pytest.approx(expected.numpy())


def test_dilated_pooling() -> None:
    x = image(1, 2, 9)
    expected = functional.max_pool1d(x, 3, 2, dilation=2)
    assert computed(
        "MaxPool", x, opset=12, kernel_shape=[3], strides=[2], dilations=[2]
    ) == pytest.approx(expected.numpy())


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("stride", "pad", "dilation"), [(1, 0, 1), (2, 1, 1), (3, 2, 2)])
def test_convolution(stride: int, pad: int, dilation: int, groups: int) -> None:
    x, weights, bias = image(2, 4, 6, 7), image(6, 4 // groups, 2, 3), image(6)
    expected = functional.conv2d(x, weights, bias, stride, pad, dilation, groups)
    given = {
        "group": groups,
        "strides": [stride] * 2,
        "pads": [pad] * 4,
        "dilations": [dilation] * 2,
    }
    found = computed("Conv", x, weights.numpy(), bias.numpy(), **given)
    assert found == pytest.approx(expected.numpy())
    same = computed("Conv", x, weights.numpy(), auto_pad="SAME_UPPER", group=groups)
    assert same == pytest.approx(
        functional.conv2d(x, weights, padding="same", groups=groups).numpy()
    )


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    ("stride", "pad", "dilation", "extra"), [(1, 0, 1, 0), (2, 1, 1, 1), (3, 1, 2, 2), (2, 0, 2, 0)]
)
def test_transposed_convolution(
    stride: int, pad: int, dilation: int, extra: int, groups: int
) -> None:
    x, weights, bias = image(2, 4, 3, 4), image(4, 3, 2, 3), image(3 * groups)
    expected = functional.conv_transpose2d(x, weights, bias, stride, pad, extra, groups, dilation)
    found = computed(
        "ConvTranspose",
        x,
        weights.numpy(),
        bias.numpy(),
        group=groups,
        strides=[stride] * 2,
        pads=[pad] * 4,
        dilations=[dilation] * 2,
        output_padding=[extra] * 2,
    )
    assert found == pytest.approx(expected.numpy())


@pytest.mark.parametrize("opset", [7, 9, 13, 15])
def test_batch_normalisation_uses_the_stored_statistics(opset: int) -> None:
    x, scale, bias, mean = image(3, 2, 4), image(2), image(2), image(2)
    var = image(2) ** 2
    expected = functional.batch_norm(x, mean, var, scale, bias, eps=0.25)
    others = [tensor.numpy() for tensor in (scale, bias, mean, var)]
    assert computed("BatchNormalization", x, *others, opset=opset, epsilon=0.25) == pytest.approx(
        expected.numpy()
    )


@pytest.mark.parametrize("opset", [11, 13])
def test_softmax_of_large_numbers(opset: int) -> None:
    x = image(2, 3) * 1000
    assert computed("Softmax", x, opset=opset, axis=1) == pytest.approx(torch.softmax(x, 1).numpy())
    assert computed("LogSoftmax", x, opset=opset, axis=1) == pytest.approx(
        torch.log_softmax(x, 1).numpy()
    )


@pytest.mark.parametrize("corners", [0, 1])
def test_affine_grids_are_torch_s(corners: int) -> None:
    for theta, size in ((image(2, 2, 3), [2, 1, 3, 4]), (image(1, 3, 4), [1, 1, 2, 3, 4])):
        expected = functional.affine_grid(theta, size, align_corners=bool(corners))
        found = computed("AffineGrid", theta, np.array(size), opset=20, align_corners=corners)
        assert found == pytest.approx(expected.numpy())


def test_upsampling() -> None:
    x = image(1, 2, 3, 2)
    expected = functional.interpolate(x, scale_factor=(2, 3))
    found = computed("Upsample", x, np.array([1, 1, 2, 3], dtype=np.float32), opset=9)
    assert found == pytest.approx(expected.numpy())


def test_constants_are_kept_in_their_own_precision_and_in_float64() -> None:
    tenth = make_constant(np.array([0.1], dtype=np.float32))
    third = make_constant(np.array([3.0], dtype=np.float32))
    (product,) = run_constant(operator("Mul", [1], tenth.native), [third, tenth])
    assert product is not None
    assert product.native.dtype == np.float32
    assert product.wide[0] == 3.0 * float(np.float32(0.1))
    assert product.wide[0] != product.native[0]
    (floor,) = run_constant(
        operator("Floor", [1]), [Constant(np.float32([7.0]), np.array([6.9999998]))]
    )
    assert floor is not None
    assert floor.wide.tolist() == [7.0]
