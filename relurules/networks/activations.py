"""PReLU slopes: phi_a(z) = max(0, z) + a * min(0, z), the one nonlinearity of the program.

Every activation the tracer meets is written as PReLUs of given slopes; `SLOPES` has one row for
each. An activation that needs affine maps around its PReLUs (clipping, absolute value) gets its row
here too when a front-end learns it.

Source of the threshold: E. P. Csirmaz, "Interpreting Neural Networks by Reducing Nonlinearities
during Training", 2020.
"""

from collections.abc import Mapping
from types import MappingProxyType

#: A PReLU is linear when its slope lies closer to 1 than this number: 0.9995 < a < 1.0005.
LINEAR_THRESHOLD = 0.9995

#: Name of an activation whose slope is fixed -> that slope. Leaky, parametric and random ReLUs
#: carry theirs with them.
SLOPES: Mapping[str, float] = MappingProxyType({"relu": 0.0, "abs": -1.0})


def is_linear(slope: float, threshold: float = LINEAR_THRESHOLD) -> bool:
    """True when phi_slope counts as the identity.

    A slope far above 1 is a kink like any other, so both sides count.
    """
    return abs(1.0 - slope) < 1.0 - threshold or slope == 1.0
