"""Where rules come from: the model's name, a digest of its network, the settings that matter."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from relurules.ir.additive import AdditiveRules
from relurules.ir.evidence import Provenance
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import Network
from relurules.ir.ruleset import RuleSet

#: About so many numbers are hashed at once, which keeps copies small.
_BLOCK = 2**20

#: Either kind of rules: what is given back is what was taken.
AnyRules = TypeVar("AnyRules", bound=RuleSet | AdditiveRules)


def hash_network(network: Network) -> str:
    """SHA-256 of the canonical form: each array's name and shape, then its float64 values, low
    bytes first.
    """
    found = hashlib.sha256()
    arrays = network.arrays
    if isinstance(network, LocalTree):
        arrays = {
            "normals": network.tree.normals,
            "offsets": network.tree.offsets,
            "children": network.tree.children.astype(np.float64),
            "weights": network.maps.weights,
            "constants": network.maps.constants,
        }
    for name, array in arrays.items():
        found.update(f"{name}{array.shape}".encode())
        for rows in np.array_split(array, max(1, array.size // _BLOCK)) if array.size else ():
            found.update(np.ascontiguousarray(rows + 0.0, dtype="<f8").tobytes())

    return found.hexdigest()


def add_provenance(
    rules: AnyRules,
    model: Any,
    network: Network,
    *,
    version: str,
    settings: Mapping[str, Any],
    fitted: bool = False,
) -> AnyRules:
    """The rules with where they come from. model: an object or a path; settings: those that aren't
    the defaults; fitted: see `Provenance`.
    """
    made = Provenance(
        model=_name_model(model),
        digest=hash_network(network),
        version=version,
        settings=dict(settings),
        fitted=fitted,
    )

    return replace(rules, provenance=made)


def _name_model(model: Any) -> str:
    """What a model is called: its file, or its class; of a product of models, all of them."""
    if isinstance(model, str | Path):
        return Path(model).name
    if type(model) is tuple:
        return " * ".join(map(_name_model, model))
    return type(model).__name__
