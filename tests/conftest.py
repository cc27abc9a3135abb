from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("relurules", deadline=None)  # machines are busy
settings.load_profile("relurules")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden from what is emitted now"
    )


@pytest.fixture(scope="session")
def nets() -> Path:
    """Folder of the benchmark networks with known region counts."""
    folder = SHARED / "nets"
    if not folder.is_dir():
        pytest.skip("the benchmark networks (../shared/nets) are not on this machine")
    return folder
