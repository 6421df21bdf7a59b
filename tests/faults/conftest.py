from collections.abc import Iterator
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.distributed.conftest import installation, servers  # noqa: F401  (fixtures)
from tests.faults.house import House, house_in
from tests.faults.post import Post, post


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--seed")
    return SystemRandom().randrange(10**6) if given is None else int(given)


@pytest.fixture
def dice(seed: int) -> Random:
    print(f"\n--seed {seed}")  # shown where the test fails
    return Random(seed)


@pytest.fixture
def letters() -> Iterator[Post]:
    with post() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, letters: Post, password_hash: str) -> Iterator[House]:
    with house_in(tmp_path, letters, password_hash) as made:
        yield made
