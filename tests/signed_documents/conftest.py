import pytest
from signed_example import DATA, FILES, READERS, SignedExample


@pytest.fixture(scope="session", params=list(FILES))
def example(request: pytest.FixtureRequest) -> SignedExample:
    """A document and its table; skipped where the tables of UCI aren't there."""
    path = DATA / FILES[request.param]
    if not path.is_file():
        pytest.skip(f"{path} isn't there")
    return SignedExample(request.param, *READERS[request.param](path))
