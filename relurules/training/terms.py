"""How many inputs the conditions and formulas of a network speak of, and making them fewer."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Network
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.training.newton import refine_network
from relurules.training.objective import DataSplit, loss_derivatives, mean_loss
from relurules.training.relu_parameters import Mask, ReluParameters, run_forward
from relurules.training.task import Rows, Task

#: Share of the inputs that go in one round, steps of training after it, choices looked at, rows
#: that weights are judged by.
_SHARE, _STEPS, _CHOICES, _ROWS = 0.25, 8, 4, 3000
#: Inputs are exchanged for one of so many others where the mean loss falls by such a share.
_OTHERS, _GAIN = 6, 1e-4


def count_condition_terms(network: Network | ReluParameters) -> NDArray[np.intp]:
    """(K,): inputs that the condition of each neuron may speak of, its own and those of the neurons
    that it reads.
    """
    return np.asarray(_find_reads(network).sum(axis=1), dtype=np.intp)


def count_formula_terms(network: Network | ReluParameters) -> int:
    """Inputs that the formula of a region may speak of, at most."""
    used = _find_reads(network)[(network.U != 0).any(axis=0)]
    return int((used.any(axis=0) | (network.C != 0).any(axis=0)).sum())


def _find_reads(network: Network | ReluParameters) -> Mask:
    reads: Mask = network.A != 0
    for k in range(len(network.b)):
        reads[k] |= reads[:k][network.L[k, :k] != 0].any(axis=0)
    return reads


def limit_inputs(
    compact: ReluParameters,
    most: int,
    data: DataSplit,
    task: Task,
    l1: float,
    deadline: Deadline = NEVER,
) -> ReluParameters:
    """The network with so many inputs at most.

    Those go first without which the training loss rises least: many at a time while there are many,
    then one by one, looking ahead at what training makes of the best few choices. After the
    deadline all go at once that have the smallest weights.
    """
    read = _find_inputs_read(compact)
    # Or training would bring them back.
    compact = _hide_inputs(compact, np.flatnonzero(~read).tolist())
    if read.sum() <= most:
        return compact

    while (left := np.flatnonzero(_find_inputs_read(compact))).size > most:
        rises = _measure_rises(compact, left, data.training, task, deadline)
        if rises is None:
            return _hide_inputs(
                compact,
                left[np.argsort(_sum_weights(compact)[left], kind="stable")][
                    : left.size - most
                ].tolist(),
            )
        least = left[np.argsort(rises, kind="stable")]
        if left.size > 2 * most:
            go = min(left.size - 2 * most, max(1, int(left.size * _SHARE)))
            compact = refine_network(
                _hide_inputs(compact, least[:go].tolist()),
                data,
                task,
                l1=l1,
                steps=_STEPS,
                deadline=deadline,
            )
        else:
            compact = _train_and_choose(
                [_hide_inputs(compact, [int(j)]) for j in least[:_CHOICES]],
                data,
                task,
                l1,
                deadline,
            )

    return _exchange_inputs(compact, read, data, task, l1, deadline)


def _measure_rises(
    compact: ReluParameters, inputs: NDArray[np.intp], rows: Rows, task: Task, deadline: Deadline
) -> Array | None:
    """The training loss without each of some inputs; None where there is no time to tell."""
    found = np.empty(len(inputs))
    for i, j in enumerate(inputs.tolist()):
        if deadline.is_over():
            return None
        found[i] = mean_loss(_hide_inputs(compact, [j]), rows, task)

    return found


def _sum_weights(compact: ReluParameters) -> Array:
    """(d,) weights of every input, standardised, all together."""
    return np.asarray(np.abs(compact.A).sum(axis=0) + np.abs(compact.C).sum(axis=0))


def _exchange_inputs(
    compact: ReluParameters, read: Mask, data: DataSplit, task: Task, l1: float, deadline: Deadline
) -> ReluParameters:
    """The network with inputs exchanged for others that were read, while that helps on the training
    rows.
    """
    while not deadline.is_over():
        unused = np.flatnonzero(read & ~_find_inputs_read(compact))
        pulls = _measure_pulls(compact, data.training, task)[unused]
        wider = _train_and_choose(
            [_allow_input(compact, int(j)) for j in unused[np.argsort(-pulls)[:_OTHERS]]],
            data,
            task,
            l1,
            deadline,
        )
        left = np.flatnonzero(_find_inputs_read(wider))
        if left.size <= _find_inputs_read(compact).sum():
            return compact
        rises = [mean_loss(_hide_inputs(wider, [int(j)]), data.training, task) for j in left]
        tried = _train_and_choose(
            [_hide_inputs(wider, [int(j)]) for j in left[np.argsort(rises)[:_CHOICES]]],
            data,
            task,
            l1,
            deadline,
        )
        if mean_loss(tried, data.training, task) >= mean_loss(compact, data.training, task) * (
            1 - _GAIN
        ):
            return compact
        compact = tried

    return compact


def _train_and_choose(
    choices: Sequence[ReluParameters], data: DataSplit, task: Task, l1: float, deadline: Deadline
) -> ReluParameters:
    """The one that training makes most of."""
    tried = [
        refine_network(one, data, task, l1=l1, steps=_STEPS, deadline=deadline) for one in choices
    ]
    return min(tried, key=lambda one: mean_loss(one, data.training, task))


def _measure_pulls(compact: ReluParameters, rows: Rows, task: Task) -> Array:
    """How much the mean loss would fall at first if an input were read, (d,)."""
    A, _, _, C, _, _ = loss_derivatives(compact, run_forward(compact, rows.X), rows, task)
    return np.asarray(np.abs(A).sum(axis=0) + np.abs(C).sum(axis=0))


def _allow_input(compact: ReluParameters, j: int) -> ReluParameters:
    """The network that may read an input more."""
    a, links, c = (mask.copy() for mask in compact.free)
    a[:, j], c[:, j] = True, True
    return replace(compact, free=(a, links, c))


def limit_conditions(
    compact: ReluParameters,
    most: int,
    data: DataSplit,
    task: Task,
    l1: float,
    deadline: Deadline = NEVER,
) -> ReluParameters:
    """The network with so many inputs in each condition at most.

    Of the conditions that speak of more, those weights go first without which the training loss
    rises least; after the deadline the smallest ones go, all at once.
    """
    some = data.training.part(slice(None, None, max(1, len(data.training.X) // _ROWS)))
    # Or others would come back.
    compact = replace(compact, free=(compact.A != 0, compact.L != 0, compact.free[2]))

    while (excess := count_condition_terms(compact) - most).max(initial=0) > 0:
        wide = [int(k) for k in np.flatnonzero(excess > 0)]
        weights = [
            (name, k, int(j))
            for k in wide
            for name in "AL"
            for j in np.flatnonzero(getattr(compact, name)[k])
        ]
        late = deadline.is_over()
        rises = [
            abs(float(getattr(compact, name)[k, j]))
            if late
            else mean_loss(_clear_weight(compact, (name, k, j), some), some, task)
            for name, k, j in weights
        ]
        left = {k: int(excess[k]) if late else max(1, int(_SHARE * excess[k])) for k in wide}
        for i in np.argsort(rises, kind="stable"):
            if left[k := weights[i][1]] > 0:
                compact, left[k] = _clear_weight(compact, weights[i], some), left[k] - 1
        compact = refine_network(compact, data, task, l1=l1, steps=_STEPS, deadline=deadline)

    return compact


def _clear_weight(
    compact: ReluParameters, weight: tuple[str, int, int], rows: Rows
) -> ReluParameters:
    """The network whose neuron k doesn't read input j (A), or neuron j (L), of which the inputs'
    best fit is left.
    """
    name, k, j = weight
    a, links, c = (mask.copy() for mask in compact.free)
    A, b, L = compact.A.copy(), compact.b.copy(), compact.L.copy()
    if name == "A":
        a[k, j], A[k, j] = False, 0.0
        return replace(compact, A=A, free=(a, links, c))

    H, read = run_forward(compact, rows.X).H[:, j], np.flatnonzero(a[k])
    fit = (
        np.linalg.lstsq(np.column_stack([rows.X[:, read], np.ones(len(H))]), H, rcond=None)[0]
        * L[k, j]
    )
    A[k, read] += fit[:-1]
    b[k] += fit[-1]
    links[k, j], L[k, j] = False, 0.0

    return replace(compact, A=A, b=b, L=L, free=(a, links, c))


def _find_inputs_read(compact: ReluParameters) -> Mask:
    return np.asarray((compact.A != 0).any(axis=0) | (compact.C != 0).any(axis=0))


def _hide_inputs(compact: ReluParameters, inputs: Sequence[int]) -> ReluParameters:
    """The network that doesn't see some inputs, which are 0 on average."""
    a, links, c = (mask.copy() for mask in compact.free)
    a[:, inputs], c[:, inputs] = False, False
    return replace(compact, A=compact.A * a, C=compact.C * c, free=(a, links, c))
