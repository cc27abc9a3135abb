"""What benchmarks measured, in RESULTS.md: `--write` of a benchmark puts what it prints there.

RESULTS.md has sections (`##`), whose order and text are written by hand. At the end of a section,
a part `### Last run of benchmarks/NAME.py` holds what that benchmark printed, with date, machine
and command. Only this part is replaced by the next run.
"""

import argparse
import io
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True, kw_only=True)
class BenchmarkRun:
    """What a benchmark printed.

    script: its path in the repository; command: how it was called; output: what it printed;
    machine: where, see `describe_machine`; day: when; fenced: whether the output is text as it is,
    and not Markdown.
    """

    script: str
    command: str
    output: str
    machine: str
    day: date
    fenced: bool = True


def add_write_option(parser: argparse.ArgumentParser) -> None:
    """Add `--write` and `--figures` to a benchmark's options."""
    parser.add_argument(
        "--write", action="store_true", help="keep what is printed in benchmarks/RESULTS.md"
    )
    parser.add_argument("--figures", type=Path, help=argparse.SUPPRESS)


@contextmanager
def record_output(
    heading: str, *, write: bool, path: Path = RESULTS, fenced: bool = True
) -> Iterator[None]:
    """With `write`, what is printed inside goes below the heading too, unless an exception ends it.

    Standard error is not recorded. What is printed is text as it is, or Markdown if not `fenced`.
    """
    if not write:
        yield
        return

    recorder = OutputRecorder(sys.stdout)
    with redirect_stdout(recorder):
        yield

    script = f"benchmarks/{Path(sys.argv[0]).name}"
    run = BenchmarkRun(
        script=script,
        command=describe_command(script, sys.argv[1:]),
        output=recorder.text.getvalue(),
        machine=describe_machine(),
        day=date.today(),
        fenced=fenced,
    )
    path.write_text(insert_run(path.read_text(), heading, run))


class OutputRecorder(io.TextIOBase):
    """A text stream that passes everything on and keeps it. It is no terminal: no colours."""

    def __init__(self, target: TextIO) -> None:
        self.target = target
        self.text = io.StringIO()

    def write(self, text: str) -> int:
        """Pass on and keep; how many characters."""
        self.target.write(text)
        return self.text.write(text)

    def flush(self) -> None:
        """Flush the stream that text is passed on to."""
        self.target.flush()


def describe_command(script: str, arguments: Sequence[str]) -> str:
    """The command line without `--write`."""
    return shlex.join(["python", script, *(each for each in arguments if each != "--write")])


def describe_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Name of the processor, cores that this process may use, version of Python."""
    found = re.search(r"^model name\s*: (.+)$", read_if_there(cpuinfo), re.MULTILINE)
    processor = found[1].strip() if found else platform.processor() or platform.machine()
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return f"{processor}, {cores} core{'s' * (cores != 1)}, Python {platform.python_version()}"


def read_if_there(path: Path) -> str:
    """The text of a file, "" where it can't be read."""
    try:
        return path.read_text()
    except OSError:
        return ""


def insert_run(results: str, heading: str, run: BenchmarkRun) -> str:
    """RESULTS.md with the run in the section of that heading, which is made where there is none.

    A new section is the last one; the others stay where they are.
    """
    start, *parts = split_at_headings(results, 2)
    sections = {part.partition("\n")[0]: part for part in parts}
    title = f"## {heading}"
    sections[title] = replace_run(sections.get(title, f"{title}\n"), run)
    texts = [start, *(sections[name] for name in sections)]
    return "\n\n".join(text.strip() for text in texts) + "\n"


def replace_run(section: str, run: BenchmarkRun) -> str:
    """A section whose part about the last run of that script is this run."""
    title = f"### Last run of {run.script}"
    parts = [
        part for part in split_at_headings(section, 3) if part.partition("\n")[0].strip() != title
    ]
    lines = [line.rstrip() for line in run.output.strip("\n").splitlines()]
    body = ["```text", *lines, "```"] if run.fenced else lines
    origin = f"{run.day.isoformat()}, {run.machine}: `{run.command}`"
    parts.append("\n".join([title, "", origin, "", *body]))
    return "\n\n".join(part.strip() for part in parts)


def split_at_headings(text: str, level: int) -> list[str]:
    """The text before the first heading of a level, then one part for each: the heading first.

    Lines in fenced blocks are no headings.
    """
    mark, parts, fenced = "#" * level + " ", [""], False
    for line in text.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith(mark) and not fenced:
            parts.append("")
        parts[-1] += line
    return parts
