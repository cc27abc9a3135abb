"""A small binary classifier made for its rules: few inputs, and few PReLUs that are not linear.

Four stages: fit; drop the inputs that matter least, a few at a time, fitting on in between; force
the slopes of all PReLUs but the few most nonlinear ones to 1 and freeze them there; leave each of
those few neurons its strongest inputs only, since they become the conditions of the rules, and fit
on. The force is Csirmaz's (see `relurules.train.force`) with another rate: his follows a squared
error below 0.01, which a classifier on noisy data never reaches, so here the rate rises to 1 in a
fixed number of steps.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from relurules.errors import DataError
from relurules.networks.activations import LINEAR_THRESHOLD
from relurules.training.force import freeze_slopes, push_slopes

LEARNING_RATE = 0.01
WEIGHT_DECAY = (
    1e-2  # factor of the summed squares of all weights in the loss, while inputs are chosen
)
FINAL_DECAY = 3e-4  # the same from the force on: with more, the kinks that are left fade away
VALIDATION_SHARE = 0.2  # of the given rows, held out to choose the checkpoint
FIT_STEPS, PRUNE_STEPS, FORCE_STEPS, FINAL_STEPS = 300, 80, 400, 600
DROP_SHARE = 0.3  # of the inputs still read, dropped in one round (at least one)

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class TrainedClassifier:
    """A trained classifier: `model` maps raw inputs (N, d) float32 to logits (N, 1), and is in eval
    mode.

    `prelus` PReLUs in all, `nonlinear` of them with a slope that does not count as linear;
    `features` input columns with a nonzero weight in the first layer.
    """

    model: nn.Sequential
    prelus: int
    nonlinear: int
    features: int


def fit_classifier(
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    *,
    hidden: tuple[int, ...] = (8,),
    max_neurons: int = 2,
    max_features: int = 4,
    max_terms: int = 2,
    seed: int = 0,
    progress: Progress | None = None,
) -> TrainedClassifier:
    """Train a PReLU network on rows X (N, d), in raw units, with classes y (N,) of 0 and 1; see the
    module's text.

    The model is BatchNorm1d (standardises the columns), Linear, PReLU (one slope per neuron), ...,
    Linear. At most `max_features` columns have nonzero first-layer weights, at most `max_neurons`
    slopes differ from exactly 1, and a first-layer neuron of such a slope reads at most `max_terms`
    columns. `progress` is called with the share done, in (0, 1], and what is being done. Full-batch
    Adam on the cross-entropy; the same arguments give the same model, and the global random state
    is left alone. Raises DataError when X or y has another shape or other values, or a class has
    fewer than two rows; ValueError when a limit or a hidden width is too small.
    """
    _check_arguments(X, y, hidden, max_neurons, min(max_features, max_terms))
    training, validation = _split_rows(y, seed)
    rows, classes = torch.from_numpy(X).float(), torch.from_numpy(y).float().unsqueeze(1)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _build_network(X[training], hidden)

    rounds = _plan_prune_rounds(X.shape[1], max_features)
    total = FIT_STEPS + PRUNE_STEPS * len(rounds) + FORCE_STEPS + FINAL_STEPS
    held_out = (rows[validation], classes[validation])
    run = _ClassifierTraining(model, (rows[training], classes[training]), held_out, progress, total)

    with _use_one_thread():
        run.fit(FIT_STEPS, "fitting the network")
        for remaining in rounds:
            run.keep_inputs(remaining)
            run.fit(PRUNE_STEPS, f"fitting with {remaining} inputs")
        run.force(max_neurons)
        run.keep_terms(max_terms)
        run.fit(FINAL_STEPS, "fitting the final network", choose=True)

    slopes = run.slopes()
    features = int((run.first.weight != 0.0).any(dim=0).sum())
    return TrainedClassifier(model, len(slopes), int((slopes <= LINEAR_THRESHOLD).sum()), features)


@dataclass
class _ClassifierTraining:
    """The state of one training run: the model, its data, which slopes are frozen, which
    first-layer weights stay.
    """

    model: nn.Sequential
    training: tuple[Tensor, Tensor]
    validation: tuple[Tensor, Tensor]
    progress: Progress | None
    total: int
    done: int = 0
    first: nn.Linear = field(init=False)
    frozen: Tensor = field(init=False)
    read: Tensor = field(init=False)
    optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        self.first = next(module for module in self.model if isinstance(module, nn.Linear))
        self.frozen = torch.zeros_like(self.slopes(), dtype=torch.bool)
        self.read = torch.ones_like(self.first.weight, dtype=torch.bool)
        weights = [module.weight for module in self.model if isinstance(module, nn.Linear)]
        others = [parameter for parameter in self.model.parameters() if parameter.dim() == 1]
        decaying: dict[str, Any] = {"params": weights, "weight_decay": 2 * WEIGHT_DECAY}
        self.optimizer = torch.optim.Adam(
            [decaying, {"params": others}], lr=LEARNING_RATE, fused=True
        )

    def slopes(self) -> Tensor:
        """Return a copy of all PReLU slopes, first layer first: (P,)."""
        return parameters_to_vector(self._slope_parameters()).detach().clone()

    def fit(self, steps: int, message: str, *, choose: bool = False) -> None:
        """Take `steps` gradient steps; with `choose`, end on the state with the least validation
        loss.
        """
        best, state = float("inf"), deepcopy(self.model.state_dict())
        for _ in range(steps):
            self._step(message)
            with torch.no_grad():
                loss = self._loss(self.validation).item() if choose else best
            if loss < best:
                best, state = loss, deepcopy(self.model.state_dict())

        if choose:
            self.model.load_state_dict(state)

    def keep_inputs(self, count: int) -> None:
        """Keep the `count` inputs without which the training loss rises most; the weights of all
        others become 0.
        """
        weight = self.first.weight
        full = weight.detach().clone()
        rises = torch.full((weight.shape[1],), -torch.inf)

        with torch.no_grad():
            for j in torch.nonzero(self.read.any(dim=0)).flatten():
                weight[:, j] = 0.0
                rises[j] = self._loss(self.training)
                weight.copy_(full)

        self.read = torch.zeros_like(self.read).index_fill_(1, rises.topk(count).indices, True)

    def keep_terms(self, count: int) -> None:
        """Leave every first-layer neuron that isn't linear its `count` strongest weights."""
        for i in torch.nonzero(~self.frozen[: self.first.out_features]).flatten():
            strongest = self.first.weight[i].abs().topk(min(count, self.first.in_features)).indices
            self.read[i] &= torch.zeros_like(self.read[i]).index_fill_(0, strongest, True)

    def force(self, keep: int) -> None:
        """Push to 1 and freeze, in FORCE_STEPS gradient steps, the slopes of all PReLUs but the
        `keep` lowest.
        """
        self.optimizer.param_groups[0]["weight_decay"] = 2 * FINAL_DECAY
        for step in range(1, FORCE_STEPS + 1):
            self._step("making PReLUs linear")
            slopes = self.slopes()
            lowest = slopes.topk(min(keep, len(slopes)), largest=False)
            push_slopes(slopes, (step / FORCE_STEPS) ** 4)
            freeze_slopes(slopes, self.frozen)
            slopes[lowest.indices] = lowest.values
            self.frozen[lowest.indices] = False
            vector_to_parameters(slopes, self._slope_parameters())

    def _slope_parameters(self) -> list[nn.Parameter]:
        return [module.weight for module in self.model if isinstance(module, nn.PReLU)]

    def _loss(self, data: tuple[Tensor, Tensor]) -> Tensor:
        return nn.functional.binary_cross_entropy_with_logits(self.model(data[0]), data[1])

    def _step(self, message: str) -> None:
        self.optimizer.zero_grad()
        self._loss(self.training).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

        with torch.no_grad():
            self.first.weight[~self.read] = 0.0

        slopes = self.slopes().clamp(0.0, 1.0)
        vector_to_parameters(slopes.masked_fill(self.frozen, 1.0), self._slope_parameters())
        self.done += 1
        if self.progress is not None:
            self.progress(self.done / self.total, message)


@contextmanager
def _use_one_thread() -> Iterator[None]:
    """Compute on one thread: faster for so small a network, and the sums do not depend on the
    number of cores.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _check_arguments(
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    hidden: tuple[int, ...],
    max_neurons: int,
    fewest: int,
) -> None:
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise DataError(f"X must be (N, d) and y (N,), not {X.shape} and {y.shape}")
    if not np.isfinite(X).all():
        raise DataError("X holds values that are not finite")
    if not np.isin(y, (0, 1)).all() or min(np.sum(y == 0), np.sum(y == 1)) < 2:
        raise DataError("y must hold 0 and 1 only, each at least twice")
    if not hidden or min(hidden) < 1 or max_neurons < 0 or fewest < 1:
        raise ValueError(
            "hidden widths, max_features and max_terms must be at least 1, and max_neurons at "
            "least 0"
        )


def _split_rows(y: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row numbers for training and for validation; both hold every class."""
    generator = np.random.default_rng(seed)
    by_class = [generator.permutation(np.flatnonzero(y == label)) for label in (0, 1)]
    cuts = [max(1, round(VALIDATION_SHARE * len(rows))) for rows in by_class]
    training = np.concatenate([rows[cut:] for rows, cut in zip(by_class, cuts, strict=True)])
    return training, np.concatenate([rows[:cut] for rows, cut in zip(by_class, cuts, strict=True)])


def _build_network(X: NDArray[np.float64], hidden: tuple[int, ...]) -> nn.Sequential:
    """Return the untrained network, its BatchNorm1d set to the mean and variance of X (a constant
    column: 1).
    """
    standardise = nn.BatchNorm1d(X.shape[1], affine=False, eps=0.0)
    variance = X.var(axis=0)
    standardise.running_mean = torch.from_numpy(X.mean(axis=0)).float()
    standardise.running_var = torch.from_numpy(np.where(variance > 0.0, variance, 1.0)).float()
    layers: list[nn.Module] = [standardise]
    for fan_in, width in pairwise((X.shape[1], *hidden)):
        layers += [nn.Linear(fan_in, width), nn.PReLU(width)]

    return nn.Sequential(*layers, nn.Linear(hidden[-1], 1)).eval()


def _plan_prune_rounds(inputs: int, max_features: int) -> list[int]:
    """Return how many inputs are read after each round of pruning, falling to `max_features`."""
    rounds = []
    while inputs > max_features:
        inputs = max(max_features, inputs - max(1, int(inputs * DROP_SHARE)))
        rounds.append(inputs)
    return rounds
