"""Files of strangers: whatever an ONNX file holds, it is refused in words, and no other file is
read.
"""

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, save
from onnx_models import mlp, model, single

import relurules as rr
from relurules.errors import ModelError
from relurules.tracing.onnx import file, nodes


def written(folder: Path, given: ModelProto | bytes, name: str = "model.onnx") -> Path:
    path = folder / name
    path.write_bytes(given if isinstance(given, bytes) else given.SerializeToString())
    return path


def refused(given: object) -> str:
    with pytest.raises(ModelError) as caught:
        rr.trace(given)
    return str(caught.value)


def externally(location: str, **more: str) -> ModelProto:
    """An MLP whose first weights, 20 float32 numbers, lie in another file."""
    given = mlp([4, 5, 1])
    tensor = given.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return given


def test_files_and_models_give_the_same(tmp_path: Path) -> None:
    given = mlp([4, 5, 2])
    path = written(tmp_path, given)
    X = np.random.default_rng(0).normal(size=(10, 4))
    expected = rr.trace(given).evaluate(X)
    assert np.array_equal(rr.trace(path).evaluate(X), expected)
    assert np.array_equal(rr.trace(str(path)).evaluate(X), expected)


def test_external_data_beside_the_model_is_read(tmp_path: Path) -> None:
    given = mlp([4, 5, 2])
    X = np.random.default_rng(0).normal(size=(10, 4))
    expected = rr.trace(given).evaluate(X)
    save(
        given,
        tmp_path / "m.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    assert (tmp_path / "weights.bin").stat().st_size > 0
    assert np.array_equal(rr.trace(tmp_path / "m.onnx").evaluate(X), expected)


def test_external_data_below_the_folder_through_a_link_inside_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "w.bin").write_bytes(np.ones(20, dtype="<f4").tobytes())
    (tmp_path / "link.bin").symlink_to(tmp_path / "data" / "w.bin")
    graph = rr.trace(written(tmp_path, externally("link.bin")))
    assert (graph.network.A == 1.0).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "isn't an ONNX model"),
        (b"this is no model, just some text", "isn't an ONNX"),
        (b"\x00" * 100, "isn't an ONNX file"),
        (mlp([4, 5, 1]).SerializeToString()[:-30], "cut short"),
        (ModelProto(ir_version=8).SerializeToString(), "no opset_import"),
        (ModelProto(opset_import=[helper.make_opsetid("", 13)]).SerializeToString(), "no graph"),
    ],
    ids=["empty", "text", "zeros", "cut short", "no opset", "no graph"],
)
def test_what_is_no_model(tmp_path: Path, content: bytes, words: str) -> None:
    path = written(tmp_path, content)
    message = refused(path)
    assert words in message
    assert str(path) in message


def test_files_that_are_not_there(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.onnx")
    (tmp_path / "folder.onnx").mkdir()
    assert "can't be read" in refused(tmp_path / "folder.onnx")
    assert "'.txt'" in refused(tmp_path / "model.txt")


def test_files_larger_than_protobuf_allows(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 2**31)
    assert "less than 2147483648" in refused(path)


LAST = onnx.defs.onnx_opset_version()


@pytest.mark.parametrize("version", [0, LAST + 1, 99])
def test_operator_sets_that_the_installed_onnx_does_not_know(version: int) -> None:
    message = refused(mlp([2, 1], opset=version))
    assert f"opset {version}" in message
    assert f"the onnx {onnx.__version__} that is installed knows 1 to {LAST}" in message


@pytest.mark.parametrize(("version", "known"), [(1, 7), (6, 7)])
def test_operators_that_older_sets_define_in_another_way(version: int, known: int) -> None:
    message = refused(mlp([2, 1], opset=version))
    assert (
        f"operator Gemm in node 0: opset {version} defines it in another way than opset {known}"
        in message
    )


def test_operators_that_newer_sets_define_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they would be once onnx knows sets that nobody here has read."""
    monkeypatch.setattr(nodes, "OPSETS", {"": range(7, 13), "ai.onnx.ml": range(1, 6)})
    given = single("Squeeze", [2, 1], np.array([1]), opset=13)
    assert (
        "operator Squeeze in node 'it': opset 13 defines it in another way than opset 12"
        in refused(given)
    )
    assert (
        len(rr.trace(single("Relu", [2], opset=13)).network) == 2
    )  # another definition, of more types alone


@pytest.mark.parametrize("kind", ["Relu", "Clip"])
@pytest.mark.parametrize("version", [6, LAST])
def test_operators_that_older_and_newer_sets_define_alike(kind: str, version: int) -> None:
    limits = {"min": -1.0, "max": 0.5} if (kind, version) == ("Clip", 6) else {}
    others = [] if kind == "Relu" or limits else [np.float32(-1.0), np.float32(0.5)]
    graph = rr.trace(single(kind, [3], *others, opset=version, **limits))
    expected = [[0.0, 0.25, 9.0]] if kind == "Relu" else [[-1.0, 0.25, 0.5]]
    assert graph.evaluate(np.array([[-3.0, 0.25, 9.0]])).tolist() == expected


@pytest.mark.parametrize("version", [7, 9, 11, 13, 18, 21, 24, LAST])
def test_operator_sets_in_range(version: int) -> None:
    assert len(rr.trace(mlp([2, 3, 1], opset=version)).network) == 3


OUTSIDE: list[tuple[str, Callable[[Path], str]]] = [
    ("absolute", lambda folder: str(folder / "secret")),
    ("parent", lambda _: "../secret"),
    ("parent inside", lambda _: "a/../../secret"),
    ("backslashes", lambda _: "..\\secret"),
    ("drive", lambda _: "C:\\secret"),
    ("empty", lambda _: ""),
    ("zero byte", lambda _: "w\0.bin"),
]


@pytest.mark.parametrize(
    "place", [place for _, place in OUTSIDE], ids=[name for name, _ in OUTSIDE]
)
def test_external_data_outside_of_the_folder(tmp_path: Path, place: Callable[[Path], str]) -> None:
    (tmp_path / "secret").write_bytes(bytes(80))
    folder = tmp_path / "models"
    folder.mkdir()
    message = refused(written(folder, externally(place(tmp_path))))
    assert "'0.weight'" in message
    assert "supported: files in the model's own folder" in message


def test_links_that_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(80))
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "w.bin").symlink_to(tmp_path / "secret")
    (folder / "sub").symlink_to(tmp_path)
    for location in ("w.bin", "sub/secret"):
        assert "supported: files in the model's own folder" in refused(
            written(folder, externally(location))
        )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"offset": "8", "length": "80"}, "80 bytes from 8"),
        ({"offset": "-8"}, "from -8"),
        ({"offset": "999999999999"}, "999999999999"),
        ({"length": "-1"}, "-1 bytes"),
        ({"length": "40"}, "40 bytes; its shape [5, 4] takes 80"),
        ({"offset": "many"}, "no number"),
    ],
)
def test_external_data_that_is_not_there(tmp_path: Path, more: dict[str, str], words: str) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(80))
    message = refused(written(tmp_path, externally("w.bin", **more)))
    assert words in message
    assert "'0.weight'" in message


def test_external_data_without_its_file(tmp_path: Path) -> None:
    assert "no such file beside the model" in refused(written(tmp_path, externally("w.bin")))
    assert "give the path of the file" in refused(externally("w.bin"))
    (tmp_path / "w.bin").mkdir()
    assert "no such file" in refused(written(tmp_path, externally("w.bin")))


def test_functions_are_expanded() -> None:
    body = [helper.make_node("Relu", ["a"], ["b"]), helper.make_node("Add", ["b", "b"], ["c"])]
    function = helper.make_function(
        "mine", "twice", ["a"], ["c"], body, [helper.make_opsetid("", 13)]
    )
    given = model([helper.make_node("twice", ["x"], ["y"], domain="mine")], {"x": ["N", 2]}, ["y"])
    given.functions.append(function)
    given.opset_import.append(helper.make_opsetid("mine", 1))
    assert rr.trace(given).evaluate([[1.0, -1.0]]).tolist() == [[2.0, 0.0]]


def growing(depth: int, calls: int) -> ModelProto:
    """Functions that call the next one several times each; the last calls the first where depth is
    1.
    """
    given = model([helper.make_node("f0", ["x"], ["y"], domain="mine")], {"x": ["N", 2]}, ["y"])
    given.opset_import.append(helper.make_opsetid("mine", 1))
    for i in range(depth):
        inner = f"f{(i + 1) % depth}" if depth == 1 else f"f{i + 1}"
        names = ["a", *(f"t{j}" for j in range(calls))]
        last = i == depth - 1 and depth > 1
        body = [
            helper.make_node(
                "Relu" if last else inner, [names[j]], [names[j + 1]], domain="" if last else "mine"
            )
            for j in range(calls)
        ]
        opsets = [helper.make_opsetid("", 13), helper.make_opsetid("mine", 1)]
        given.functions.append(
            helper.make_function("mine", f"f{i}", ["a"], [names[-1]], body, opsets)
        )
    return given


def test_functions_without_end_are_refused() -> None:
    assert "'f0' calls itself" in refused(growing(1, 1))
    assert "nests too deep" in refused(growing(150, 1))
    assert "expand to 1099511627776 nodes" in refused(growing(40, 2))
    assert len(rr.trace(growing(3, 2)).network) == 16


def test_nothing_is_read_twice_or_changed(tmp_path: Path) -> None:
    """The model that a caller hands over stays as it is."""
    given = mlp([2, 3, 1])
    before = given.SerializeToString()
    rr.trace(given)
    assert given.SerializeToString() == before
    assert file.load_model(written(tmp_path, given))[0].SerializeToString() == before


def test_sizes_that_would_fill_the_memory() -> None:
    given = single("Relu", [100000])
    assert "100000 entries" in refused(given)
    given = single("Relu", [2])
    given.graph.initializer.append(
        TensorProto(name="w", dims=[10**6, 10**6], data_type=TensorProto.FLOAT)
    )
    assert "'w' of shape [1000000, 1000000]" in refused(given)


def test_sizes_are_bounded_before_weights_are_read() -> None:
    for dims, said in (
        ([3, -1], "of shape [3, -1] can't be read; supported: sizes of 0 and more"),
        ([-3, -2], "of shape [-3, -2] can't be read"),
        ([2**40, 2**40], f"has {2**80} numbers; supported: up to 134217728"),
        ([3, 3], "can't be read (ValueError: cannot reshape array of size 6"),
    ):
        given = mlp([2, 3, 1])
        del given.graph.initializer[0].dims[:]
        given.graph.initializer[0].dims.extend(dims)
        message = refused(given)
        assert "initialiser '0.weight'" in message
        assert said in message


@pytest.mark.parametrize("start", ["x", "w"])
def test_forty_doublings_are_refused_before_the_first_is_computed(
    start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty nodes would need eight terabytes."""
    names = [start, *(f"c{i}" for i in range(40))]
    chain = [helper.make_node("Concat", [a, a], [b], axis=1) for a, b in pairwise(names)]
    end = helper.make_node("Add", ["x", names[-1]], ["y"])
    computed = list[str]()
    monkeypatch.setattr(nodes, "run_operator", lambda op, *rest, **more: computed.append(op.place))
    message = refused(
        model([*chain, end], {"x": ["N", 2]}, ["y"], {"w": np.ones((1, 2), np.float32)})
    )
    assert "operator Concat in node 26: its result of shape [1, 268435456] is too large" in message
    assert not computed


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "zero.onnx").symlink_to("/dev/zero")
    assert "a folder or a device; expected a file" in refused(tmp_path / "zero.onnx")
    assert "can't be read: embedded null byte" in refused("a\0b.onnx")


def test_the_default_limits_of_clip_limit_nothing() -> None:
    """They are the largest numbers of float32, which as kinks would make every sum infinite in
    float32.
    """
    largest = float(np.finfo(np.float32).max)
    for limits, neurons in (
        ({"min": 0.0}, 3),
        ({}, 0),
        ({"min": -largest, "max": largest}, 0),
        ({"max": 6.0}, 3),
    ):
        assert len(rr.trace(single("Clip", [3], opset=6, **limits)).network) == neurons
    graph = rr.trace(single("Clip", [3], np.float32(0), np.float32(largest)))
    assert graph.evaluate(np.array([[-1.0, 5.0, 1e30]])).tolist() == [[0.0, 5.0, 1e30]]
