"""From many neurons to few: the networks on the way, and which of them a budget of rules allows.

Saliency-guided: the neurons that matter least become affine, a share of them at a time while there
are many, then one by one, looking ahead at what training makes of the best few choices. A second
way down ends where the budget is kept; on it neurons are also tied to one direction.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from relurules.errors import DataError
from relurules.ir.limits import NEVER, Deadline
from relurules.training.descent import Schedule, train_by_adam
from relurules.training.newton import refine_network
from relurules.training.objective import DataSplit, compute_score, mean_loss
from relurules.training.relu_parameters import ReluParameters, get_parameters, remove_neurons
from relurules.training.saliency import fit_stand_ins
from relurules.training.task import Rows, Task
from relurules.training.terms import (
    count_condition_terms,
    count_formula_terms,
    limit_conditions,
    limit_inputs,
)
from relurules.training.ties import find_parallel_pairs, tie_directions

#: Few neurons: so many, no more than so many beyond those that cut as many regions as there may be
#: rules where all of them cross (the second number where formulas have few terms), and no more than
#: so many numbers to train.
_FEW, _BEYOND, _BEYOND_TERMS, _NUMBERS = 12, 6, 4, 700
#: Share of many neurons that go at a time, and what is trained after it.
_SHARE, _AFTER = 0.15, Schedule(epochs=3, rate=2e-3)
#: Steps of training at every point of the front; choices looked at, and steps on each; steps at the
#: end.
_STEPS, _CHOICES, _LOOK, _LAST = 30, 4, 5, 10
#: Where neurons are tied: pairs of directions and neurons looked at, and steps on each.
_PAIRS, _NEURONS, _LOOK_TIED = 4, 3, 10
#: Rises of the loss and logarithms of the share of rules saved count as so much at least.
_LEAST, _LEAST_SAVED = 1e-6, 1e-3
#: Terms are cut down where there are so many times the regions that the budget allows as rules.
_ROOM = 4
#: Shares of the time that is left: for coming down to few neurons, and for each step from there but
#: the last.
_THINNED, _OF_REST = 0.4, 0.5


class RuleBudget(NamedTuple):
    """At most so many rules, neurons, inputs in a condition or formula, and inputs in a condition;
    None: any number.
    """

    rules: int | None = None
    neurons: int | None = None
    terms: int | None = None
    condition_terms: int | None = None

    @property
    def widest(self) -> int | None:
        """Inputs in a condition at most."""
        return min(
            (most for most in (self.terms, self.condition_terms) if most is not None), default=None
        )


def check_budget(budget: RuleBudget, *, bounded: bool = True) -> RuleBudget:
    """The budget; DataError where a number is too small or, if it must be bounded, neither rules
    nor neurons are.
    """
    if bounded and budget.rules is None and budget.neurons is None:
        raise DataError("a budget is needed: max_rules or max_neurons")
    for name, value in budget._asdict().items():
        least = 0 if name == "neurons" else 1
        if value is not None and not value >= least:
            raise DataError(f"max_{name} is {value}; expected at least {least}")
    return budget


class NetworkSize(NamedTuple):
    """Linear regions and rules of a network, in its own coordinates."""

    regions: int
    rules: int


class FrontPoint(NamedTuple):
    """A network on the front.

    score: on the validation rows; sparse: whether its terms were cut down; parallel: whether it is
    of the way on which neurons are tied to one direction.
    """

    compact: ReluParameters
    size: NetworkSize
    score: float
    sparse: bool
    parallel: bool = False


SizeCounter = Callable[[ReluParameters], NetworkSize]
NeuronProgress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class FrontSettings:
    """How networks with fewer neurons are trained on the way down."""

    #: Penalty of standardised weights.
    l1: float
    random: np.random.Generator
    #: Whether a second way follows, with neurons tied to one direction.
    ties: bool = False


def walk_front(
    compact: ReluParameters,
    data: DataSplit,
    task: Task,
    budget: RuleBudget,
    count: SizeCounter,
    settings: FrontSettings,
    *,
    told: NeuronProgress,
    deadline: Deadline = NEVER,
) -> Iterator[FrontPoint]:
    """Networks with fewer and fewer neurons, down to none; with a budget of terms, first dense,
    then sparse ones.

    ties: then those of a second way, with neurons tied to one direction, down to the budget of
    rules. told is called with the number of neurons left, whenever it changes. After the deadline
    nothing is trained any more: neurons go by what they matter then, and nothing is tied.
    """
    compact = prune_until(
        compact,
        data,
        task,
        _single_step_limit(budget),
        l1=settings.l1,
        random=settings.random,
        told=told,
        deadline=deadline.share(_THINNED),
    )
    start, first = compact, None
    dense = deadline.share(_OF_REST)

    for point in _prune_one_by_one(
        compact, data, task, count, l1=settings.l1, told=told, sparse=False, deadline=dense
    ):
        yield point
        if budget.rules is None or point.size.regions > _ROOM * budget.rules:
            start = point.compact
        first = first or point

    if budget.widest is not None:
        if budget.terms is not None:
            start = limit_inputs(
                start, budget.terms, data, task, settings.l1, deadline.share(_OF_REST)
            )
        start, first = (
            limit_conditions(
                start, budget.widest, data, task, settings.l1, deadline.share(_OF_REST)
            ),
            None,
        )
        for point in _prune_one_by_one(
            start, data, task, count, l1=settings.l1, told=told, sparse=True, deadline=deadline
        ):
            yield point
            first = first or point

    if settings.ties and first is not None:
        yield from _tie_until_budget(
            first, data, task, budget, count, l1=settings.l1, told=told, deadline=deadline
        )


def prune_until(
    compact: ReluParameters, data: DataSplit, task: Task, few: int, *,
    l1: float, random: np.random.Generator, told: NeuronProgress, deadline: Deadline = NEVER,
) -> ReluParameters:  # fmt: skip
    """The network with few neurons."""
    while len(compact) > few or (len(compact) > 2 and len(get_parameters(compact)) > _NUMBERS):
        told(len(compact))
        fits = fit_stand_ins(compact, data.training, task)
        share = 1.0 if deadline.is_over() else _SHARE
        go = max(1, min(int(len(compact) * share), len(compact) - min(few, 2)))
        least = np.argsort(fits.saliency, kind="stable")[:go]
        compact = remove_neurons(compact, [int(k) for k in least], fits.factors, fits.constants)
        compact = train_by_adam(
            compact, data, task, _AFTER, l1=l1, random=random, deadline=deadline
        )

    return compact


def _single_step_limit(budget: RuleBudget) -> int:
    """The number of neurons from which they go one by one."""
    beyond = _BEYOND if budget.terms is None else _BEYOND_TERMS
    few = _FEW if budget.rules is None else min(_FEW, int(np.log2(budget.rules)) + beyond)
    return few if budget.neurons is None else max(few, budget.neurons)


def _prune_one_by_one(
    compact: ReluParameters,
    data: DataSplit,
    task: Task,
    count: SizeCounter,
    *,
    l1: float,
    told: NeuronProgress,
    sparse: bool,
    deadline: Deadline,
) -> Iterator[FrontPoint]:
    while True:
        told(len(compact))
        compact = refine_network(compact, data, task, l1=l1, steps=_STEPS, deadline=deadline)
        yield FrontPoint(
            compact, count(compact), compute_score(compact, data.validation, task), sparse
        )
        if not len(compact):
            return
        compact = _remove_best_neuron(compact, data, task, l1, deadline)


def _remove_best_neuron(
    compact: ReluParameters, data: DataSplit, task: Task, l1: float, deadline: Deadline
) -> ReluParameters:
    """The best of the networks without one of the neurons that matter least."""
    fits = fit_stand_ins(compact, data.training, task)
    tried = [
        refine_network(
            remove_neurons(compact, [int(k)], fits.factors, fits.constants),
            data,
            task,
            l1=l1,
            steps=_LOOK,
            deadline=deadline,
        )
        for k in np.argsort(fits.saliency, kind="stable")[:_CHOICES]
    ]

    return min(tried, key=lambda one: mean_loss(one, data.training, task))


def _tie_until_budget(
    point: FrontPoint,
    data: DataSplit,
    task: Task,
    budget: RuleBudget,
    count: SizeCounter,
    *,
    l1: float,
    told: NeuronProgress,
    deadline: Deadline,
) -> Iterator[FrontPoint]:
    """From a point to one of so many rules: what costs least for the rules that it saves, of ties
    and stand-ins.
    """
    while budget.rules is not None and point.size.rules > budget.rules and not deadline.is_over():
        told(len(point.compact))
        compact, rows = point.compact, data.training

        fits = fit_stand_ins(compact, rows, task)
        tried = [
            tie_directions(compact, pair, rows)
            for pair in find_parallel_pairs(compact, rows, _PAIRS, budget.widest)
        ]
        least = np.argsort(fits.saliency, kind="stable")[:_NEURONS]
        tried += [remove_neurons(compact, [int(k)], fits.factors, fits.constants) for k in least]

        loss = mean_loss(compact, rows, task)
        tried = [
            refine_network(one, data, task, l1=l1, steps=_LOOK_TIED, deadline=deadline)
            for one in tried
        ]
        rises = np.maximum([mean_loss(one, rows, task) - loss for one in tried], _LEAST)

        # What is saved beyond is worth nothing.
        left = np.maximum([count(one).rules for one in tried], budget.rules)
        saved = np.maximum(np.log(point.size.rules / left), _LEAST_SAVED)

        compact = refine_network(
            tried[int(np.argmin(rises / saved))], data, task, l1=l1, steps=_STEPS, deadline=deadline
        )

        point = FrontPoint(
            compact,
            count(compact),
            compute_score(compact, data.validation, task),
            point.sparse,
            parallel=True,
        )
        yield point


def is_within_budget(point: FrontPoint, budget: RuleBudget) -> bool:
    """Whether the network keeps the budget."""
    compact, terms = point.compact, budget.terms
    return (
        (budget.rules is None or point.size.rules <= budget.rules)
        and (budget.neurons is None or len(compact) <= budget.neurons)
        and (
            budget.widest is None or count_condition_terms(compact).max(initial=0) <= budget.widest
        )
        and (terms is None or count_formula_terms(compact) <= terms)
    )


def finetune_on_all_rows(
    point: FrontPoint,
    data: DataSplit,
    task: Task,
    budget: RuleBudget,
    count: SizeCounter,
    *,
    l1: float,
    deadline: Deadline = NEVER,
) -> FrontPoint:
    """The network trained on with all rows, those of the validation too, where that keeps the
    budget.

    Where terms were cut down, without a penalty: it has done its work once they are chosen (the
    relaxed lasso of N. Meinshausen, 2007); with it where the budget isn't kept then.
    """
    joined = Rows(
        *(np.concatenate(pair) for pair in zip(data.training, data.validation, strict=True))
    )
    relaxed = point.compact
    if point.sparse:
        relaxed = refine_network(relaxed, data, task, l1=0.0, steps=_STEPS, deadline=deadline)

    for start, penalty, steps in ((relaxed, 0.0, 2 * _LAST), (point.compact, l1, _LAST))[
        not point.sparse :
    ]:
        compact = refine_network(
            start, DataSplit(joined, data.validation), task,
            l1=penalty, steps=steps, choose=False, deadline=deadline,
        )  # fmt: skip
        trained = point._replace(compact=compact, size=count(compact))
        if is_within_budget(trained, budget):
            return trained

    return point
