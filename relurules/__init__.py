"""Symbolic rule extraction from ReLU/PReLU networks: exact rules, SQL, Python and C.

    import relurules as rr

    rules = rr.extract(model, data=frame)      # trained network -> rules
    print(rr.emit(rules, "text"))              # text, markdown, html, latex, sql, python, numpy, c, javascript
    rr.verify(rr.emit(rules, "sql"), model, frame)

Nothing heavy is imported before it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relurules.analysis.questions import ask
    from relurules.diffing import diff
    from relurules.domain import Domain
    from relurules.errors import RelurulesError
    from relurules.explaining import explain, plot
    from relurules.ir import Certificate, RuleSet
    from relurules.pipeline import emit, extract, partition, reached, trace, verify
    from relurules.proofs.proving import check, prove
    from relurules.training.estimators import ReLURulesClassifier, ReLURulesRegressor
    from relurules.training.region_count import linearize

__version__ = "0.1.0"

#: Public name -> module that defines it.
_HOME = {
    "Certificate": "ir",
    "Domain": "domain",
    "ReLURulesClassifier": "estimators",
    "ReLURulesRegressor": "estimators",
    "RelurulesError": "errors",
    "RuleSet": "ir",
    "ask": "asking",
    "check": "proofs",
    "count": "pipeline",
    "diff": "diffing",
    "emit": "pipeline",
    "explain": "explaining",
    "extract": "pipeline",
    "linearize": "training",
    "partition": "pipeline",
    "plot": "explaining",
    "prove": "proofs",
    "reached": "pipeline",
    "stream": "pipeline",
    "trace": "pipeline",
    "verify": "pipeline",
}

__all__ = [
    "Certificate",
    "Domain",
    "ReLURulesClassifier",
    "ReLURulesRegressor",
    "RelurulesError",
    "RuleSet",
    "__version__",
    "ask",
    "check",
    "count",
    "diff",
    "emit",
    "explain",
    "extract",
    "linearize",
    "partition",
    "plot",
    "prove",
    "reached",
    "stream",
    "trace",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'relurules' has no attribute {name!r}")
    return getattr(import_module(f"relurules.{_HOME[name]}"), name)
