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

#: Link -> the function that turns predictions back into the target's units by it.
INVERSES: Mapping[str, Any] = {"expm1": np.expm1, "exp": np.exp, "identity": None}

_FUNCTIONS = "numpy.expm1, numpy.exp, None"

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
        link = _find_inverse_link(kind, target)
        heads = tuple(head._replace(link=link) for head in ending.heads)
        return inner.with_ending(layer, heads=heads, run=run)

    weights, constants = _invert_scaler(kind, target, len(ending.network.c))
    network = mix_scores(ending.network, np.diag(weights), constants)
    return inner.with_ending(layer, network=network, run=run)


def _find_inverse_link(kind: str, target: Any) -> str:
    """The link of a FunctionTransformer; a function of the user's own may have the same name."""
    for link, function in INVERSES.items():
        if target.inverse_func is function and not target.inv_kw_args:
            return link

    function = target.inverse_func
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__name__', function)}"
    told = f" with {', '.join(map(str, target.inv_kw_args))}" if target.inv_kw_args else ""
    raise ModelError(
        f"{kind} turns its predictions back with {name}{told}; supported: {_FUNCTIONS}"
    )


def _make_inverse_run(run: Any, target: Any) -> Any:
    return lambda X: np.asarray(target.inverse_transform(run(X)), dtype=np.float64)


def _invert_scaler(kind: str, target: Any, m: int) -> tuple[Array, Array]:
    if get_class_name(target) not in SCALERS:
        raise ModelError(
            f"{kind} with the transformer {get_class_name(target)} can't be traced; supported: "
            f"{', '.join(SCALERS)}, and the functions {_FUNCTIONS}"
        )

    constants = np.asarray(target.inverse_transform(np.zeros((1, m))), dtype=np.float64)[0]
    if get_class_name(target) == "MinMaxScaler":
        return 1.0 / target.scale_, -target.min_ / target.scale_

    scale = np.ones(m) if target.scale_ is None else np.asarray(target.scale_, dtype=np.float64)
    return scale, constants
