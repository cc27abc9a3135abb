"""Pickled models (.pkl, .joblib, .pt, .pth): loading one runs code that the file names, so it is
never done unasked.
"""

import pickle
from pathlib import Path
from typing import Any

from relurules.errors import ModelError
from relurules.tracing.moved_modules import resolve_former_names

#: Endings of files that hold pickles.
PICKLE_SUFFIXES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")


def load_pickled(path: Path, *, trusted: bool) -> Any:
    """The object in a pickled file.

    A file that an earlier version made may name modules and classes as they were called then.
    ModelError where nobody said that it is trusted, or where it can't be read.
    """
    if not trusted:
        raise ModelError(
            f"{path}: a {path.suffix} file is a pickle, and loading a pickle runs whatever code it "
            "names. If you made it or trust who did: --trust-pickle, or load it yourself and pass "
            "the model. Safe ways in: .onnx, .pt2"
        )

    if not path.is_file():
        raise ModelError(f"{path}: {'is no file' if path.exists() else 'no such file'}")

    try:
        with resolve_former_names():
            model = _unpickle_file(path)
    except Exception as error:  # a pickle may raise anything
        raise ModelError(
            f"{path}: can't be unpickled ({type(error).__name__}: {str(error)[:200]})"
        ) from error

    if isinstance(model, dict):
        raise ModelError(
            f"{path}: holds a dict, perhaps weights alone (a state_dict); expected the whole model"
        )

    return model


def _unpickle_file(path: Path) -> Any:
    if path.suffix in (".pt", ".pth"):
        import torch

        return torch.load(path, map_location="cpu", weights_only=False)

    if path.suffix == ".joblib":
        import joblib  # type: ignore[import-untyped]

        return joblib.load(path)

    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301  # trusted by its user
