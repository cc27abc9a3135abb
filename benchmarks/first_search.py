"""How long the first long search of a new installation waits for its functions:
`python benchmarks/first_search.py [--write]`.

A wheel is made from a copy of the sources, as `make wheel` does, and put where pip would put it.
Then a search is made to run as machine code where nothing is kept from before: from that wheel,
which has the code, and from the sources, of which it must be compiled. What of a wheel's was not
there, and so had to be compiled all the same, is named.
"""

import argparse
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from figure_rows import Bar, Figure, write_figures
from results import add_write_option, record_output

ROOT = Path(__file__).resolve().parents[1]
#: What a wheel is built from.
_FOLDERS, _FILES = ("relurules", "templates", "tools"), ("pyproject.toml", "README.md", "LICENSE")
#: Prints processor seconds.
_SEARCH = """
import time
from relurules.partitioning.search import compile_search
began = time.process_time()
compile_search()
print(time.process_time() - began)
"""


def copy_sources(source: Path) -> None:
    """The package as it is, without machine code."""
    ignored = shutil.ignore_patterns("__pycache__", "shipped_code")
    for folder in _FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=ignored)
    for file in _FILES:
        shutil.copy(ROOT / file, source)


def unpack_wheel(source: Path, site: Path) -> None:
    """Make machine code and a wheel, and put what it holds into `site`."""
    run_quietly(["tools/ship_machine_code.py"], source)
    dist = source / "dist"
    run_quietly(["-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist)], source)
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


def measure_search(package: Path, cache: Path) -> float:
    """CPU seconds until a search of the package runs as machine code."""
    printed = run_quietly(["-c", _SEARCH], package, XDG_CACHE_HOME=str(cache))
    made = sorted(file.name.rpartition("-")[0] for file in cache.rglob("*.code"))
    print(f"{package.name}: compiled {', '.join(made) or 'nothing'}", file=sys.stderr)
    return float(printed)


def run_quietly(arguments: list[str], package: Path, **more: str) -> str:
    """What Python prints that works in the folder of a package, and with that package."""
    environment = {name: v for name, v in os.environ.items() if not name.startswith("NUMBA_")}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=package,
        env={**environment, "PYTHONPATH": str(package), **more},
    )
    return ran.stdout


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_write_option(parser)
    given = parser.parse_args()
    with (
        record_output("First search", write=given.write),
        TemporaryDirectory() as folder,
    ):
        sources, wheel = Path(folder, "sources"), Path(folder, "wheel")
        copy_sources(sources)
        compiled = measure_search(sources, Path(folder, "none"))
        unpack_wheel(sources, wheel)
        shipped = measure_search(wheel, Path(folder, "also_none"))

        print(f"First search of a wheel: {shipped:.2f} CPU s")
        print(f"First search of the sources, all compiled: {compiled:.1f} CPU s")
        write_figures(
            given.figures,
            [
                Figure(
                    what="first search of a wheel",
                    ours=shipped,
                    unit="CPU s",
                    bar=Bar(limit=8.0, sense="at most"),
                ),
                Figure(what="first search of the sources, compiled", ours=compiled, unit="CPU s"),
            ],
        )


if __name__ == "__main__":
    main()
