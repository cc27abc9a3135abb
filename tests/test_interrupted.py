"""Commands that are ended at drawn moments: by signals, a full disk, or a second run of the same
command.

Old files stay whole, going on gives what an undisturbed run gives, and nothing is left that the
next run doesn't clean.
"""

import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import interrupting
import joblib
import numpy as np
import pandas as pd
import pytest
from interrupting import Outcome, Run
from sklearn.neural_network import MLPRegressor

pytest.importorskip("pyarrow")

#: Command -> its arguments, those of an older run (None where there can't be one), and what it
#: writes.
COMMANDS: dict[str, tuple[list[str], list[str] | None, str]] = {
    "extract": (
        [
            "extract",
            "model.joblib",
            "--trust-pickle",
            "--box",
            "-1",
            "1",
            "--out",
            "rules.json",
            "--checkpoint",
            "search.npz",
        ],
        ["extract", "model.joblib", "--trust-pickle", "--box", "-2", "1", "--out", "rules.json"],
        "rules.json",
    ),
    "stream": (
        [
            "count",
            "model.joblib",
            "--trust-pickle",
            "--box",
            "-1",
            "1",
            "--out",
            "regions",
            "--checkpoint",
            "search.npz",
        ],
        None,
        "regions",
    ),
    "fit": (
        ["fit", "rows.csv", "--target", "y", "--hidden", "3", "--out", "fitted"],
        ["fit", "rows.csv", "--target", "y", "--hidden", "3", "--out", "fitted", "--seed", "1"],
        "fitted",
    ),
    "emit": (
        ["emit", "new.json", "--to", "c", "--out", "code"],
        ["emit", "old.json", "--to", "c", "--out", "code"],
        "code",
    ),
    "prove": (
        ["prove", "new.json", "--model", "model.joblib", "--trust-pickle", "--out", "proof"],
        ["prove", "old.json", "--model", "model.joblib", "--trust-pickle", "--out", "proof"],
        "proof",
    ),
}
INPUTS = ("model.joblib", "rows.csv", "old.json", "new.json")
ENDINGS = ("SIGKILL", "SIGTERM", "SIGINT", "full", "second")
PAIRS = list(itertools.product(COMMANDS, ENDINGS))
#: 60 runs: of the first ten pairs three, of the others two.
DRAWS = {pair: 3 if i < 10 else 2 for i, pair in enumerate(PAIRS)}
#: Exit codes that each ending may lead to; 0 where all was done before.
CODES = {
    "SIGKILL": {-9, 0},
    "SIGTERM": {143, 0},
    "SIGINT": {130, 0},
    "full": {2, 0},
    "second": {2, 0},
}

Runner = Callable[[Run], Outcome]
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and its rows."""
    place = tmp_path_factory.mktemp("inputs")
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = np.maximum(X[:, 0], 0) - X[:, 1]
    pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y}).to_csv(place / "rows.csv", index=False)
    model = MLPRegressor(hidden_layer_sizes=(4, 3), max_iter=5, random_state=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it isn't trained to the end
        joblib.dump(model.fit(X, y), place / "model.joblib")
    return place


@pytest.fixture(scope="module")
def runner(inputs: Path) -> Iterator[Runner]:
    """Runs commands in forks of one program, which has run each before; `inputs` gets two rules
    files.
    """
    extract = ["extract", "model.joblib", "--trust-pickle", "--box", "-1"]
    first = [
        [*extract, high, "--out", f"{name}.json"] for name, high in (("old", "1"), ("new", "2"))
    ]
    with subprocess.Popen(
        [sys.executable, interrupting.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"},
    ) as program:

        def send(what: dict[str, Any]) -> None:
            assert program.stdin is not None
            program.stdin.write(json.dumps(what) + "\n")
            program.stdin.flush()

        def run(what: Run) -> Outcome:
            assert program.stdout is not None
            send(what._asdict())
            return Outcome(*json.loads(program.stdout.readline()))

        send(
            {
                "commands": [*first, *(argv for argv, _, _ in COMMANDS.values())],
                "folder": str(inputs),
            }
        )
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        yield run
        assert program.stdin is not None
        program.stdin.close()


def files_in(place: Path) -> Files:
    """What files hold, but for the time that a fit notes, which differs from run to run."""
    return {
        str(path.relative_to(place)): re.sub(rb'("processor seconds": )[0-9.]+', rb"\1", text)
        for path in place.rglob("*")
        if path.is_file()
        for text in [path.read_bytes()]
    }


def lay_out(place: Path, files: Files) -> None:
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)


class Undisturbed:
    """What a command does when nothing happens: the files before and after it, and its number of
    lines.
    """

    def __init__(self, runner: Runner, inputs: Path, place: Path, command: str) -> None:
        argv, older, self.output = COMMANDS[command]
        lay_out(place, {name: (inputs / name).read_bytes() for name in INPUTS})
        if older is not None:
            assert runner(Run(older, str(place))).code == 0
        self.before = files_in(place)
        done = runner(Run(argv, str(place), counted=True))
        assert done.code == 0, done.err
        assert (inputs / self.output).exists()
        self.argv, self.lines, self.after = argv, done.lines, files_in(place)
        self.out = done.out
        self.largest = max(
            len(content) for name, content in self.after.items() if name.startswith(self.output)
        )


@pytest.fixture(scope="module")
def undisturbed(
    runner: Runner, inputs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Undisturbed]:
    made: dict[str, Undisturbed] = {}

    def of(command: str) -> Undisturbed:
        if command not in made:
            made[command] = Undisturbed(runner, inputs, tmp_path_factory.mktemp(command), command)
        return made[command]

    return of


@pytest.mark.parametrize(("command", "ending"), PAIRS)
def test_nothing_is_lost(
    runner: Runner,
    undisturbed: Callable[[str], Undisturbed],
    tmp_path: Path,
    command: str,
    ending: str,
) -> None:
    expected, random = (
        undisturbed(command),
        np.random.default_rng(zlib.crc32(f"{command} {ending}".encode())),
    )
    assert expected.lines > 50
    for draw in range(DRAWS[command, ending]):
        place = tmp_path / str(draw)
        lay_out(place, expected.before)
        moment, room = (
            int(random.integers(1, expected.lines + 1)),
            int(random.integers(expected.largest + 1)),
        )
        run = Run(expected.argv, str(place), ending, moment, room)
        done = runner(run)
        assert done.code in CODES[ending], (run, done)
        check_words(done.err, run)
        check_whole(place, expected, command, all_or_none=ending == "full" and command != "stream")
        if done.second is not None:
            assert done.second[0] in (0, 2)
            assert 0 in (done.code, done.second[0])
            check_words(done.second[1], run)
        check_goes_on(runner, place, expected, command)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system of its own, which is made as large as it is asked to be, in KB."""
    place, options = tmp_path / "disk", []
    place.mkdir()

    def sized(size: int) -> Path:
        mount = [
            "mount",
            "-t",
            "tmpfs",
            "-o",
            ",".join([*options, f"size={size}k"]),
            "tmpfs",
            str(place),
        ]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip(
                "a file system can't be mounted here; limits of files' sizes stand for a full one"
            )
        options[:] = ["remount"]
        return place

    yield sized
    if options:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_is_full(
    runner: Runner,
    undisturbed: Callable[[str], Undisturbed],
    disk: Callable[[int], Path],
    command: str,
) -> None:
    expected = undisturbed(command)
    used = sum(-(-len(content) // 4096) * 4 for content in expected.before.values())
    place, codes = disk(used + 100_000), set[int]()
    for free in (0, 4, 8, 12, 40):
        lay_out(place, expected.before)
        disk(used + free)
        done = runner(Run(expected.argv, str(place)))
        assert done.code in (0, 2)
        codes.add(done.code)
        check_words(done.err, Run(expected.argv, str(place)))
        assert done.code == 0 or re.match(
            r"error: \S+: No space left on device; ", done.err.splitlines()[-1]
        )
        check_whole(place, expected, command, all_or_none=command != "stream")
        disk(used + 100_000)
        check_goes_on(runner, place, expected, command)
        shutil.rmtree(place / COMMANDS[command][2], ignore_errors=True)
    assert 2 in codes


def test_runs_of_all_endings_are_sixty() -> None:
    assert sum(DRAWS.values()) == 60
    assert set(DRAWS) == set(itertools.product(COMMANDS, ENDINGS))


def check_words(said: str, run: Run) -> None:
    """At most a line on what was written and one on how it ended; none of the language's own."""
    for word in ("Traceback", "internal error", "Exception", "Aborted", "Errno"):
        assert word not in said, (run, said)
    if run.ending != "SIGKILL":
        assert (
            sum(
                line.startswith(("error", "interrupted", "terminated"))
                for line in said.splitlines()
            )
            <= 1
        ), said


def check_whole(place: Path, expected: Undisturbed, command: str, *, all_or_none: bool) -> None:
    """Every file is the old one or the new one."""
    found = {
        name: content
        for name, content in files_in(place).items()
        if not Path(name).name.startswith(".")
    }
    for name, content in expected.before.items():
        assert found[name] in (content, expected.after.get(name)), name
    if command == "stream":
        for path in (place / "regions").glob("*.parquet"):
            assert len(pd.read_parquet(path)) > 0
        return
    new = {
        name
        for name in found
        if found[name] == expected.after.get(name) != expected.before.get(name)
    }
    changed = {name for name in expected.after if expected.after[name] != expected.before.get(name)}
    assert set(found) - {"search.npz"} <= set(expected.before) | set(expected.after)
    if all_or_none:
        assert new in (set(), changed)


def check_goes_on(runner: Runner, place: Path, expected: Undisturbed, command: str) -> None:
    """The same command gives the same files, and no other is left; where a stream was over, it says
    so.
    """
    complete = command == "stream" and (place / "regions" / "_relurules.json").exists()
    complete = complete and not (place / "search.npz").exists()
    done = runner(Run(expected.argv, str(place)))
    if complete:
        assert (done.code, "holds regions of an earlier search" in done.err) == (2, True)
    else:
        assert (done.code, done.out) == (0, expected.out), done.err
    found = files_in(place)
    if command == "stream":  # where a run was ended, a file of regions ends, too
        assert other_than_parts(found) == other_than_parts(expected.after)
        assert json.loads(found["regions/_relurules.json"])["complete"]
        assert regions(found) == regions(expected.after)
        return
    assert set(found) == set(expected.after)
    for name, content in expected.after.items():
        assert found[name] == content, name


def other_than_parts(found: Files) -> list[str]:
    return sorted(name for name in found if ".parquet" not in name)


def regions(found: Files) -> list[object]:
    """All rows of all files of regions, in order, and nothing but such files."""
    parts = sorted(name for name in found if ".parquet" in name)
    assert all(name.endswith(".parquet") and not Path(name).name.startswith(".") for name in parts)
    frames = [pd.read_parquet(io.BytesIO(found[name])) for name in parts]
    return [
        [array.tolist() for array in row]
        for frame in frames
        for row in frame.itertuples(index=False)
    ]
