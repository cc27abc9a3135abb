"""Files written whole or not at all."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8) beside `path`, then move it into place: a failed run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_all(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write every (name, text) into `folder`; returns the paths."""
    paths = [folder / name for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        write_text(path, text)
    return paths


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
