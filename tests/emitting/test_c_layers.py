"""Dense networks as C: the same digits by row and by batch, however many numbers a processor takes
at a time.
"""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest
from handmade import Array, layered, rules_of

import relurules as rr
from relurules.ir import RuleSet
from relurules.verifying.engines import COMPILER

#: What makes compilers take so many numbers at a time, and what Linux calls the ability. Without
#: `-ffp-contract=off` products and sums may be fused in one place and not in another.
VECTORS = {
    "none": ((), ""),
    "SSE2": ((), ""),
    "AVX": (("-mavx2", "-mfma"), "avx2"),
    "AVX-512": (("-mavx512f",), "avx512f"),
}
#: Layers whose sizes are no multiples of any vector's.
SIZES = [37, 11, 6]


@pytest.fixture(scope="module")
def dense() -> RuleSet:
    box = rr.Domain.box([-2] * 5, [2] * 5)
    return rules_of(layered(5, 5, SIZES, 3, 0.1), box, max_regions=1)


def require_ability(ability: str) -> None:
    """Skip where this processor can't run what is compiled."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text().split() if cpuinfo.exists() else []
    if ability and ability not in flags:
        pytest.skip(f"this processor has no {ability}")


def score_compiled(rules: RuleSet, vectors: str, folder: Path, X: Array) -> tuple[Array, Array]:
    """Scores by score_row and by score_batch, (N, outputs) each."""
    options, ability = VECTORS[vectors]
    require_ability(ability)
    rr.emit(rules, "c", form="network", outside="exact").write(folder)
    source = folder / "score.c"
    if vectors == "none":
        source.write_text(source.read_text().replace("#ifdef __GNUC__", "#if 0"))

    library = folder / "score.so"
    flags = [*COMPILER, "-ffp-contract=off", "-shared", "-fPIC", *options]
    subprocess.run(["gcc", *flags, "-o", library, source, "-lm"], check=True)
    code = ctypes.CDLL(str(library))
    code.score_batch.argtypes = [ctypes.c_size_t, *[ctypes.c_void_p] * 3]
    code.score_row.argtypes = [ctypes.c_void_p] * 2
    batch, rows = np.empty((len(X), 3)), np.empty((len(X), 3))
    code.score_batch(len(X), X.ctypes.data, batch.ctypes.data, None)
    for x, y in zip(X, rows, strict=True):
        code.score_row(x.ctypes.data, y.ctypes.data)
    return rows, batch


def add_in_order(rules: RuleSet, x: Array) -> list[float]:
    """The scores of one row, each sum from its constant on, value by value, in float64."""
    net = rules.network
    values = list[float]()
    for k in range(len(net.b)):
        z = float(net.b[k])
        for weight, value in zip([*net.A[k], *net.L[k]], [*x, *values], strict=False):
            z += float(weight) * float(value)
        values.append(float(net.slope[k]) * z if z < 0 else z)

    scores = [float(c) for c in net.c]
    for i, (features, neurons) in enumerate(zip(net.C, net.U, strict=True)):
        for weight, value in zip([*features, *neurons], [*x, *values], strict=True):
            scores[i] += float(weight) * float(value)
    return scores


@pytest.mark.parametrize("vectors", VECTORS)
def test_every_width_adds_the_same_terms_in_the_same_order(
    vectors: str, dense: RuleSet, tmp_path: Path
) -> None:
    X = np.random.default_rng(0).uniform(-2, 2, (75, 5))
    rows, batch = score_compiled(dense, vectors, tmp_path, X)
    assert rows.tolist() == [add_in_order(dense, x) for x in X]
    assert batch.tolist() == rows.tolist()
