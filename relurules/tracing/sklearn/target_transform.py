"""TransformedTargetRegressor: predictions in the target's own units."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.links.heads import is_identity
from relurules.tracing.sklearn.forms import Signal
from relurules.tracing.sklearn.last_estimator import get_class_name
from relurules.tracing.sklearn.reading import ModelReading, ReadModel
from relurules.tracing.sklearn.score_maps import mix_scores

Array = NDArray[np.float64]

#: Function that turns predictions back into the target's units -> the link that it is.
INVERSES: Mapping[str | None, str] = {"expm1": "expm1", "exp": "exp", None: "identity"}

#: Scalers of the target, which are affine.
SCALERS = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler")


def read_transformed_target(model: Any, signals: Sequence[Signal], read: ReadModel) -> ModelReading:
    """What TransformedTargetRegressor does after its regressor."""
    inner, target = read(model.regressor_, signals), model.transformer_
    ending, kind = inner.ending, get_class_name(model)
    if not is_identity(ending.heads, len(ending.network.c)):
        raise ModelError(
            f"{kind} around a regressor that ends with {ending.heads[0].link} can't be traced; "
            "supported: regressors whose predictions are their scores"
        )

    run = None if ending.run is None else _make_inverse_run(ending.run, target)
    layer = f"inverse of {get_class_name(target)}"
    if get_class_name(target) == "FunctionTransformer":
        name = getattr(target.inverse_func, "__name__", target.inverse_func)
        if name not in INVERSES:
            raise ModelError(
                f"{kind} turns its predictions back with {name}; supported: "
                f"{', '.join(map(str, INVERSES))}"
            )
        heads = tuple(head._replace(link=INVERSES[name]) for head in ending.heads)
        return inner.with_ending(layer, heads=heads, run=run)

    weights, constants = _invert_scaler(kind, target, len(ending.network.c))
    network = mix_scores(ending.network, np.diag(weights), constants)
    return inner.with_ending(layer, network=network, run=run)


def _make_inverse_run(run: Any, target: Any) -> Any:
    return lambda X: np.asarray(target.inverse_transform(run(X)), dtype=np.float64)


def _invert_scaler(kind: str, target: Any, m: int) -> tuple[Array, Array]:
    if get_class_name(target) not in SCALERS:
        raise ModelError(
            f"{kind} with the transformer {get_class_name(target)} can't be traced; supported: "
            f"{', '.join(SCALERS)}, and the functions {', '.join(map(str, INVERSES))}"
        )

    constants = np.asarray(target.inverse_transform(np.zeros((1, m))), dtype=np.float64)[0]
    if get_class_name(target) == "MinMaxScaler":
        return 1.0 / target.scale_, -target.min_ / target.scale_

    scale = np.ones(m) if target.scale_ is None else np.asarray(target.scale_, dtype=np.float64)
    return scale, constants
