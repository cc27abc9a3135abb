"""ONNX models of whole numbers and texts: encoders, imputers and lookups, beside onnxruntime, and
rules in every engine.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from executed_targets import TARGETS, require_target
from onnx import ModelProto, TensorProto, helper, numpy_helper

import relurules as rr
from relurules import tracing
from relurules.errors import ModelError

node = helper.make_node
ML = "ai.onnx.ml"
TYPES = {
    "text": TensorProto.STRING,
    "whole": TensorProto.INT64,
    "number": TensorProto.FLOAT,
}
RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.normal(size=(12, 3)).astype(np.float32)


def build(
    nodes: list[Any], inputs: Mapping[str, tuple[str, int]], width: int, **constants: Any
) -> ModelProto:
    """Nodes that make `f` of so many features, then a small network of it.

    inputs: name -> what its columns hold, and how many there are.
    """
    last = [
        node("MatMul", ["f", "w"], ["h"]),
        node("Relu", ["h"], ["a"]),
        node("MatMul", ["a", "v"], ["y"]),
    ]
    arrays = {"w": WEIGHTS[:width], "v": WEIGHTS[:3, :1], **constants}
    graph = helper.make_graph(
        [*nodes, *last],
        "graph",
        [
            helper.make_tensor_value_info(name, TYPES[kind], ["N", size])
            for name, (kind, size) in inputs.items()
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(ML, 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def run_by_runtime(model: ModelProto, rows: Mapping[str, Any]) -> Any:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(model.SerializeToString())
    types = {"tensor(string)": object, "tensor(int64)": np.int64, "tensor(float)": np.float32}
    feeds = {i.name: np.array(rows[i.name], dtype=types[i.type]) for i in session.get_inputs()}
    return session.run(None, feeds)[-1]


ENCODE = node("OneHotEncoder", ["t"], ["e"], domain=ML, cats_strings=["a", "b"], zeros=1)
FLAT = node("Reshape", ["e", "flat"], ["f"])
FLATTENED = {"flat": np.array([0, -1], dtype=np.int64)}


def label_encoder(**attributes: Any) -> Any:
    return node("LabelEncoder", ["t"], ["l"], domain=ML, **attributes)


IMPUTED = {"domain": ML, "imputed_value_floats": [2.5], "replaced_value_float": np.nan}
#: What makes features, inputs, width, constants, rows by input.
CASES: dict[str, Any] = {
    "texts in two columns": (
        [ENCODE, FLAT], {"t": ("text", 2)}, 4, FLATTENED,
        {"t": [["a", "b"], ["b", "?"], ["", "a"]]},
    ),
    "texts to whole numbers": (
        [
            label_encoder(keys_strings=["a", "b"], values_int64s=[3, 5], default_int64=-1),
            node("Cast", ["l"], ["f"], to=1),
        ],
        {"t": ("text", 2)}, 2, {}, {"t": [["a", "b"], ["b", "?"]]},
    ),
    "texts to texts to indicators": (
        [
            label_encoder(
                keys_strings=["a", "b", "c"], values_strings=["x", "y", "x"], default_string="z"
            ),
            node("OneHotEncoder", ["l"], ["e"], domain=ML, cats_strings=["x", "z"], zeros=1),
            FLAT,
        ],
        {"t": ("text", 1)}, 2, FLATTENED, {"t": [["a"], ["b"], ["c"], ["d"]]},
    ),
    "whole numbers to floats": (
        [label_encoder(keys_int64s=[1, 4], values_floats=[0.5, 2.25], default_float=-1.0),
         node("Identity", ["l"], ["f"])],
        {"t": ("whole", 2)}, 2, {}, {"t": [[1, 4], [0, 1]]},
    ),
    "whole numbers as numbers": (
        [node("Add", ["t", "one"], ["l"]), node("Cast", ["l"], ["f"], to=1)],
        {"t": ("whole", 2)}, 2, {"one": np.array([1], dtype=np.int64)}, {"t": [[1, 4], [-7, 1]]},
    ),
    "an embedding": (
        [node("Gather", ["table", "t"], ["e"]), FLAT],
        {"t": ("whole", 2)}, 6, {"table": WEIGHTS[:4], **FLATTENED}, {"t": [[0, 3], [1, 2]]},
    ),
    "an embedding by its last dimension": (
        [node("Gather", ["table", "t"], ["e"], axis=1),
         node("Transpose", ["e"], ["o"], perm=[1, 2, 0]), node("Reshape", ["o", "flat"], ["f"])],
        {"t": ("whole", 2)}, 4, {"table": WEIGHTS[:2], **FLATTENED}, {"t": [[0, 2], [1, 2]]},
    ),
    "OneHot": (
        [node("OneHot", ["t", "depth", "values"], ["e"]), FLAT],
        {"t": ("whole", 2)}, 6,
        {"depth": np.array(3), "values": np.array([0.0, 2.0], dtype=np.float32), **FLATTENED},
        {"t": [[0, 2], [-1, 9]]},
    ),
    "several inputs, one imputed": (
        [
            node("Imputer", ["n"], ["i"], **IMPUTED),
            node("Scaler", ["i"], ["s"], domain=ML, offset=[1.0], scale=[0.5]),
            ENCODE, node("Reshape", ["e", "flat"], ["g"]),
            node("Concat", ["s", "g"], ["f"], axis=1),
        ],
        {"n": ("number", 1), "t": ("text", 1)}, 3, FLATTENED,
        {"n": [[1.0], [np.nan], [-3.0]], "t": [["a"], ["b"], ["c"]]},
    ),
}  # fmt: skip


def make_case(name: str) -> tuple[ModelProto, Any, Any]:
    """The model, its rows by input, and the same as one table."""
    nodes, inputs, width, constants, rows = CASES[name]
    table = np.hstack([np.array(rows[i], dtype=object) for i in inputs])
    return build(nodes, inputs, width, **constants), rows, table


@pytest.mark.parametrize("name", CASES)
def test_the_network_is_what_onnxruntime_computes(name: str) -> None:
    model, rows, table = make_case(name)
    graph, reference = tracing.trace(model)
    names = [column.name for column in graph.columns]
    frame = pd.DataFrame(table, columns=names).infer_objects()
    found = graph.evaluate(rr.Domain.over(graph.columns).rows(frame))
    assert found == pytest.approx(run_by_runtime(model, rows), abs=1e-5)
    assert reference(frame) == pytest.approx(found, abs=1e-12)


def test_values_that_the_model_refuses_have_no_rule() -> None:
    """Where an encoder takes no others, and of an embedding."""
    strict = node("OneHotEncoder", ["t"], ["e"], domain=ML, cats_strings=["a", "b"], zeros=0)
    for model, frame in (
        (build([strict, FLAT], {"t": ("text", 1)}, 2, **FLATTENED), ["a", "b", "c", None]),
        (make_case("an embedding")[0], [[0, 1], [3, 3], [4, 0], [-1, 0]]),
    ):
        graph = rr.trace(model)
        table = pd.DataFrame(np.array(frame, dtype=object).reshape(4, -1))
        table.columns = [column.name for column in graph.columns]
        rules = rr.extract(graph, domain=rr.Domain.over(graph.columns))
        given = rules.predict(table.infer_objects())
        assert np.isnan(given[2:]).all()
        assert not np.isnan(given[:2]).any()


@pytest.fixture(scope="module")
def pipeline() -> tuple[Any, ModelProto, pd.DataFrame]:
    """ColumnTransformer(SimpleImputer, StandardScaler, OneHotEncoder), MLPClassifier, as skl2onnx
    converts it; and rows of it.
    """
    converter = pytest.importorskip("skl2onnx")
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    n = 120
    frame = pd.DataFrame(
        {
            "age": RANDOM.normal(size=n),
            "debt": np.where(RANDOM.random(n) < 0.2, np.nan, RANDOM.normal(size=n)),
            "job": RANDOM.choice(["clerk", "none", "trade"], n),
            "code": RANDOM.integers(0, 4, n),
        }
    )
    features = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "debt"]),
        (OneHotEncoder(handle_unknown="ignore"), ["job"]),
        (OneHotEncoder(handle_unknown="ignore"), ["code"]),
    )
    network = MLPClassifier((4,), max_iter=30, random_state=0, tol=1.0)
    fitted = make_pipeline(features, network).fit(
        frame, np.where(frame.age + (frame.job == "none") > 0.2, "yes", "no")
    )
    types = [FloatTensorType, FloatTensorType, StringTensorType, Int64TensorType]
    given = [(name, kind([None, 1])) for name, kind in zip(frame, types, strict=True)]
    return fitted, converter.convert_sklearn(fitted, initial_types=given), frame


def test_pipelines_that_skl2onnx_converts(pipeline: Any) -> None:
    fitted, model, frame = pipeline
    graph = rr.trace(model)
    assert graph.outputs == ("no", "yes")
    assert [column.name for column in graph.columns] == list(frame)
    odd = frame.astype({"code": float}).copy()
    odd.loc[0, "job"], odd.loc[1, "code"] = "other", 77
    rules = rr.extract(model, data=frame)
    inside = rules.domain.rows(odd)
    assert graph.evaluate(inside) == pytest.approx(fitted.predict_proba(odd), abs=1e-6)
    assert rules.classify(frame).tolist() == fitted.predict(frame).tolist()


@pytest.mark.parametrize("form", ["partition", "additive"])
def test_engines_equal_the_pipeline(form: Any, pipeline: Any) -> None:
    """With missing numbers, texts and codes, unknown categories, and codes that are no codes."""
    _, model, frame = pipeline
    rows = frame.astype({"code": float, "job": object}).copy()
    rows.loc[0, "job"], rows.loc[1, "code"], rows.loc[2, "job"] = "other", 77, None
    rows.loc[3, "code"], rows.loc[4, "code"], rows.loc[5, "age"] = np.nan, 1.5, np.nan
    rules = rr.extract(model, domain=rr.Domain.over(rr.trace(model).columns), form=form)
    for target, options in TARGETS:
        require_target(target)
        report = rr.verify(rr.emit(rules, target, **options), model, rows)
        assert report.passed, (target, options, report)
    lost = np.isnan(rules.predict(rows)).any(axis=1)
    assert np.flatnonzero(lost).tolist() == [2, 3]


IMPUTE = {"domain": ML, "imputed_value_floats": [1.0]}
MISSING = {**IMPUTE, "replaced_value_float": np.nan}
REFUSED: dict[str, Any] = {
    "arithmetic of whole numbers": (
        [node("Div", ["t", "t"], ["f"])], "whole", "computes with whole numbers",
    ),
    "texts beside numbers": (
        [node("Concat", ["t", "one"], ["f"], axis=1)], "text", "joins texts",
    ),
    "a cast of texts": ([node("Cast", ["t"], ["f"], to=1)], "text", "it casts whole numbers"),
    "a cut number": (
        [node("Cast", ["t"], ["c"], to=7), node("Cast", ["c"], ["f"], to=1)], "number",
        "casts values that depend on the input to INT64, which isn't continuous",
    ),
    "a sentinel": (
        [node("Imputer", ["t"], ["f"], replaced_value_float=-999.0, **IMPUTE)], "number",
        "it replaces a value that isn't missing",
    ),
    "a column imputed and not": (
        [node("Imputer", ["t"], ["i"], **MISSING), node("Sum", ["t", "i"], ["f"])], "number",
        "imputed in different ways",
    ),
    "an imputer inside": (
        [node("Relu", ["t"], ["r"]), node("Imputer", ["r"], ["f"], **MISSING)], "number",
        "it fills in what the model made",
    ),
    "a number that is a category": (
        [
            node("Cast", ["t"], ["n"], to=1), node(
                "OneHotEncoder", ["t"], ["e"], domain=ML, cats_int64s=[2], zeros=1
            ),
            node("Reshape", ["e", "flat"], ["g"]), node("Sum", ["n", "g"], ["f"]),
        ],
        "whole", "is used as a number and as a category",
    ),
    "codes of several columns": (
        [node("ReduceSum", ["t"], ["r"], keepdims=1), node("Identity", ["r"], ["f"])], "whole",
        "computes with whole numbers",
    ),
    "a code of two columns": (
        [
            node("MatMul", ["t", "pair"], ["r"]),
            node("LabelEncoder", ["r"], ["f"], domain=ML, keys_floats=[1.0],
                 values_floats=[2.0], default_float=0.0),
        ],
        "number", "a value that several columns or neurons make",
    ),
    "keys of another type": (
        [node("OneHotEncoder", ["t"], ["e"], domain=ML, cats_int64s=[1, 2]), FLAT], "text",
        "its keys are of another type",
    ),
    "a key twice": (
        [node("OneHotEncoder", ["t"], ["e"], domain=ML, cats_strings=["a", "a"]), FLAT], "text",
        "is there twice",
    ),
    "a Normalizer": (
        [node("Normalizer", ["t"], ["f"], domain=ML, norm="L2")], "number",
        "divides a row by its own length",
    ),
    "a Binarizer": (
        [node("Binarizer", ["t"], ["f"], domain=ML, threshold=0.5)], "number", "jumps at its",
    ),
    "trees, as of LightGBM and XGBoost": (
        [
            node("TreeEnsembleRegressor", ["t"], ["f"], domain=ML, n_targets=1,
                 nodes_treeids=[0], nodes_nodeids=[0], nodes_featureids=[0], nodes_modes=["LEAF"],
                 nodes_values=[0.0], nodes_truenodeids=[0], nodes_falsenodeids=[0],
                 target_treeids=[0], target_nodeids=[0], target_ids=[0], target_weights=[1.0]),
        ],
        "number", "out of scope. Read a tree's own rules, or fit additive rules",
    ),
}  # fmt: skip
OTHERS = {
    **FLATTENED,
    "one": np.array([["c"]], dtype=object),
    "pair": np.ones((2, 1), dtype=np.float32),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    nodes, kind, message = REFUSED[name]
    with pytest.raises(ModelError) as raised:
        rr.trace(build(nodes, {"t": (kind, 2)}, 2, **OTHERS))
    assert message in str(raised.value)


def test_texts_as_an_output() -> None:
    given = helper.make_graph(
        [node("Identity", ["t"], ["y"])], "graph",
        [helper.make_tensor_value_info("t", TensorProto.STRING, ["N", 1])],
        [helper.make_tensor_value_info("y", TensorProto.STRING, None)],
    )  # fmt: skip
    with pytest.raises(ModelError, match="output 'y' is a text that depends on the input"):
        rr.trace(helper.make_model(given, opset_imports=[helper.make_opsetid("", 13)]))
