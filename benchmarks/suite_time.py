"""How long the tests take: `make bench-suite`, or
`python benchmarks/suite_time.py [--only fast|whole]`.

Runs `make test-fast` and `make test` as developers do, seconds by the clock, on a machine that
should do nothing else. Where nothing is compiled yet, in a new clone, the whole suite compiles all
that it calls. Tests that fail end this with their last lines.
"""

import argparse
import os
import subprocess
import time
from pathlib import Path

from figure_rows import Bar, Figure, write_figures
from results import add_write_option, record_output

ROOT = Path(__file__).resolve().parents[1]
#: Name -> what make is told, what it is called, and the seconds that it may take on two cores.
SUITES = {
    "fast": ("test-fast", "quick tests of every room", 60.0),
    "whole": ("test", "all tests", 360.0),
}


def measure_suite(name: str) -> Figure:
    """Seconds by the clock that tests take; SystemExit where some fail."""
    target, what, most = SUITES[name]
    outer = ("PYTHONPATH", "MAKEFLAGS", "MAKELEVEL")
    environment = {key: value for key, value in os.environ.items() if key not in outer}
    began = time.perf_counter()
    ran = subprocess.run(
        ["make", target],
        cwd=ROOT,
        env=environment | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if ran.returncode:
        raise SystemExit("\n".join((ran.stdout + ran.stderr).strip().splitlines()[-20:]))

    said = next((line for line in reversed(ran.stdout.splitlines()) if " passed" in line), "")
    print(f"make {target}: {seconds:.0f} s; {said.strip('= ')}")
    return Figure(
        what=f"{what}, make {target}",
        ours=seconds,
        unit="s",
        bar=Bar(limit=most, sense="at most"),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(SUITES), help="these tests alone")
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("Tests", write=given.write):
        names = [given.only] if given.only else list(SUITES)
        write_figures(given.figures, [measure_suite(name) for name in names])


if __name__ == "__main__":
    main()
