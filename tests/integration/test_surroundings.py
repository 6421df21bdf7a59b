"""What a server needs beside its database: health names what is away."""

import shutil

from exports_app.services.limits import Counts
from exports_app.services.vitals import Vitals
from exports_app.wiring import Services
from tests.redis_server import redis_server


def vitals(services: Services, redis_url: str = "") -> Vitals:
    return Vitals(services.store, services.files, Counts(redis_url), services.clock, 15)


def test_files_that_are_away_are_named(services: Services) -> None:
    services.files.prepare()
    assert vitals(services).away() == []
    shutil.rmtree(services.settings.data_dir / "files")
    (told,) = vitals(services).away()
    assert "the folder of the finished files is gone" in told


def test_redis_is_named_while_it_is_away_and_not_before_or_after(services: Services) -> None:
    services.files.prepare()
    with redis_server() as redis:
        held = vitals(services, redis.url)
        assert held.away() == []
        redis.stop()
        (told,) = held.away()
        assert told.startswith("Redis cannot be reached")
        redis.start()
        assert held.away() == []
