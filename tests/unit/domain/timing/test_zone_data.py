"""Which time zone data is in use."""

import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from exports_app.domain.timing import zone_data


@pytest.fixture(autouse=True)
def path() -> Iterator[None]:
    yield
    zoneinfo.reset_tzpath()


def test_the_system_comes_before_the_package(tmp_path: Path) -> None:
    zoneinfo.reset_tzpath([])
    packaged = zone_data.fingerprint("Europe/Berlin")
    assert zone_data.source("Europe/Berlin") == f"the package tzdata {zone_data.package_version()}"
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes(b"other rules")
    zoneinfo.reset_tzpath([str(tmp_path)])
    assert zone_data.fingerprint("Europe/Berlin") != packaged
    assert zone_data.fingerprint("America/Argentina/Ushuaia")
    assert zone_data.source("Europe/Berlin") == str(tmp_path)
    (tmp_path / "tzdata.zi").write_text("# version 2026a\nR A 1 2\n")
    assert zone_data.source("Europe/Berlin") == f"{tmp_path} (2026a)"


def test_a_zone_that_is_gone_is_an_error() -> None:
    with pytest.raises(OSError, match="Nowhere"):
        zone_data.fingerprint("Europe/Nowhere")
