"""A network as verifiers of networks read it: one tensor in, one out, and ReLU alone."""

from onnx import helper

from relurules.emitting.onnx.graph_builder import GraphBuilder
from relurules.emitting.onnx.scores import add_network_scores
from relurules.ir import Network

#: The names of the tensors, which VNN-LIB knows as X_0, X_1, .. and Y_0, Y_1, ..
INPUT, OUTPUT = "X", "Y"
#: Operators that verifiers of 2021 on read.
_OPSET, _FORMAT = 13, 7


def print_network_query(network: Network, said: str) -> bytes:
    """An ONNX model of `X` (1, d) in the user's units -> `Y` (1, m), in double. said: a sentence
    about it.

    Only MatMul, Add and Relu are in it: a neuron of slope a gives a z + (1 - a) Relu(z).
    """
    graph = GraphBuilder([INPUT, OUTPUT])
    x = graph.add_input(INPUT, "double", said, width=network.A.shape[1], rows=1)
    scores = add_network_scores(graph, network, x, relu_alone=True)
    graph.add_output(OUTPUT, scores, "double", width=len(network.c), rows=1)
    model = helper.make_model(
        graph.build("relurules", said),
        producer_name="relurules",
        ir_version=_FORMAT,
        opset_imports=[helper.make_opsetid("", _OPSET)],
    )

    return bytes(model.SerializeToString(deterministic=True))
