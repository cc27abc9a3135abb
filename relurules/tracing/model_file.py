"""The bytes of a model's file, which is looked at before it is read: a path may be anything, of any
size.
"""

from pathlib import Path

from relurules.errors import ModelError


def read_model(path: Path, largest: int, remedy: str = "Make the model smaller") -> bytes:
    """What the file holds.

    ModelError where it can't be read, is no file, or has `largest` bytes or more.
    """
    try:
        size, regular = path.stat().st_size, path.is_file()
        content = path.read_bytes() if regular and size < largest else b""
    except FileNotFoundError as error:
        raise ModelError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        why = error.strerror if isinstance(error, OSError) else error
        raise ModelError(f"{path}: can't be read: {why}") from error

    if not regular:
        raise ModelError(f"{path}: can't be read: it is a folder or a device; expected a file")
    if size >= largest:
        raise ModelError(f"{path}: has {size} bytes; supported: less than {largest}. {remedy}")
    return content
