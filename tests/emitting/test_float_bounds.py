"""C in float at the ends of columns: a value beyond an end that becomes the same float counts as
the end, a value beyond by a float does not, and no row of the domain is refused.
"""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest
from executed_targets import needs_program
from handmade import graph, layered

import relurules as rr

needs_gcc = needs_program("gcc")
#: Ends that float doesn't hold: the nearest float is above some, below others.
LOWER, UPPER = (0.1, -0.3, 16777217.0), (0.7, 1 / 3, 16777219.0 * 3)


@needs_gcc
@pytest.mark.parametrize("form", ["additive", "partition"])
def test_ends_of_columns_are_as_exact_as_floats(form: str, tmp_path: Path) -> None:
    model = graph(layered(0, 3, [4], 1))
    rules = rr.extract(model, domain=rr.Domain.box(LOWER, UPPER), form=form)
    artifact = rr.emit(rules, "c", number="float", form="lines" if form == "additive" else "tree")
    artifact.write(tmp_path)
    assert "counts as the bound" in (tmp_path / "score.h").read_text()
    library = tmp_path / "score.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", library, tmp_path / "score.c", "-lm"], check=True
    )
    score = ctypes.CDLL(str(library)).score_row

    def run(row: np.ndarray) -> tuple[int, float]:
        x = row.astype(np.float32)
        y = np.full(1, np.nan, dtype=np.float32)
        taken = score(*(each.ctypes.data_as(ctypes.c_void_p) for each in (x, y)))
        return taken, float(y[0])

    middle = (np.array(LOWER) + np.array(UPPER)) / 2
    for j in range(3):
        for end, out in ((LOWER[j], -np.inf), (UPPER[j], np.inf)):
            row = middle.copy()
            row[j] = end
            taken, at_end = run(row)
            assert taken
            assert np.isfinite(at_end)

            row[j] = np.nextafter(end, out)
            assert not rules.domain.contains(row[None])[0]
            if np.float32(row[j]) == np.float32(end):
                assert run(row) == (taken, at_end)

            row[j] = np.nextafter(np.float32(end), np.float32(out))
            taken, y = run(row)
            assert not taken
            assert np.isnan(y)
