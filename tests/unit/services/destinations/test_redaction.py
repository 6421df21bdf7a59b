"""Texts about a destination have none of its secrets."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import quote, quote_plus

import pytest
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.services.core.extension_points import DestinationPaused, Trial, TrialResult
from exports_app.services.core.extension_points.channel_config import ChannelConfig
from exports_app.services.destinations import calls
from exports_app.services.destinations.redaction import HIDDEN, Redaction
from tests.contracts.other_sides import GUARD, ID, NAMES

PASSWORD = 'p/ss "wörd" <&+?>'
URL = "https://prod-1.example.com/workflows/0a1b2c3d/triggers/manual?sv=1.0&sig=Q2xhc3NpZmllZA"
OTHERS = "the workflow at prod-1.example.com does not take it: check the user and the password"


class Config(ChannelConfig):
    user: str = "ann"
    password: SecretStr | None = None


def redaction(secret: str) -> Redaction:
    return Redaction(Config(password=SecretStr(secret)))


def written(secret: str) -> Iterator[str]:
    data = secret.encode()
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), data.hex())
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (html.escape(secret), html.escape(secret, quote=False))
    yield from (quote(secret).lower(), b64encode(data).decode(), urlsafe_b64encode(data).decode())


@pytest.mark.parametrize("form", dict.fromkeys(written(PASSWORD)))
def test_a_secret_is_hidden_however_it_is_written(form: str) -> None:
    assert redaction(PASSWORD).of_answer(f"no: {form}, twice: {form}.") == (
        f"no: {HIDDEN}, twice: {HIDDEN}."
    )


@pytest.mark.parametrize("user", ["ann", "anna", "annie"])
def test_a_secret_is_hidden_within_base64(user: str) -> None:
    pair = b64encode(f"{user}:{PASSWORD}; and more".encode()).decode()
    shown = redaction(PASSWORD).of_answer(f"Basic {pair}")
    head, tail = shown.split(HIDDEN)
    assert len(head) + len(tail) < len(f"Basic {user}; and more") * 2
    assert b64encode(PASSWORD.encode()).decode()[4:12] not in shown


def test_a_secret_is_hidden_where_a_text_was_cut() -> None:
    assert redaction(PASSWORD).of_answer(f"no: {PASSWORD[:-2]}") == f"no: {HIDDEN}"


def test_a_key_is_hidden_on_one_line() -> None:
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    text = key.decode()
    shown = redaction(text).of_answer(" ".join(text.split()))
    lines = text.splitlines()[1:-1]
    assert not [line for line in lines if line[:12] in shown or line[-12:] in shown]


def test_of_an_address_all_after_the_host_is_hidden() -> None:
    hides = redaction(URL)
    assert hides.of_answer(f"no: {URL}") == f"no: https://prod-1.example.com{HIDDEN}"
    assert hides.of_answer("sig Q2xhc3NpZmllZA") == f"sig {HIDDEN}"
    assert hides.of_answer(OTHERS) == OTHERS


def test_other_words_stay() -> None:
    for secret in ("", "abc", PASSWORD):
        assert redaction(secret).of_answer(OTHERS) == OTHERS
    # A folder may be called as the password is
    assert redaction("sales").of_place("/in/sales/a.csv") == "/in/sales/a.csv"
    assert redaction(PASSWORD).of_place(f"/in/{PASSWORD}") == f"/in/{HIDDEN}"


class Scripted:
    """A channel that ends as the test says."""

    key = "scripted"

    def __init__(self, ends: Exception | TrialResult) -> None:
        self._ends = ends

    def test(self, trial: Trial) -> TrialResult:
        if isinstance(self._ends, Exception):
            raise self._ends
        return self._ends


def tried(ends: Exception | TrialResult) -> TrialResult:
    config = Config(password=SecretStr(PASSWORD))
    return calls.test(cast("Any", Scripted(ends)), Trial(config, ID, NAMES, GUARD))


@pytest.mark.parametrize(
    "error", [DeliveryError(PASSWORD, permanent=False), DeliveryUnknown(PASSWORD)]
)
def test_an_error_stays_what_it_is(error: DeliveryError) -> None:
    with pytest.raises(type(error)) as raised:
        tried(error)
    assert (str(raised.value), raised.value.message) == (HIDDEN, HIDDEN)
    assert not raised.value.permanent


def test_a_pause_stays_one() -> None:
    with pytest.raises(DestinationPaused, match="secret"):
        tried(DestinationPaused(f"compare {PASSWORD}"))


def test_an_answer_is_shown_without_secrets() -> None:
    assert tried(TrialResult(f"Written to {PASSWORD}.")).answer == f"Written to {HIDDEN}."


def test_a_bug_is_logged_without_secrets() -> None:
    with (
        structlog.testing.capture_logs() as logs,
        pytest.raises(DeliveryError, match="see the server's log"),
    ):
        tried(KeyError(PASSWORD))
    (entry,) = logs
    assert "KeyError" in entry["exception"]
    assert HIDDEN in entry["exception"]
    assert PASSWORD not in str(logs)


def test_another_bug_is_raised() -> None:
    with pytest.raises(KeyError):
        tried(KeyError("user"))
