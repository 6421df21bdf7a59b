from collections.abc import Iterator

import pytest

from tests.faults.conftest import letters  # noqa: F401  (a fixture)
from tests.faults.post import Post
from tests.operations.installed import Installed, installation
from tests.operations.machine import Machine
from tests.operations.machine import machine as running


@pytest.fixture(scope="session")
def installed() -> Iterator[Installed]:
    with installation() as made:
        yield made


@pytest.fixture
def machine(installed: Installed, letters: Post) -> Iterator[Machine]:  # noqa: F811
    with running(installed, letters) as made:
        yield made


@pytest.fixture
def small_machine(installed: Installed, letters: Post) -> Iterator[Machine]:  # noqa: F811
    """Its data folder has a disk of 24 MB, where one can be mounted."""
    with running(installed, letters, megabytes=24) as made:
        yield made
