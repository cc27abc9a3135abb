"""Former names of modules and classes stand for those of today while a pickle is loaded, and only
then.
"""

import importlib
import pickle
import sys
from pathlib import Path

import pytest

from relurules.domain import Normalisation
from relurules.errors import ModelError
from relurules.ir import CollapseStats
from relurules.tracing.moved_modules import (
    MOVED_CLASSES,
    MOVED_MODULES,
    RENAMED_CLASSES,
    resolve_former_names,
)
from relurules.tracing.pickle_file import load_pickled


def name_global(module: str, name: str) -> bytes:
    """A pickle of nothing but the class of that name."""
    return f"c{module}\n{name}\n.".encode()


@pytest.mark.parametrize(("module", "name"), sorted(RENAMED_CLASSES))
def test_every_class_is_found_by_its_former_name(module: str, name: str) -> None:
    pytest.importorskip("sklearn")
    with resolve_former_names():
        found = pickle.loads(name_global(module, name))
    assert found.__name__ == RENAMED_CLASSES[module, name]
    place = MOVED_CLASSES.get((module, name), MOVED_MODULES.get(module, module))
    assert found.__module__ == place


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("relurules.estimators", "ReLURulesClassifier"),
        ("relurules.estimators", "ReLURulesRegressor"),
        ("relurules.ir.lifting", "Lifting"),
        ("relurules.ir.link", "Head"),
        ("relurules.ir.reached", "Reached"),
        ("relurules.train.module", "LinearizedNetwork"),
        ("relurules.train.linearized", "Linearized"),
    ],
)
def test_a_class_that_only_moved(module: str, name: str) -> None:
    pytest.importorskip("sklearn")
    with resolve_former_names():
        assert pickle.loads(name_global(module, name)).__name__ == name


def test_former_names_are_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "frame.pkl").write_bytes(name_global("relurules.domain.frame", "Frame"))
    (tmp_path / "stats.pkl").write_bytes(name_global("relurules.ir.ruleset", "Reduction"))
    assert load_pickled(tmp_path / "frame.pkl", trusted=True) is Normalisation
    assert load_pickled(tmp_path / "stats.pkl", trusted=True) is CollapseStats
    assert not set(MOVED_MODULES) & set(sys.modules)
    assert not hasattr(importlib.import_module("relurules.ir.ruleset"), "Reduction")
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(name_global("relurules.domain.frame", "Frame"))


def test_they_are_gone_after_a_file_that_cant_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(name_global("relurules.domain.frame", "Nothing"))
    with pytest.raises(ModelError, match="can't be unpickled"):
        load_pickled(tmp_path / "a.pkl", trusted=True)
    assert not set(MOVED_MODULES) & set(sys.modules)


def test_what_was_never_there_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(name_global("relurules.train.nothing", "Thing"))
    with pytest.raises(ModelError, match="No module named"):
        load_pickled(tmp_path / "a.pkl", trusted=True)
