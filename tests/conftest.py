import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from distribution import FileScheduling, order_items
from hypothesis import settings
from kept_programs import kept_programs  # noqa: F401  # a fixture of all tests

# Tests and the commands that they start keep compiled modules on disk, whatever is set outside.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# What tests start doesn't depend on what started them: signals that a CI holds, or that `nohup` and
# a shell's `&` ignore, files that nobody else may read, terminals.
if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
for _name, _handler in (
    ("SIGINT", signal.default_int_handler),
    ("SIGTERM", signal.SIG_DFL),
    ("SIGHUP", signal.SIG_DFL),
):
    if hasattr(signal, _name) and signal.getsignal(getattr(signal, _name)) == signal.SIG_IGN:
        signal.signal(getattr(signal, _name), _handler)
os.umask(0o022)
for _name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
    os.environ.pop(_name, None)
# One thread for each worker, as they share the processors among them: threads that wait for others
# do so with a processor each. Read by libraries when they are loaded, so before any of them.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# Programs that run for seconds: no time for the second compiler, no threads for the rubbish.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

settings.register_profile("relurules", deadline=None)  # machines are busy
settings.load_profile("relurules")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden from what is emitted now"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileScheduling:
    config.option.loadscopereorder = False  # the order is that of `order_items`
    return FileScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order_items(items)
    gc.freeze()  # modules and tests stay: no search for rubbish goes through them again
    gc.set_threshold(10_000)  # arrays and fractions leave no rubbish: it is looked for less often


@pytest.fixture(scope="session")
def nets() -> Path:
    """Folder of the benchmark networks with known region counts."""
    folder = SHARED / "nets"
    if not folder.is_dir():
        pytest.skip("the benchmark networks (../shared/nets) are not on this machine")
    return folder
