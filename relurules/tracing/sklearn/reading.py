"""What a model of several estimators is read as, and how readings are put side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.links.heads import Head, is_identity
from relurules.tracing.sklearn.forms import Signal
from relurules.tracing.sklearn.last_estimator import LastEstimator, get_class_name
from relurules.tracing.sklearn.score_maps import mix_scores, stack_networks

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ModelReading:
    """A pipeline, a wrapper or an estimator in the columns that it is given."""

    ending: LastEstimator
    #: What the features of `ending` are, of those columns.
    signals: Sequence[Signal]
    #: Names and classes of the steps before it.
    steps: tuple[tuple[str, str], ...] = ()

    def with_ending(self, layer: str = "", **changes: Any) -> "ModelReading":
        """The same with another ending. layer: what stands after the layers of the old one."""
        if layer:
            network = changes.get("network", self.ending.network)
            changes["layers"] = [*self.ending.layers, (layer, len(network.c))]
        return replace(self, ending=replace(self.ending, **changes))


#: Reads a model in columns that steps before it may have changed already.
ReadModel = Callable[[Any, Sequence[Signal]], ModelReading]
#: Reads a wrapper, by means of what reads the models in it.
WrapperRule = Callable[[Any, Sequence[Signal], ReadModel], ModelReading]


def stack_readings(readings: Sequence[ModelReading], layer: str) -> ModelReading:
    """Models side by side: all their scores and all their outputs, in order. layer: what they are
    together.
    """
    names = [f"model {i}" for i in range(len(readings))]
    endings = [reading.ending for reading in readings]
    network = stack_networks([ending.network for ending in endings], names)
    heads: list[Head] = []
    first = 0

    for ending in endings:
        heads += [
            head._replace(scores=tuple(first + score for score in head.scores))
            for head in ending.heads
        ]
        first += len(ending.network.c)

    return ModelReading(
        ending=LastEstimator(
            network=network,
            heads=tuple(heads),
            outputs=tuple(output for ending in endings for output in ending.outputs),
            layers=[*(row for ending in endings for row in ending.layers), (layer, first)],
            identities=sum(ending.identities for ending in endings),
        ),
        signals=[signal for reading in readings for signal in reading.signals],
        steps=tuple(
            (f"{name}/{step}", kind)
            for name, reading in zip(names, readings, strict=True)
            for step, kind in reading.steps
        ),
    )


def average_readings(
    model: Any, readings: Sequence[ModelReading], weights: Sequence[float] | None
) -> ModelReading:
    """The weighted mean of regressors, as one network; weights: one each, none for equal ones."""
    for reading in readings:
        ending = reading.ending
        if not is_identity(ending.heads, len(ending.network.c)):
            raise ModelError(
                f"{get_class_name(model)} takes the mean of regressors that end in "
                f"{ending.heads[0].link}, and no link gives a mean of those; supported: regressors "
                "whose predictions are their scores. Extract the rules of each by itself"
            )

    shares = np.full(len(readings), 1.0) if weights is None else np.asarray(weights, np.float64)
    shares = shares / shares.sum()
    stacked, first = stack_readings(readings, "mean"), readings[0].ending
    mix = np.kron(shares[None, :], np.eye(len(first.network.c)))
    return stacked.with_ending(
        network=mix_scores(stacked.ending.network, mix, np.zeros(len(mix))),
        heads=first.heads,
        outputs=first.outputs,
    )
