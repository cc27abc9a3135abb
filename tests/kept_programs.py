"""Node.js and Java for tests, each started once and kept: what `run_program` would start anew for
every artefact, which takes longer than all that is asked of them.

They do what the commands do: Node.js imports the module, Java compiles the class by the compiler
and the options of `javac` and runs it in a class loader of its own.
"""

import json
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from relurules.verifying import class_languages, nodejs
from relurules.verifying.engine_programs import run_program

HERE = Path(__file__).parent
Ended = subprocess.CompletedProcess[str]


class KeptPrograms:
    """Runs commands as `run_program` does, those of Node.js and Java in processes that stay."""

    def __init__(self) -> None:
        self.started: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}

    def run(self, command: Sequence[str], folder: str, sent: str) -> Ended:
        match [Path(command[0]).name, *command[1:]]:
            case ["node", module]:
                return Ended(command, *self._ask_node(str(Path(folder, module)), sent))
            case ["javac" | "java", *_]:
                return Ended(command, *self._ask_java(command, folder, sent))
        return run_program(command, folder, sent)

    def stop(self) -> None:
        for process in self.started.values():
            with process:  # closes its pipes, at which it ends, and waits
                pass

    def start(self, *command: str, **options: Any) -> subprocess.Popen[bytes]:
        """A program that runs until its stdin is closed; the same command gives the same one."""
        if command not in self.started:
            self.started[command] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options
            )
        return self.started[command]

    def _ask_node(self, path: str, sent: str) -> tuple[int, str, str]:
        program = self.start("node", str(HERE / "kept_node.mjs"))
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(json.dumps({"path": path, "sent": sent}).encode() + b"\n")
        program.stdin.flush()
        code, told, said = json.loads(program.stdout.readline())
        return code, told, said

    def _ask_java(self, command: Sequence[str], folder: str, sent: str) -> tuple[int, str, str]:
        program = self.start("java", str(HERE / "KeptJava.java"))
        assert program.stdin is not None
        assert program.stdout is not None
        texts = [folder, sent, *(word for word in command if word[:2] not in ("-X", "-J"))]
        program.stdin.write(struct.pack(">i", len(texts)))
        for text in texts:
            program.stdin.write(struct.pack(">i", len(text.encode())) + text.encode())
        program.stdin.flush()
        code, *sizes = struct.unpack(">iii", program.stdout.read(12))
        told, said = (program.stdout.read(size).decode() for size in sizes)
        return code, told, said


KEPT = KeptPrograms()


@pytest.fixture(scope="session", autouse=True)
def kept_programs() -> Iterator[KeptPrograms]:
    """Engines run their programs in kept ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodejs, "run_program", KEPT.run)
        patch.setattr(class_languages, "run_program", KEPT.run)
        yield KEPT
    KEPT.stop()
