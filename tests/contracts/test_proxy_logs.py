"""What the app leaves out of its log, the proxies' examples leave out of theirs."""

import re

import pytest

from exports_app.api.middleware import request_log
from tests.paths import ROOT

PROXIES = ("nginx.conf", "nginx-two-servers.conf", "Caddyfile", "Caddyfile-two-servers")


@pytest.mark.parametrize("name", PROXIES)
def test_the_proxies_mask_what_the_app_masks(name: str) -> None:
    places = re.search(r"/api/\(\?:([a-z|]+)\)/", request_log._CODE.pattern)
    assert places is not None
    assert "feeds" in places[1]
    masked = re.search(r"/api/\((?:\?:)?([a-z|]+)\)/", (ROOT / "docs/deploy" / name).read_text())
    assert masked is not None
    assert masked[1] == places[1]
