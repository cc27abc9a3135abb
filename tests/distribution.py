"""How pytest-xdist shares the tests out: whole files, so that what a file's tests have in common is
made once.

Its own `--dist loadgroup` needs no plan, but groups nothing from pytest 9.2 on (pytest-xdist, issue
1386).
"""

import re
from pathlib import PurePath

import pytest
from xdist.scheduler import LoadFileScheduling

#: Tests of these engines run in one worker, whatever their files, so that each server starts once.
_SERVERS = re.compile(r"\[(?:.*-)?(?:spark|mariadb|postgres|clickhouse)\b")
#: Tests of MLflow, which is imported once.
_MLFLOW = re.compile(r"\btest_mlflow")
#: Files that take longest: they start first, so that no worker waits at the end.
_LONG = (
    "test_line_sql.py",  # with all tests of servers
    "test_try_in_chromium.py",
    "test_explore.py",
    "test_docs.py",
    "test_interrupted.py",
    "test_rounding_links.py",
    "test_cli.py",
    "test_acceptance.py",
    "test_random_networks.py",
    "test_adult.py",
    "test_estimator_needs.py",
    "test_frame_scores.py",
    "test_code.py",
    "test_derived_engines.py",
    "test_fit_lines.py",
    "test_hard_searches.py",
    "test_additive_code.py",
    "test_tampering.py",
    "test_on_rows.py",
    "test_try_missing.py",
    "test_loaded_by_databases.py",
    "test_onnx_operators.py",
    "test_engine.py",
)


class FileScheduling(LoadFileScheduling):
    """A unit of work is a file's tests, or those of all servers, or of MLflow."""

    def _split_scope(self, nodeid: str) -> str:
        if _MLFLOW.search(nodeid):
            return "mlflow"
        return "servers" if _SERVERS.search(nodeid) else super()._split_scope(nodeid)


def order_items(items: list[pytest.Item]) -> None:
    """Files that take long first; otherwise as they were."""
    items.sort(key=lambda item: _rank_file(item.path))


def _rank_file(path: PurePath) -> int:
    return _LONG.index(path.name) if path.name in _LONG else len(_LONG)
