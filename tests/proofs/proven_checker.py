"""The checker that Coq proves right (tools/proven_checker): built once, and run on files."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

SOURCES = Path(__file__).resolve().parents[2] / "tools" / "proven_checker"
#: Programs that build it, with the packages that they are in.
NEEDED = {"make": "make", "coqc": "coq", "ocamlopt": "libzarith-ocaml-dev"}
#: What it ends with where a certificate isn't one that it judges.
OUT_OF_SCOPE = 3
#: Why ours refuses certificates that it doesn't look at further; the proven one reads no digests.
DIGESTS = ("changed after it was written", "it is about ", "KeyError: 'digest")


class ProvenChecker(NamedTuple):
    """The program, and what Coq printed of its theorem as it was built."""

    program: Path
    printed: str


def find_missing() -> str | None:
    """What isn't installed that it is built by."""
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            return f"{program} ({package})"

    where = subprocess.run(["ocamlopt", "-where"], capture_output=True, text=True, check=True)
    found = (Path(where.stdout.strip()) / "zarith" / "zarith.cmxa").exists()
    return None if found else "zarith (libzarith-ocaml-dev)"


def build_proven_checker(kept: Path) -> ProvenChecker:
    """Prove, extract and compile it, some twenty seconds of one core, in a folder of `kept`, where
    it stays until its sources or Coq change.
    """
    folder = kept / _hash_sources()
    printed = folder / "printed.txt"
    if not printed.exists():
        command = ["make", "-B", "-C", str(SOURCES), f"OUT={folder}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        printed.write_text(done.stdout)
    return ProvenChecker(folder / "check", printed.read_text())


def _hash_sources() -> str:
    """A digest of all that it is built of, and of the version of Coq."""
    version = subprocess.run(["coqc", "--version"], capture_output=True, check=True).stdout
    digest = hashlib.sha256(version)
    for path in sorted(SOURCES.iterdir()):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def judge_by_proven(checker: ProvenChecker, files: Sequence[Any], folder: Path) -> tuple[int, str]:
    """What it says of a certificate, rules and perhaps a model, as values, texts or the bytes of
    files: its code, and its line.
    """
    paths = []
    for name, value in zip(("certificate.json", "rules.json", "model.json"), files, strict=False):
        path = folder / name
        text = value if isinstance(value, str | bytes) else json.dumps(value)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        paths.append(str(path))

    command = [str(checker.program), *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout or done.stderr).strip()
