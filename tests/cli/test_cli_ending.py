"""How commands end before their time, and what a user reads then."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx_models import mlp

import relurules as rr
from relurules.cli import interruption
from relurules.cli.display import ProgressCounter
from relurules.cli.main import run
from relurules.errors import Termination
from relurules.files import writing
from relurules.partitioning import explore, search_run


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, which a program reads without a library of models, and its rules."""
    place = tmp_path_factory.mktemp("inputs")
    onnx.save(mlp((2, 8, 4, 1), seed=4), place / "model.onnx")
    assert run(searching("extract", place, "--out", str(place / "rules.json"))) == 0
    return place


def searching(command: str, inputs: Path, *more: str) -> list[str]:
    return [command, str(inputs / "model.onnx"), "--box", "-1", "1", *more]


def ending(error: BaseException, found: bool) -> type[ProgressCounter]:
    """A display in which a search is ended, once it has found something or before."""

    class Ending(ProgressCounter):
        def __call__(self, found_now: int) -> None:
            if found:
                super().__call__(found_now)
            if found_now or not found:
                raise error

    return Ending


SIGNALS = {
    "interrupted": (KeyboardInterrupt(), 130),
    "terminated": (Termination(signal.SIGTERM), 143),
}


@pytest.mark.parametrize("word", SIGNALS)
def test_a_signal_outside_a_search(
    inputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    error, code = SIGNALS[word]

    def ended(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("relurules.api.trace", ended)
    assert run(searching("count", inputs)) == code
    assert capsys.readouterr().err == f"{word}\n"


@pytest.mark.parametrize("word", SIGNALS)
@pytest.mark.parametrize("command", ["count", "extract"])
def test_a_signal_before_anything_was_found(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    word: str,
) -> None:
    error, code = SIGNALS[word]
    argv, checkpoint = (
        searching(command, inputs, "--out", str(tmp_path / "out")),
        tmp_path / "search.npz",
    )
    with monkeypatch.context() as patched:
        patched.setattr("relurules.cli.display.ProgressCounter", ending(error, found=False))
        patched.setattr(search_run, "_TESTS", 1)
        assert run(argv) == code
        assert capsys.readouterr().err == f"{word} before a linear region was found\n"
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        assert run([*argv, "--checkpoint", str(checkpoint)]) == code
    said = f"{word} before a linear region was found; the same command goes on, from {checkpoint}\n"
    assert capsys.readouterr().err == said
    assert run([*argv, "--checkpoint", str(checkpoint)]) == 0


def test_sigterm_reaches_a_command_and_the_handler_is_put_back(
    inputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert before == signal.SIG_DFL
    monkeypatch.setattr("relurules.api.trace", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert run(searching("count", inputs)) == 143
    assert signal.getsignal(signal.SIGTERM) == before
    assert capsys.readouterr().err == "terminated\n"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_program_that_is_ended_says_so_and_goes_on(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    code: int,
) -> None:
    """The signal is sent at the first region that a search of its own program reports."""
    program = (
        "import os, sys\nfrom relurules.cli import main\nfrom relurules.cli.display import "
        "ProgressCounter\n"
        "from relurules.partitioning import search_run\nsearch_run._TESTS = 5\nreal = "
        "ProgressCounter.__call__\n"
        "def called(self, found):\n    real(self, found)\n"
        f"    if found: os.kill(os.getpid(), {int(number)})\n"
        "ProgressCounter.__call__ = called\nsys.exit(main.run(sys.argv[1:]))\n"
    )
    argv = searching("count", inputs, "--out", "regions", "--checkpoint", "search.npz")
    done = subprocess.run(
        [sys.executable, "-c", program, *argv],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")
    word = interruption.WORDS[code]
    last = done.stderr.splitlines()[-1]
    assert re.fullmatch(
        rf"{word}: \d+ linear regions found, written to regions; .* goes on, from search\.npz", last
    )
    monkeypatch.chdir(tmp_path)
    assert run(argv) == 0
    assert re.fullmatch(r"\d+ linear regions\n", capsys.readouterr().out)
    assert {path.name for path in tmp_path.iterdir()} == {"regions"}


class Full:
    """Files that have no room, those whose names begin so."""

    def __init__(self, name: str) -> None:
        self.name, self.real = name, os.fsync

    def __call__(self, handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().name.startswith(f".{self.name}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.real(handle)


def test_a_full_disk_after_a_search_costs_no_search(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, checkpoint = tmp_path / "rules.json", tmp_path / "search.npz"
    argv = searching("extract", inputs, "--out", str(out), "--checkpoint", str(checkpoint))
    out.write_text("old")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", Full("rules.json"))
        assert run(argv) == 2

    assert capsys.readouterr().err == (
        f"error: {out}: No space left on device; make room, and the same command goes on, from "
        f"{checkpoint}; what was "
        "written before is whole\n"
    )
    assert out.read_text() == "old"
    with monkeypatch.context() as patched:
        patched.setattr(
            explore,
            "_run_rounds",
            lambda problem, search, *_: search.complete or pytest.fail("a search"),
        )
        assert run(argv) == 0

    assert out.read_text() == (inputs / "rules.json").read_text()
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("kept", [True, False])
def test_a_full_disk_in_a_search_says_how_to_go_on(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kept: bool,
) -> None:
    out, checkpoint = tmp_path / "regions", tmp_path / "search.npz"
    argv = searching(
        "count", inputs, "--out", str(out), *(["--checkpoint", str(checkpoint)] if kept else [])
    )
    monkeypatch.setattr("relurules.partitioning.parquet._ROWS", 8)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", Full("part-00000-000001"))
        assert run(argv) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {out}/part-00000-000001.parquet: No space left on device; ")
    if kept:
        assert f"the same command goes on, from {checkpoint}" in said
        assert run(argv) == 0
        assert not checkpoint.exists()
    else:
        assert said.endswith("make room, and start anew in an empty folder\n")
    assert not list(out.glob(".*"))


def test_a_full_standard_output_is_named(inputs: Path) -> None:
    for form in ("text", "python"):
        argv = [sys.executable, "-m", "relurules", "emit", str(inputs / "rules.json"), "--to", form]
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert re.fullmatch(r"error: standard output.*: No space left on device\n", done.stderr)


def test_who_reads_no_further_is_no_error(inputs: Path) -> None:
    argv = [sys.executable, "-m", "relurules", "emit", str(inputs / "rules.json"), "--to", "python"]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == ""


def test_rules_can_be_written_to_standard_output(inputs: Path) -> None:
    argv = searching("extract", inputs, "--out", "/dev/stdout")
    done = subprocess.run(
        [sys.executable, "-m", "relurules", *argv], capture_output=True, text=True, check=True
    )
    assert done.stdout == (inputs / "rules.json").read_text()
    assert "RULE 1" in done.stderr


def test_rules_can_be_written_to_a_device_a_link_and_a_pipe(inputs: Path, tmp_path: Path) -> None:
    assert run(searching("extract", inputs, "--out", "/dev/null")) == 0
    assert Path("/dev/null").is_char_device()
    (tmp_path / "link.json").symlink_to("real.json")
    assert run(searching("extract", inputs, "--out", str(tmp_path / "link.json"))) == 0
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == (inputs / "rules.json").read_text()
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(
        ["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert run(searching("extract", inputs, "--out", str(tmp_path / "pipe"))) == 0
        assert reader.communicate()[0] == (inputs / "rules.json").read_text()

    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("command", ["emit", "prove"])
def test_files_in_a_folder_that_are_links_stay_links(
    inputs: Path, tmp_path: Path, command: str
) -> None:
    more, name = {
        "emit": (["--to", "sql"], "score.sql"),
        "prove": ([], "certificate.json"),
    }[command]
    if command == "prove":
        more = ["--model", str(inputs / "model.onnx"), *more]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).symlink_to("../real")
    assert run([command, str(inputs / "rules.json"), *more, "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / name).is_symlink()
    assert (tmp_path / "real").stat().st_size > 100


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (
            ["extract", "{inputs}/model.onnx", "--out", "{place}"],
            "{place}: Is a directory",
        ),
        (
            ["extract", "none.onnx", "--out", "{place}/file/rules.json"],
            "{place}/file: Not a directory",
        ),
        (["count", "none.onnx", "--out", "{place}/file"], "{place}/file: Not a directory"),
        (["fit", "none.csv", "--target", "y", "--out", "/dev/null"], "/dev/null: Not a directory"),
        (
            ["prove", "none.json", "--model", "none.onnx", "--out", "{place}/file"],
            "{place}/file: Not a directory",
        ),
        (
            ["emit", "{inputs}/rules.json", "--to", "sql", "--out", "/dev/null"],
            "/dev/null: Not a directory",
        ),
        (["plot", "none.json", "importance", "--out", "{place}"], "{place}: Is a directory"),
        (["diff", "none.json", "none.json", "--html", "{place}"], "{place}: Is a directory"),
    ],
)
def test_a_place_that_can_t_be_written_to_is_told_before_the_work(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
) -> None:
    (tmp_path / "file").write_text("precious")
    assert run([word.format(inputs=inputs, place=tmp_path) for word in argv]) == 2
    assert capsys.readouterr().err == f"error: {said.format(place=tmp_path)}\n"
    assert (tmp_path / "file").read_text() == "precious"


def test_compiling_anew_each_time_is_announced_in_one_line(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from relurules.lp import compilation
    from relurules.lp.machine_code import CodeStore

    monkeypatch.setattr(compilation, "_PATIENCE", compilation._Patience())
    monkeypatch.setattr(compilation, "_LOADING", 0.0)
    assert run(searching("count", inputs)) == 0  # loads what is kept, which this process keeps too
    capsys.readouterr()

    (tmp_path / "file").write_text("")
    store = CodeStore(tmp_path / "file" / "cache")
    monkeypatch.setattr(compilation, "get_store", lambda: store)
    monkeypatch.setattr(compilation, "_PATIENCE", compilation._Patience())
    monkeypatch.setattr(compilation, "_MAKING", 0.0)
    assert run(searching("count", inputs)) == 0
    assert capsys.readouterr().err == (
        "compiling the search for linear regions, some 30 seconds each time: machine code can't "
        "be kept in "
        f"{tmp_path}/file/cache: Not a directory\n"
    )


def test_rules_of_python_code_go_through_links_too(inputs: Path, tmp_path: Path) -> None:
    rules: Any = rr.RuleSet.load(inputs / "rules.json")
    (tmp_path / "link").symlink_to("real")
    rules.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert not list(tmp_path.glob(f"*{writing.PART}"))
