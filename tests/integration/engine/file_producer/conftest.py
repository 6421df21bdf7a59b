"""Campaigns with days, and a producer of their files."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from exports_app.services.core.export_filters import Scope
from exports_app.services.core.records import Campaign, Metric
from exports_app.wiring import Services
from tests.integration.engine.file_producer.making import DAYS, NAMES, Making
from tests.world import Cast, uuid_of


@pytest.fixture
def scope(services: Services, cast: Cast) -> Scope:
    campaigns = [
        Campaign(uuid_of(i), cast.acme.id, name, "search", "active", "EUR", budget=None)
        for i, name in enumerate(NAMES, 1)
    ]
    first = date(2020, 1, 1)
    with services.store.write() as tx:
        tx.campaigns.add(campaigns)
        for n, campaign in enumerate(campaigns):
            tx.campaigns.add_metrics(
                [
                    Metric(campaign.id, first + timedelta(i), i * 7, i % 5, i % 3, i * n, i * 11)
                    for i in range(DAYS)
                ]
            )
    return Scope(cast.acme.id, None, None)


@pytest.fixture
def make(services: Services, scope: Scope, tmp_path: Path) -> Making:
    return Making(services, scope, tmp_path)
