"""What the server tells under /.well-known."""

from datetime import datetime

import pytest

from exports_app import environment, settings
from exports_app.wiring import Services
from tests.api.client import problem
from tests.api.conftest import Clients
from tests.doubles import FakeClock

FILE = "/.well-known/security.txt"


def test_how_to_report_a_weakness(
    api: Clients, services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {
        "security_contact": "mailto:security@exports.example",
        "public_url": "https://exports.example/",
    }
    monkeypatch.setattr(services.settings, "__dict__", services.settings.__dict__ | changed)
    answer = api.anonymous.get(FILE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields.pop("Expires").endswith("Z")
    assert fields == {
        "Contact": changed["security_contact"],
        "Canonical": f"https://exports.example{FILE}",
    }
    expires = datetime.fromisoformat(answer.text.split("Expires: ")[1].split()[0])
    assert 90 < (expires - clock()).days <= 365  # RFC 9116 asks for less than a year


def test_nothing_where_there_is_no_contact(api: Clients) -> None:
    problem(api.anonymous.get(FILE), 404, "not_found")
    problem(api.anonymous.get("/.well-known/other"), 404, "path_not_found")


@pytest.mark.parametrize(
    "contact",
    ["security@exports.example", "http://exports.example", "mailto:a\nExpires: never", "mailto:"],
)
def test_a_contact_that_is_no_address_stops_the_start(
    contact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECURITY_CONTACT", contact)
    with pytest.raises(environment.SettingsError, match="SECURITY_CONTACT"):
        environment.read(settings.Settings)


@pytest.mark.parametrize("contact", ["https://exports.example/security", "tel:+49-30-1234567", ""])
def test_a_good_contact(contact: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURITY_CONTACT", contact)
    assert environment.read(settings.Settings).security_contact == contact
