"""The reference of rules <-> plain JSON values, part of a rules file; numbers come back exactly."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from relurules.ir.network import make_read_only
from relurules.ir.reference import ReferenceRow


def reference_to_json(reference: ReferenceRow | None) -> dict[str, Any]:
    """{"reference": {...}}, nothing where none was chosen."""
    if reference is None:
        return {}
    return {
        "reference": {"origin": reference.origin, "values": np.asarray(reference.values).tolist()}
    }


def reference_from_json(found: Mapping[str, Any], d: int) -> ReferenceRow | None:
    """What a validated file says, in d coordinates; ValueError where the sizes don't fit."""
    if "reference" not in found:
        return None
    item = found["reference"]
    if len(item["values"]) != d:
        raise ValueError(f"reference.values holds {len(item['values'])} numbers for {d} features")

    return ReferenceRow(
        values=make_read_only(np.array(item["values"], dtype=np.float64)), origin=item["origin"]
    )
