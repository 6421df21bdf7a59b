"""A bucket at moto's S3, and deliveries to buckets."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from exports_app import plugins
from exports_app.services.core.extension_points import CHANNELS, DestinationChannel
from exports_app.services.destinations import configs
from tests import s3_server
from tests.contracts.other_sides import Side

plugins.load("exports_app.channels")
CONTENT = b"a,b\r\n1,2\r\n"
DIGEST = sha256(CONTENT).hexdigest()
ToBucket = Callable[..., Side]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def store() -> Iterator[s3_server.Store]:
    made = s3_server.Store()
    yield made
    made.close()


@pytest.fixture
def to_bucket() -> ToBucket:
    """From a config's values to a destination with them."""

    def made(**values: Any) -> Side:
        channel = CHANNELS["bucket"]
        assert isinstance(channel, DestinationChannel)
        given = {
            "bucket": "exports",
            "keyId": s3_server.KEY_ID,
            "secretKey": s3_server.SECRET_KEY,
            "name": "{schedule}.{format}",
        }
        config = configs.checked(channel, given | values).config
        return Side(channel, None, (), config)

    return made
