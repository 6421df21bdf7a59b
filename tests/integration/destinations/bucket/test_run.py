"""A run puts its file into a bucket, and leaves its secret nowhere."""

from ipaddress import ip_network

import pytest
import structlog

from exports_app.db.models import metadata
from exports_app.domain.access import Principal
from exports_app.domain.errors import DeliveryError
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.records import DestinationState, Tenant
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.s3_server import SECRET_KEY, Store
from tests.world import (
    claim,
    deliveries_of,
    execute,
    make_schedule,
    sql,
    trigger_and_execute,
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allowed_networks": (ip_network("127.0.0.0/8"),)})


def test_a_run_that_failed_at_the_bucket_is_sent_again(
    services: Services, admin: Principal, acme: Tenant, store: Store
) -> None:
    config = store.config | {"name": "{tenant}/{run}.{format}", "manifest": True}
    lake = services.destinations.create(admin, acme.id, "bucket", "Data lake", config)
    schedule = make_schedule(services, admin, recipients=(), destination_ids=(lake.id,))
    store.remove_bucket()
    with structlog.testing.capture_logs() as logs:
        with pytest.raises(DeliveryError, match="NoSuchBucket"):
            services.destinations.test(admin, lake.id)
        run = trigger_and_execute(services, admin, schedule)
        assert run.status is RunStatus.FAILED
        failing = services.destinations.get(admin, lake.id)
        assert failing.state is DestinationState.FAILING
        assert "NoSuchBucket" in str(failing.reason)
        store.client.create_bucket(Bucket=store.bucket)
        services.run_actions.resend(admin, schedule.id, run.id)
        run = execute(services, claim(services))
    assert run.status is RunStatus.COMPLETED
    key = f"acme/{run.id}.csv"
    assert store.names() == [key, f"{key}.manifest.json"]
    file = services.history.file(admin, schedule.id, run.id)
    assert store.read(key) == file.path.read_bytes()
    (delivery,) = deliveries_of(services, run)
    assert (delivery.status, delivery.location) == (
        DeliveryStatus.ACCEPTED,
        f"s3://{store.bucket}/{key}",
    )
    tables = [sql(services, f'SELECT * FROM "{table}"') for table in metadata.tables]
    left = str([logs, tables])
    assert "Data lake" in left
    assert SECRET_KEY not in left
