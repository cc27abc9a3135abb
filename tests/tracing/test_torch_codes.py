"""Torch modules of several inputs, and embeddings of codes, in every engine beside torch itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from executed_targets import TARGETS, require_target
from torch import Tensor, nn

import relurules as rr
from relurules.errors import ModelError

RANDOM = np.random.default_rng(0)
NUMBERS = RANDOM.normal(size=(80, 2))
CODES = RANDOM.integers(0, 4, (80, 2))
TABLE = np.hstack([NUMBERS, CODES])


class TwoInputs(nn.Module):
    """Numbers and codes, the codes through one embedding with padding."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.codes = nn.Embedding(4, 2, padding_idx=0)
        self.layers = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 1), nn.Softplus())

    def forward(self, x_num: Tensor, x_cat: Tensor) -> Any:
        return self.layers(torch.cat([x_num, self.codes(x_cat).flatten(1)], 1))


class OneInput(nn.Module):
    """One table of floats, from which a function makes features."""

    def __init__(self, features: Callable[["OneInput", Tensor], Tensor], width: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.features = features
        self.codes, self.bags = nn.Embedding(4, 2), nn.EmbeddingBag(4, 2)
        self.narrow = nn.Embedding(4, 2, max_norm=1.0)
        self.layers = nn.Sequential(nn.Linear(width, 3), nn.ReLU(), nn.Linear(3, 1))

    def forward(self, x: Tensor) -> Any:
        return self.layers(self.features(self, x))


def by_torch(model: nn.Module, *inputs: Any) -> Any:
    with torch.no_grad():
        return model.double()(*map(torch.tensor, inputs)).numpy()


@pytest.fixture(scope="module")
def two_inputs() -> tuple[Any, rr.RuleSet]:
    model = TwoInputs()
    return model, rr.extract(rr.trace(model, input_shape=[(2,), (2,)]), data=TABLE)


def test_columns_are_named_by_their_inputs(two_inputs: tuple[Any, rr.RuleSet]) -> None:
    _, rules = two_inputs
    assert [column.name for column in rules.domain.columns] == [
        "x_num_0", "x_num_1", "x_cat_0", "x_cat_1",
    ]  # fmt: skip
    assert rules.domain.columns[2].lookup == {0.0: 0, 1.0: 1, 2.0: 2, 3.0: 3}


def test_rules_equal_the_module(two_inputs: tuple[Any, rr.RuleSet]) -> None:
    model, rules = two_inputs
    assert rules.predict(TABLE) == pytest.approx(by_torch(model, NUMBERS, CODES), abs=1e-12)


@pytest.mark.parametrize(("target", "options"), TARGETS)
def test_engines_equal_the_module(
    target: str, options: dict[str, str], two_inputs: tuple[Any, rr.RuleSet]
) -> None:
    """Unknown codes, fractions and missing values have no rule, as the module refuses them."""
    require_target(target)
    model, rules = two_inputs
    rows = TABLE.copy()
    rows[0, 2], rows[1, 3], rows[2, 2], rows[3, 2], rows[4, 0] = 4, -1, 1.5, np.nan, np.nan
    report = rr.verify(
        rr.emit(rules, target, **options), rr.trace(model, input_shape=[(2,), (2,)]), rows
    )
    assert report.passed, report
    assert np.isnan(rules.predict(rows)[:5]).all()
    assert not np.isnan(rules.predict(rows)[5:]).any()


def test_exported_programs_of_several_inputs(two_inputs: tuple[Any, rr.RuleSet]) -> None:
    batch = torch.export.Dim("batch")
    inputs = (torch.zeros(2, 2), torch.zeros(2, 2, dtype=torch.int64))
    program = torch.export.export(
        TwoInputs().eval(), inputs, dynamic_shapes=({0: batch}, {0: batch})
    )
    found = rr.extract(program, data=TABLE)
    assert found.predict(TABLE) == pytest.approx(two_inputs[1].predict(TABLE), abs=1e-12)


READ = {
    "an embedding of a column": (lambda m, x: torch.cat([x[:, :2], m.codes(x[:, 2].long())], 1), 4),
    "one-hot codes": (
        lambda _, x: torch.cat([x[:, :2], nn.functional.one_hot(x[:, 3].long(), 4).float()], 1),
        6,
    ),
    "a table that is indexed": (
        lambda m, x: torch.cat([x[:, :2], m.codes.weight[x[:, 3].int()]], 1),
        4,
    ),
    "a code that is a number too": (
        lambda m, x: torch.cat([x[:, :3], m.codes(x[:, 2].long()), x[:, 3:]], 1),
        6,
    ),
}


@pytest.mark.parametrize("name", READ)
def test_ways_to_look_codes_up(name: str) -> None:
    model = OneInput(*READ[name])
    graph = rr.trace(model, input_shape=(4,))
    found = graph.evaluate(rr.Domain.from_data(TABLE, graph.columns).rows(TABLE))
    assert found == pytest.approx(by_torch(model, TABLE), abs=1e-12)


def test_offsets_shift_the_codes() -> None:
    model = OneInput(lambda m, x: torch.cat([x[:, :2], m.codes(x[:, 2].long() - 1)], 1), 4)
    graph = rr.trace(model, input_shape=(3,))
    assert graph.features[2:] == ("x2 = 1", "x2 = 2", "x2 = 3", "x2 = 4")


REFUSED = {
    "a bag": (lambda m, x: m.bags(x.long()), 2, "EmbeddingBag looks up bags of any length"),
    "weights that change": (lambda m, x: m.narrow(x[:, 0].long()), 2, "max_norm changes"),
    "a cut number": (lambda _, x: x.long().float(), 2, "doesn't look up codes alone"),
    "a sum of columns": (
        lambda m, x: m.codes((x[:, 0] + x[:, 1]).long()),
        2,
        "can't hold every value",
    ),
    "classes of the batch": (
        lambda _, x: nn.functional.one_hot(x[:, 0].long())[:, :2].float(),
        2,
        "",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    features, width, message = REFUSED[name]
    with pytest.raises(ModelError) as raised:
        rr.trace(OneInput(features, width), input_shape=(2,))
    assert message in str(raised.value)


def test_inputs_whose_shapes_are_not_told() -> None:
    with pytest.raises(ModelError, match=r"takes x_num, x_cat: give input_shape=, a list"):
        rr.trace(TwoInputs())
    with pytest.raises(ModelError, match=r"takes x_num, x_cat: give input_shape="):
        rr.trace(TwoInputs(), input_shape=(2,))


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (lambda z: nn.functional.softplus(z, beta=2.0), "supported: beta 1"),
        (lambda z: nn.functional.softplus(z, threshold=3.0), "a threshold of 20 or more"),
        (torch.logit, "give torch.logit an eps above 0"),
    ],
)
def test_links_in_forms_that_cannot_be_read(end: Any, message: str) -> None:
    class Ending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, x: Tensor) -> Any:
            return end(self.layer(x))

    with pytest.raises(ModelError, match=message):
        rr.trace(Ending())


def test_a_traced_graph_takes_a_frame_of_codes() -> None:
    graph = rr.trace(TwoInputs().double(), input_shape=[(2,), (2,)])
    frame = pd.DataFrame(TABLE, columns=[column.name for column in graph.columns])
    rules = rr.extract(graph, data=frame, form="additive")

    assert rr.verify(rr.emit(rules, "python"), graph, frame)
