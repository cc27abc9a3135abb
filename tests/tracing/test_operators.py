"""Every supported operator: the traced network against the module, run by torch in float64."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from handmade import Array
from torch import Tensor, nn

import relurules as rr
from relurules.errors import ModelError
from relurules.ir import Graph

rng = np.random.default_rng(0)


class Calls(nn.Module):
    """A module whose forward is given as a function of the module and its input."""

    def __init__(
        self, forward: Callable[["Calls", Tensor], Tensor | tuple[Tensor, ...]], **layers: nn.Module
    ) -> None:
        super().__init__()
        self.body = forward
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self.body(self, x)


def batch_norm(size: int) -> nn.BatchNorm1d:
    layer = nn.BatchNorm1d(size)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    nn.init.normal_(layer.running_mean)
    nn.init.uniform_(layer.running_var, 0.5, 2.0)
    return layer


def in_place(m: Calls, x: Tensor) -> tuple[Tensor, Tensor]:
    """Two branches share h, which is changed in place between them."""
    h = m.a(x)
    before = h + 1
    h.relu_()
    h += before
    return m.b(h) + h, before


def several(m: Calls, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    h = torch.relu(m.a(x))
    return h, m.b(h), x


MODELS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "linear": (lambda: nn.Linear(3, 2), 0),
    "linear without bias": (lambda: nn.Linear(3, 2, bias=False), 0),
    "relu": (lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), 4),
    "relu in place": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True), nn.Linear(4, 2)),
        4,
    ),
    "relu of the input": (lambda: nn.Sequential(nn.ReLU(), nn.Linear(3, 1)), 3),
    "relu twice": (lambda: nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.ReLU()), 4),
    "leaky relu": (lambda: nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 2)), 4),
    "leaky relu in place": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2, inplace=True)),
        4,
    ),
    "leaky relu as it comes": (lambda: nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU()), 4),
    "prelu": (lambda: nn.Sequential(nn.Linear(3, 4), nn.PReLU(), nn.Linear(4, 2)), 4),
    "prelu per unit": (lambda: nn.Sequential(nn.Linear(3, 4), nn.PReLU(4), nn.Linear(4, 2)), 4),
    "identity": (lambda: nn.Sequential(nn.Identity(), nn.Linear(3, 2)), 0),
    "dropout": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 2)),
        4,
    ),
    "batch norm": (
        lambda: nn.Sequential(nn.Linear(3, 4), batch_norm(4), nn.ReLU(), nn.Linear(4, 2)),
        4,
    ),
    "batch norm first": (lambda: nn.Sequential(batch_norm(3), nn.Linear(3, 2)), 0),
    "plain batch norm": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, affine=False), nn.ReLU()),
        4,
    ),
    "nested": (
        lambda: nn.Sequential(
            nn.Sequential(nn.Linear(3, 4), nn.ReLU()), nn.Sequential(nn.Linear(4, 2))
        ),
        4,
    ),
    "residual": (
        lambda: Calls(
            lambda m, x: x + m.b(torch.relu(m.a(x))), a=nn.Linear(3, 5), b=nn.Linear(5, 3)
        ),
        5,
    ),
    "constant added": (
        lambda: Calls(lambda m, x: torch.relu(m.a(x) + 1.5) + 2, a=nn.Linear(3, 4)),
        4,
    ),
    "scaled sum": (
        lambda: Calls(lambda m, x: torch.add(m.a(x), torch.relu(x), alpha=-0.3), a=nn.Linear(3, 3)),
        3,
    ),
    "concatenation": (
        lambda: Calls(
            lambda m, x: m.b(torch.cat([x, torch.relu(m.a(x)), x], dim=1)),
            a=nn.Linear(3, 4),
            b=nn.Linear(10, 2),
        ),
        4,
    ),
    "in place between residuals": (
        lambda: Calls(in_place, a=nn.Linear(3, 4), b=nn.Linear(4, 4)),
        4,
    ),
    "shared layer": (
        lambda: Calls(lambda m, x: m.a(torch.relu(m.a(torch.relu(m.a(x))))), a=nn.Linear(3, 3)),
        6,
    ),
    "shared prelu": (
        lambda: Calls(lambda m, x: m.p(m.a(m.p(m.a(x)))), a=nn.Linear(3, 3), p=nn.PReLU(3)),
        6,
    ),
    "several outputs": (lambda: Calls(several, a=nn.Linear(3, 4), b=nn.Linear(4, 2)), 4),
    "reshaped": (
        lambda: Calls(
            lambda m, x: torch.relu(m.a(x)).reshape(-1, 2, 2).flatten(1), a=nn.Linear(3, 4)
        ),
        4,
    ),
}


def filled(make: Callable[[], nn.Module], dtype: torch.dtype) -> nn.Module:
    torch.manual_seed(1)
    module = make()
    for layer in module.modules():
        if isinstance(layer, nn.PReLU):
            nn.init.uniform_(layer.weight, -1.0, 2.0)
    return module.to(dtype).eval()


def by_torch(module: nn.Module, X: Array, shape: tuple[int, ...] = ()) -> Array:
    module = copy.deepcopy(module).double().eval()
    with torch.no_grad():
        found = module(torch.tensor(X).reshape(len(X), *(shape or X.shape[1:])))
    parts = found if isinstance(found, tuple) else (found,)
    return np.concatenate([part.reshape(len(X), -1).numpy() for part in parts], axis=1)


def assert_same(graph: Graph, expected: Array, X: Array) -> None:
    assert graph.evaluate(X).shape == expected.shape
    assert (np.abs(graph.evaluate(X) - expected) <= 1e-12 * graph.network.magnitude(X)).all()


@pytest.mark.parametrize(
    ("case", "dtype"),
    [
        *((case, torch.float32) for case in MODELS),
        *((case, torch.float64) for case in ("relu", "prelu per unit", "batch norm", "residual")),
    ],
)
def test_traced_network_is_the_module(case: str, dtype: torch.dtype) -> None:
    make, neurons = MODELS[case]
    module = filled(make, dtype)
    graph = rr.trace(module)
    X = rng.normal(size=(200, 3)) * 4
    assert_same(graph, by_torch(module, X), X)
    assert len(graph.network) == neurons
    assert graph.features == ("x0", "x1", "x2")


def test_trace_leaves_the_module_as_it_was() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.Dropout(), nn.ReLU()).train()
    before = copy.deepcopy(module.state_dict())
    rr.trace(module)
    assert module.training
    assert module[0].weight.dtype == torch.float32
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_training_mode_is_read_as_evaluation() -> None:
    module = nn.Sequential(nn.Linear(3, 4), batch_norm(4), nn.Dropout(0.9), nn.ReLU()).train()
    X = rng.normal(size=(20, 3))
    assert_same(rr.trace(module), by_torch(module, X), X)


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (6,)])
def test_inputs_of_higher_rank_are_flattened_in_order(shape: tuple[int, ...]) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 1))
    graph = rr.trace(module, input_shape=shape)
    X = rng.normal(size=(50, 6))
    assert graph.features == tuple(f"x{i}" for i in range(6))
    assert_same(graph, by_torch(module, X, shape), X)


def test_linear_layers_act_on_the_last_axis() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    X = rng.normal(size=(50, 6))
    assert_same(rr.trace(module, input_shape=(2, 3)), by_torch(module, X, (2, 3)), X)


def test_slopes_are_those_of_the_module() -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.PReLU(3), nn.LeakyReLU(0.2), nn.ReLU()).double()
    with torch.no_grad():
        module[1].weight.copy_(torch.tensor([0.1, -0.3, 2.0], dtype=torch.float64))
    assert rr.trace(module).network.slope.tolist() == [0.1, -0.3, 2.0, 0.2, 0.2, 0.2, 0.0, 0.0, 0.0]


def test_slope_of_exactly_one_makes_no_neuron() -> None:
    module = nn.Sequential(
        nn.Linear(3, 3), nn.PReLU(3), nn.LeakyReLU(1.0), nn.Linear(3, 1)
    ).double()
    with torch.no_grad():
        module[1].weight.copy_(torch.tensor([1.0, 0.5, 1.0]))
    graph = rr.trace(module)
    assert graph.network.slope.tolist() == [0.5]
    assert graph.network.neurons[0] == ("1", 1)


def test_neurons_know_their_layer() -> None:
    inner = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    neurons = rr.trace(nn.Sequential(inner, nn.Linear(2, 2), nn.PReLU())).network.neurons
    assert neurons == (("0.1", 0), ("0.1", 1), ("2", 0), ("2", 1))
    own = Calls(
        lambda m, x: m.s(torch.relu(m.a(x))), a=nn.Linear(3, 1), s=Calls(lambda m, x: torch.relu(x))
    )
    layers = [neuron.layer for neuron in rr.trace(own).network.neurons]
    assert len(set(layers)) == 2
    assert layers[1].startswith("s.")


def test_outputs_are_named() -> None:
    assert rr.trace(nn.Linear(3, 1)).outputs == ("y",)
    assert rr.trace(nn.Linear(3, 2)).outputs == ("y0", "y1")


def test_layers_make_a_picture() -> None:
    layers = rr.trace(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))).layers
    assert [layers.nodes[name]["size"] for name in layers] == [3, 4, 4, 2]
    assert layers.number_of_edges() == 3


def test_several_inputs_are_concatenated() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(2, 3), nn.Linear(4, 3)

        def forward(self, p: Tensor, q: Tensor) -> Tensor:
            return torch.relu(self.a(p) + self.b(q.flatten(1)))

    module = Two().double()
    program = torch.export.export(
        module, (torch.zeros(2, 2).double(), torch.zeros(2, 2, 2).double()),
        dynamic_shapes=({0: torch.export.Dim("n")}, {0: torch.export.Dim("n")}),
    )  # fmt: skip
    X = rng.normal(size=(30, 6))
    with torch.no_grad():
        expected = module(torch.tensor(X[:, :2]), torch.tensor(X[:, 2:]).reshape(30, 2, 2)).numpy()
    assert_same(rr.trace(program), expected, X)


@pytest.fixture(scope="module")
def program() -> torch.export.ExportedProgram:
    torch.manual_seed(2)
    module = nn.Sequential(nn.Linear(3, 4), batch_norm(4), nn.PReLU(4), nn.Linear(4, 2)).eval()
    return torch.export.export(
        module, (torch.zeros(2, 3),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
    )


def test_exported_program_and_its_file(
    program: torch.export.ExportedProgram, tmp_path: Path
) -> None:
    path = tmp_path / "model.pt2"
    torch.export.save(program, path)
    X = rng.normal(size=(100, 3))
    module = nn.Sequential(nn.Linear(3, 4), batch_norm(4), nn.PReLU(4), nn.Linear(4, 2))
    module.load_state_dict(program.state_dict)
    expected = by_torch(module, X)
    for model in (program, path, str(path)):
        assert_same(rr.trace(model), expected, X)


def test_a_graph_traces_to_itself() -> None:
    graph = rr.trace(nn.Linear(2, 1))
    assert rr.trace(graph) is graph


def test_the_first_shape_that_fits_is_taken() -> None:
    module = Calls(lambda m, x: m.b(torch.relu(m.a(x))), b=nn.Linear(4, 1), a=nn.Linear(3, 4))
    assert len(rr.trace(module).features) == 3


def test_weights_of_any_size_are_exact() -> None:
    module = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[0.1, 1e-30]]))
    assert rr.trace(module).network.C.tolist() == [
        [float(np.float32(0.1)), float(np.float32(1e-30))]
    ]


@pytest.mark.parametrize(
    "forward",
    [
        lambda m, x: {"p": m.a(x), "q": x},
        lambda m, x: (m.a(x), (x, x)),
        lambda m, x: (m.a(x), None),
        lambda m, x: (m.a(x), 3),
        lambda m, x: (m.a(x), torch.ones(2)),
    ],
    ids=["dictionary", "nested", "none", "number", "constant"],
)
def test_outputs_that_are_no_tuple_of_tensors_are_right_or_refused(
    forward: Callable[[Calls, Tensor], Tensor],
) -> None:
    module = Calls(forward, a=nn.Linear(3, 1))
    X = rng.normal(size=(5, 3))
    try:
        graph = rr.trace(module)
    except ModelError:
        return
    assert graph.evaluate(X)[:, :1] == pytest.approx(by_torch(module.a, X), abs=1e-6)


def test_input_that_is_changed_in_place() -> None:
    module = Calls(lambda m, x: m.a(x.relu_()), a=nn.Linear(3, 2))
    X = rng.normal(size=(5, 3))
    assert_same(rr.trace(module), by_torch(module, X), X)
