"""Network + Domain -> Partition, by the compiled search or by the reference one."""

import math
from pathlib import Path

import numpy as np

from relurules.domain import Domain
from relurules.errors import CheckError, DomainError, Termination, UnsupportedError
from relurules.ir import (
    UNEXPLORED,
    Count,
    DecisionCounts,
    Estimate,
    Network,
    Neuron,
    Partition,
    StreamResult,
    Tree,
)
from relurules.ir.compensated_forms import compute_accurate_rows
from relurules.ir.limits import Deadline, SearchLimits
from relurules.ir.local_tree import require_network
from relurules.ir.network import Array
from relurules.lp.compilation import use_machine_code
from relurules.partitioning import reference_search
from relurules.partitioning.checkpoint import remove_checkpoint
from relurules.partitioning.estimate import ProbeBudget, estimate_search
from relurules.partitioning.explore import Progress, SearchBudget, run_search
from relurules.partitioning.options import RegionFiles, SearchOptions
from relurules.partitioning.parquet import ParquetSink
from relurules.partitioning.pieces import SearchProgress
from relurules.partitioning.reference_search import compute_length_scales
from relurules.partitioning.search_run import RegionBatch, RegionOutputs, SearchProblem
from relurules.partitioning.sinks import CollectingSink, CountingSink, join_pieces
from relurules.partitioning.size_guard import SizeGuard, convert_work_to_tests

#: Which engine searches: machine code, or Python with HiGHS, slow, the judge
#: of the other.
SOLVERS = ("compiled", "highs")
#: Probes that say how much a search that ended early left, and at least so many for each cell; the
#: work that they may take; and the time, as a share of what was allowed for all, and so many
#: seconds.
_PROBES, _LEAST_PROBES, _WORK, _SHARE, _LEAST = 2000, 4, 5_000_000, 0.05, 0.3


def search_regions(
    network: Network, domain: Domain, options: SearchOptions | None = None
) -> Partition:
    """All linear regions of a network in a domain, or some, one at least, where a limit ends it.

    Regions come in the lexicographic order of their patterns, - before +, neurons by level. Raises
    DomainError where the domain doesn't fit the network or has no interior.
    """
    require_network(network, "a search for linear regions")
    options = options or SearchOptions()
    limits, solver = options.find_limits(), options.solver
    if solver not in SOLVERS:
        raise UnsupportedError(f"solver {solver!r}; supported: {', '.join(SOLVERS)}")
    if solver == "highs":
        if options.jobs != 1 or options.checkpoint is not None or limits.megabytes is not None:
            raise UnsupportedError(
                "solver 'highs' has no jobs, checkpoint or memory_limit; supported: 'compiled'"
            )
        return reference_search.search_with_highs(
            network, domain, limits=limits, progress=options.progress
        )

    problem = make_problem(network, domain, RegionOutputs(points=True, tree=True))
    found = CollectingSink()
    watch = SizeGuard(problem) if options.gated and not limits.explicit else None
    done = run_search(
        problem,
        found,
        make_budget(limits, options.jobs, _count_region_bytes(network)),
        progress=options.progress,
        checkpoint=options.checkpoint,
        keep=options.keep_checkpoint,
        watch=watch,
    )
    guess = (
        estimate_search(problem, done, effort=_make_probe_budget(problem, limits))
        if options.estimated and not done.complete
        else None
    )

    return _build_partition(problem, done, found, guess)


def count_regions(
    network: Network,
    domain: Domain,
    rows: Array | None,
    limits: SearchBudget,
    *,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
) -> Count:
    """The number of regions; where the budget ends the search, or is 0 regions, with an estimate of
    what is missing.

    rows: (N, d) data; the estimate says which share of them was covered.
    """
    problem = make_problem(network, domain, RegionOutputs())
    if limits.regions == 0:
        return Count(0, False, estimate_search(problem, None, rows))
    done = run_search(problem, CountingSink(), limits, progress=progress, checkpoint=checkpoint)
    return Count(
        done.found, done.complete, None if done.complete else estimate_search(problem, done, rows)
    )


def write_regions(
    network: Network,
    domain: Domain,
    rows: Array | None,
    limits: SearchBudget,
    files: RegionFiles,
    *,
    progress: Progress | None = None,
) -> StreamResult:
    """Write all regions to Parquet files, see `parquet`.

    The folder must be empty unless the checkpoint is there. What was found stays there whatever
    ends the search. rows: as in `count_regions`.
    """
    checkpoint = files.checkpoint
    problem = make_problem(network, domain, RegionOutputs(points=True, maps=files.maps))
    sink = ParquetSink(problem, files.folder, checkpoint, files.version)
    with sink.alone():
        try:
            done = run_search(
                problem, sink, limits, progress=progress, checkpoint=checkpoint, keep=True
            )
        except (KeyboardInterrupt, Termination, CheckError):
            if sink:
                sink.close(complete=False)
            raise
        written = sink.close(complete=done.complete)
        if checkpoint is not None and done.complete:
            remove_checkpoint(checkpoint)  # the folder says now that it is whole

    return StreamResult(
        done.found,
        done.complete,
        written,
        None if done.complete else estimate_search(problem, done, rows),
    )


def compile_search() -> None:
    """Compile what isn't compiled yet, so that no time limit pays for it: by a search for two
    regions.
    """
    use_machine_code()
    one, none = np.eye(1), np.zeros((1, 1))
    tiny = Network(
        A=one, L=none, b=none[0], C=none, U=one, c=none[0], slope=none[0], neurons=(Neuron("", 0),)
    )
    found = search_regions(tiny, Domain.box([-1.0], [1.0]), SearchOptions(max_regions=1))
    found.regions()


def make_problem(network: Network, domain: Domain, wanted: RegionOutputs) -> SearchProblem:
    """What a search needs to know. DomainError where the domain doesn't fit the network."""
    if len(domain) != network.A.shape[1]:
        raise DomainError(
            f"the domain has {len(domain)} columns, the network reads {network.A.shape[1]}"
        )
    return SearchProblem(network, domain, domain.frame(compute_length_scales(network)), wanted)


def make_budget(limits: SearchLimits, jobs: int, own: int = 0) -> SearchBudget:
    """What a user allows, as the search takes it; own: bytes that it keeps of a region.

    UnsupportedError for no job.
    """
    if jobs == 0:
        raise UnsupportedError("jobs=0; supported: 1, 2, ... processes, or -1 for one per core")

    fit = math.inf
    if limits.megabytes is not None:
        fit = max(1.0, limits.megabytes * 1e6 // max(1, own + limits.bytes))
    return SearchBudget(
        min(fit, math.inf if limits.regions is None else limits.regions),
        limits.deadline,
        jobs,
        limits.pace,
    )


def _count_region_bytes(network: Network) -> int:
    """What a region takes with the split above it, twice, since batches are joined: bytes."""
    K, d = network.A.shape
    return int(2 * (K + 8 * d + 16 + K + 8 + 16) + 8 * (d + 1) + 8)


def _build_partition(
    problem: SearchProblem, search: SearchProgress, found: CollectingSink, guess: Estimate | None
) -> Partition:
    batches = [(found.of(i), piece.place) for i, piece in enumerate(search.pieces)]
    parts = [(batch, place) for batch, place in batches if batch is not None]
    below = join_pieces(
        [batch for batch, _ in parts], [place for _, place in parts], len(search.top.neurons)
    )
    neurons = np.concatenate([search.top.neurons, below.neurons]).astype(np.intp)
    signs = np.vstack([search.top.signs, below.signs])
    forms = compute_accurate_rows(problem.network, neurons, signs)
    children = _link_children(np.vstack([search.top.places, below.split_places]), below)
    tree = Tree(neurons, forms[:, :-1], forms[:, -1], children)

    return Partition(
        problem.network,
        problem.domain,
        problem.frame,
        tree,
        below.patterns,
        below.points,
        search.complete,
        guess,
        DecisionCounts(*below.decided.sum(axis=0).tolist()),
    )


def _make_probe_budget(problem: SearchProblem, limits: SearchLimits) -> ProbeBudget:
    """What the estimate of a search that ended early may take: a small part of the time that was
    allowed.
    """
    deadline = limits.deadline
    work = convert_work_to_tests(_WORK, len(problem.frame.free))
    ends = (
        Deadline.after(_LEAST + _SHARE * deadline.seconds, deadline.clock)
        if deadline.is_set
        else deadline
    )
    return ProbeBudget(probes=_PROBES, least=_LEAST_PROBES, tests=work, deadline=ends)


def _link_children(
    split_places: "np.ndarray[tuple[int, int], np.dtype[np.int64]]", below: RegionBatch
) -> "np.ndarray[tuple[int, int], np.dtype[np.int32]]":
    """(S, 2) children of every split from what is above every split and region."""
    children = np.full((len(split_places), 2), UNEXPLORED, dtype=np.int32)
    for places, sign in ((split_places, 1), (below.places, -1)):
        numbers = np.arange(len(places), dtype=np.int32)
        hangs = places[:, 0] >= 0
        children[places[hangs, 0], places[hangs, 1]] = (numbers if sign > 0 else ~numbers)[hangs]

    return children
