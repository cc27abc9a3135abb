"""Modules and classes that pickles made by earlier versions name, and where they are now."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

#: Module that a pickle may name -> the module that holds its classes today.
MOVED_MODULES: Mapping[str, str] = {
    "relurules.domain.frame": "relurules.domain.normalisation",
    "relurules.estimators": "relurules.training.estimators",
    "relurules.fitting": "relurules.training.table_fit",
    "relurules.ir.lifting": "relurules.ir.network",
    "relurules.ir.link": "relurules.links.heads",
    "relurules.ir.reached": "relurules.ir.row_patterns",
    "relurules.train.classifier": "relurules.training.classifier",
    "relurules.train.compact": "relurules.training.relu_parameters",
    "relurules.train.front": "relurules.training.front",
    "relurules.train.linearize": "relurules.training.linearize",
    "relurules.train.linearized": "relurules.training.linearize_result",
    "relurules.train.module": "relurules.training.torch_module",
    "relurules.train.targets": "relurules.training.targets",
    "relurules.train.task": "relurules.training.task",
}

#: (module, class) as a pickle may name them -> the module of the class today, where that isn't the
#: one of the rest.
MOVED_CLASSES: Mapping[tuple[str, str], str] = {
    ("relurules.fitting", "Columns"): "relurules.training.fit_columns",
    ("relurules.fitting", "Wanted"): "relurules.training.fit_options",
}

#: (module, class) as a pickle may name them -> the name of the class today.
RENAMED_CLASSES: Mapping[tuple[str, str], str] = {
    ("relurules.domain.frame", "Frame"): "Normalisation",
    ("relurules.fitting", "Columns"): "ColumnKinds",
    ("relurules.fitting", "Fitted"): "Fitted",
    ("relurules.fitting", "Wanted"): "FitOptions",
    ("relurules.ir.partition", "Cell"): "RegionCell",
    ("relurules.ir.partition", "Cells"): "RegionCells",
    ("relurules.ir.partition", "Decisions"): "DecisionCounts",
    ("relurules.ir.rule_table", "Bounds"): "RuleSides",
    ("relurules.ir.ruleset", "Reduction"): "CollapseStats",
    ("relurules.train.classifier", "Trained"): "TrainedClassifier",
    ("relurules.train.compact", "Compact"): "ReluParameters",
    ("relurules.train.front", "Budget"): "RuleBudget",
    ("relurules.train.front", "Point"): "FrontPoint",
    ("relurules.train.front", "Size"): "NetworkSize",
    ("relurules.train.linearize", "Settings"): "LinearizeSettings",
    ("relurules.train.targets", "Scale"): "Standardisation",
}


class _FormerModule(ModuleType):
    """A module by its former name; its classes are those of today, by their former names."""

    def __init__(self, name: str, current: str) -> None:
        super().__init__(name)
        self._current = current

    def __getattr__(self, name: str) -> Any:
        place = MOVED_CLASSES.get((self.__name__, name), self._current)
        return getattr(import_module(place), RENAMED_CLASSES.get((self.__name__, name), name))


@contextmanager
def resolve_former_names() -> Iterator[None]:
    """Let imports find modules and classes by their former names, until it ends.

    Loaders of pickles (pickle, joblib, torch) look classes up among the imported modules; standing
    in there is what works for all three. A module that is where it was gets the former names of its
    classes for as long.
    """
    former = [name for name in MOVED_MODULES if name not in sys.modules]
    added: list[tuple[ModuleType, str]] = []
    try:
        for name in former:
            sys.modules[name] = _FormerModule(name, MOVED_MODULES[name])
        for (place, old), new in RENAMED_CLASSES.items():
            if place not in MOVED_MODULES:
                module = import_module(place)
                setattr(module, old, getattr(module, new))
                added.append((module, old))
        yield
    finally:
        for module, old in added:
            delattr(module, old)
        for name in former:
            sys.modules.pop(name, None)
