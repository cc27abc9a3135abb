"""What rules are extracted from, what they are to be, and the task that a stage works on."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from relurules.domain import Domain
from relurules.errors import DataError, ModelError, UnsupportedError
from relurules.ir import (
    Graph,
    Network,
)
from relurules.ir.limits import SearchLimits
from relurules.ir.network import Array
from relurules.networks.activations import LINEAR_THRESHOLD
from relurules.partitioning import SearchOptions
from relurules.tables.names import check_finite

#: The kinds of rules: of which one applies, and which add up.
FORMS = ("partition", "additive")
#: Where rules that are fewer than the network's are to be close to it.
FIDELITIES = ("domain", "rows")


@dataclass(frozen=True, kw_only=True)
class ExtractOptions:
    """What rules are to be like; see `api.extract`.

    form: of `FORMS`; guard_unread: whether the domain has the columns too that the network doesn't
    read.
    """

    form: str = "partition"
    max_error: float = 0.0
    max_rules: int | None = None
    decision: str | float | None = None
    threshold: float = LINEAR_THRESHOLD
    fidelity: str = "domain"
    guard_unread: bool = False

    @property
    def merging(self) -> bool:
        """Whether rules are merged further than those with the same map."""
        return bool(self.max_error) or self.max_rules is not None


@dataclass(frozen=True, kw_only=True)
class ExtractSource:
    """What rules are extracted from. domain: None is that of the data; y: (N,) true values of the
    data's rows; reference: what contributions are measured from, see `choose_reference`;
    labels: what the model's classes are called, where it has no labels; positive: the class that
    scores are to speak of.
    """

    model: Any
    domain: Domain | None = None
    data: Any = None
    y: Any = None
    reference: Any = None
    labels: Sequence[Any] | None = None
    positive: Any = None


@dataclass(frozen=True, kw_only=True)
class ExtractProgress:
    """Whom to tell. searching: how many regions were found; merging: how many rules are left."""

    searching: Callable[[int], None] | None = None
    merging: Callable[[int], None] | None = None


@dataclass(frozen=True, kw_only=True)
class ExtractTask:
    """A traced model and what its rules are to be. traced: its network with all columns; rows: (N,
    d) to count, None without any; score_error: what the model is off already, where it is rules.
    """

    graph: Graph
    traced: Network
    domain: Domain
    rows: Array | None
    options: ExtractOptions
    limits: SearchLimits
    score_error: float = 0.0


def check_extract_options(options: ExtractOptions) -> ExtractOptions:
    """The same; UnsupportedError for what makes no sense."""
    if options.form not in FORMS:
        raise UnsupportedError(f"form={options.form!r}; supported: {', '.join(FORMS)}")
    if not 0.0 <= options.max_error < np.inf:
        raise UnsupportedError(
            f"max_error={options.max_error!r}; supported: 0.0 or a finite number above, in the "
            "outputs' units"
        )

    if options.max_rules is not None and options.max_rules < 1:
        raise UnsupportedError(
            f"max_rules={options.max_rules!r}; supported: 1 or more, or None for any number"
        )

    if options.fidelity not in FIDELITIES:
        raise UnsupportedError(f"fidelity={options.fidelity!r}; supported: {', '.join(FIDELITIES)}")
    if options.fidelity == "rows" and (options.max_rules is None or options.max_error):
        raise UnsupportedError(
            "fidelity='rows' chooses so many rules by the data: give max_rules, and no max_error"
        )

    if options.decision is not None and options.merging:
        raise UnsupportedError(
            "decisions are exact; leave out max_error and max_rules, or decision"
        )

    if isinstance(options.decision, float | int):
        check_finite(decision=options.decision)
    return options


def list_settings(options: ExtractOptions, search: SearchOptions) -> dict[str, Any]:
    """Settings that aren't the defaults, as provenance keeps them."""
    defaults = {field.name: field.default for field in fields(options)}
    chosen = {name: value for name, value in asdict(options).items() if value != defaults[name]}
    limits = {name: getattr(search, name) for name in ("max_regions", "time_limit", "memory_limit")}
    limits = {
        name: "none" if value == math.inf else value
        for name, value in limits.items()
        if value is not None
    }

    return {
        **chosen,
        **limits,
        **({} if search.solver == "compiled" else {"solver": search.solver}),
    }


def check_rows(task: ExtractTask) -> None:
    if task.options.fidelity == "rows" and task.rows is None:
        raise DataError("fidelity='rows' needs data, which the rules are to be close on")


def check_range(graph: Graph, domain: Domain) -> None:
    """Refuse a network whose sums, or products of whose weights, leave float64: outputs or rules
    would be infinite.
    """
    reach = np.maximum(domain.reach, 1.0)  # at 1 a sum is as large as the coefficients of any rule
    with np.errstate(over="ignore", invalid="ignore"):
        size = graph.network.magnitude(reach[None])[0]

    if not np.isfinite(size).all():
        raise ModelError(
            "the network's sums in the domain, or the products of its weights, pass "
            f"{np.finfo(float).max:.2g}, the largest number of float64, so they can't be rules; "
            "scale the weights or the columns, or narrow the domain"
        )
