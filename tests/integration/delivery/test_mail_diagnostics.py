"""How the installation sends mail: which settings act, and a test of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app import environment
from exports_app.channels._smtp import own_name
from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid, NotFound, TooManyRequests
from exports_app.services.core.extension_points import CHANNELS, Outcome
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page
from exports_app.wiring import Services
from tests.mailserver import MailServer, mail_server
from tests.world import registered

pytestmark = pytest.mark.about_sqlite
ADDRESS = "ann@example.com"


@contextmanager
def sent_through(
    server: MailServer, user: str = "", password: str = "", **more: Any
) -> Iterator[None]:
    smtp = SmtpSettings(
        host=server.host,
        port=server.port,
        tls=server.tls,
        user=user,
        password=SecretStr(password),
        **more,
    )  # type: ignore[arg-type]
    context = server.trust() if server.ca else None
    with registered(CHANNELS, EmailChannel(smtp, tls_context=context)):
        yield


class TestATest:
    def test_arrives_and_the_servers_word_is_told(
        self, services: Services, super_admin: Principal
    ) -> None:
        with mail_server() as server, sent_through(server):
            trial = services.mail_diagnostics.send_test(super_admin, ADDRESS)
            assert trial.outcome is Outcome.ACCEPTED
            assert trial.answer.startswith("250 ")
            (received,) = server.wait_for(1)
        assert received.rcpt_tos == [ADDRESS]
        assert received.message["Subject"] == "Test email"
        body = received.message.get_body(("plain",))
        assert body is not None
        assert "the mail settings of this installation work" in body.get_content()
        assert "Super" in body.get_content()

    def test_tells_the_dialogue_without_the_password(
        self, services: Services, super_admin: Principal
    ) -> None:
        with mail_server(tls="starttls", user="me@example.com", password="right") as server:
            with sent_through(server, "me@example.com", "hunter-two"):
                trial = services.mail_diagnostics.send_test(super_admin, ADDRESS)
            assert trial.outcome is Outcome.REFUSED
            assert "check SMTP_USER and SMTP_PASS" in trial.answer
            said = "\n".join(trial.dialogue)
            assert said.index("C: STARTTLS") < said.index("C: AUTH")
            assert "S: 535" in said
            assert "hunter-two" not in said
            assert "aHVudGVy" not in said  # as Base64 begins
            with sent_through(server, "me@example.com", "right"):
                assert (
                    services.mail_diagnostics.send_test(super_admin, ADDRESS).outcome
                    is Outcome.ACCEPTED
                )

    @pytest.mark.parametrize(
        ("rules", "line", "told"),
        [
            (
                {"refuse": {ADDRESS: "550 5.1.1 no such user"}},
                "S: 550 5.1.1 no such user",
                "550 5.1.1 no such user",
            ),
            (
                {"refuse_content": {ADDRESS: "554 5.6.0 spam"}},
                "S: 554 5.6.0 spam",
                "554 5.6.0 spam",
            ),
        ],
    )
    def test_that_is_refused_tells_where(
        self,
        services: Services,
        super_admin: Principal,
        rules: dict[str, Any],
        line: str,
        told: str,
    ) -> None:
        with mail_server(**rules) as server, sent_through(server):
            trial = services.mail_diagnostics.send_test(super_admin, ADDRESS)
        assert (trial.outcome, told in trial.answer) == (Outcome.REFUSED, True)
        assert line in trial.dialogue
        assert any(one.startswith("C: RCPT TO:<ann@example.com>") for one in trial.dialogue)

    def test_that_may_have_arrived_says_so(
        self, services: Services, super_admin: Principal
    ) -> None:
        with mail_server(vanish=frozenset({ADDRESS})) as server, sent_through(server):
            trial = services.mail_diagnostics.send_test(super_admin, ADDRESS)
        assert trial.outcome is Outcome.UNKNOWN
        assert "it may have arrived" in trial.answer

    def test_without_a_server_that_answers_says_what_to_check(
        self, services: Services, super_admin: Principal
    ) -> None:
        with mail_server() as server:
            port = server.port
        with registered(
            CHANNELS, EmailChannel(SmtpSettings(host="127.0.0.1", port=port, tls="none"))
        ):
            trial = services.mail_diagnostics.send_test(super_admin, ADDRESS)
        assert trial.outcome is Outcome.REFUSED
        assert "check SMTP_HOST and SMTP_PORT" in trial.answer

    def test_without_settings_says_so(self, services: Services, super_admin: Principal) -> None:
        trial = services.mail_diagnostics.send_test(super_admin, ADDRESS)
        assert (trial.outcome, trial.answer, trial.dialogue) == (
            Outcome.REFUSED,
            "no mail server is configured: set SMTP_HOST",
            (),
        )

    def test_is_noted_and_cannot_be_asked_for_without_end(
        self, services: Services, super_admin: Principal
    ) -> None:
        with pytest.raises(Invalid) as refused:
            services.mail_diagnostics.send_test(super_admin, "nobody")
        assert [error.pointer for error in refused.value.errors] == ["/address"]
        for _ in range(10):
            services.mail_diagnostics.send_test(super_admin, ADDRESS)
        with pytest.raises(TooManyRequests):
            services.mail_diagnostics.send_test(super_admin, ADDRESS)
        entries, total = services.audit.find(super_admin, None, AuditFilter(area="email"), Page())
        assert total == 10
        assert (entries[0].actor_name, entries[0].subject_name, entries[0].detail) == (
            "Super",
            ADDRESS,
            {},
        )

    def test_is_for_super_admins_alone(
        self, services: Services, admin: Principal, viewer: Principal
    ) -> None:
        for who in (admin, viewer):
            with pytest.raises(NotFound):
                services.mail_diagnostics.effective_settings(who)
            with pytest.raises(NotFound):
                services.mail_diagnostics.send_test(who, ADDRESS)


class TestSettingsInForce:
    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(own_name, "host_name", lambda: "exports.example.com")
        for name in (
            "HOST",
            "PORT",
            "TLS",
            "USER",
            "PASS",
            "PASS_FILE",
            "FROM",
            "REPLY_TO",
            "HELO",
        ):
            monkeypatch.delenv(f"SMTP_{name}", raising=False)
        monkeypatch.setattr(environment, "ENV_FILE", str(tmp_path / ".env"))

    def shown(self, services: Services, who: Principal) -> dict[str, tuple[str, str]]:
        with registered(CHANNELS, EmailChannel()):
            return {
                setting.name: (setting.value, setting.source)
                for setting in services.mail_diagnostics.effective_settings(who)
            }

    def test_say_where_each_comes_from(
        self,
        services: Services,
        super_admin: Principal,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "secret").write_text("hunter two\n")
        (tmp_path / ".env").write_text("SMTP_USER=me@example.com\nSMTP_HOST=below.example.com\n")
        monkeypatch.setenv("SMTP_HOST", "mail.example.com")
        monkeypatch.setenv("SMTP_PORT", "465")
        monkeypatch.setenv("SMTP_PASS_FILE", str(tmp_path / "secret"))
        found = self.shown(services, super_admin)
        assert found == {
            "SMTP_HOST": ("mail.example.com", "the environment"),
            "SMTP_PORT": ("465", "the environment"),
            "SMTP_TLS": ("tls", "because the port is 465"),
            "SMTP_USER": ("me@example.com", f"line 1 of {environment.ENV_FILE}"),
            "SMTP_PASS": ("set", f"SMTP_PASS_FILE: {tmp_path / 'secret'}"),
            "SMTP_FROM": ("me@example.com", "made of SMTP_USER"),
            "SMTP_REPLY_TO": ("not set", ""),
            "SMTP_HELO": ("exports.example.com", "this machine's name"),
        }
        assert "hunter" not in repr(found)

    def test_without_any_are_the_defaults(self, services: Services, super_admin: Principal) -> None:
        assert self.shown(services, super_admin) == {
            "SMTP_HOST": ("not set", ""),
            "SMTP_PORT": ("587", "the default"),
            "SMTP_TLS": ("starttls", "the default"),
            "SMTP_USER": ("not set", ""),
            "SMTP_PASS": ("not set", ""),
            "SMTP_FROM": ("not set", ""),
            "SMTP_REPLY_TO": ("not set", ""),
            "SMTP_HELO": ("exports.example.com", "this machine's name"),
        }

    def test_are_those_of_the_start(
        self, services: Services, super_admin: Principal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with registered(CHANNELS, EmailChannel()):
            first = services.mail_diagnostics.effective_settings(super_admin)
            monkeypatch.setenv("SMTP_HOST", "later.example.com")
            assert services.mail_diagnostics.effective_settings(super_admin) == first

    def test_say_who_we_are(
        self, services: Services, super_admin: Principal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(own_name, "host_name", lambda: "")
        assert self.shown(services, super_admin)["SMTP_HELO"] == (
            "the address of each connection, e.g. [192.0.2.1]",
            "this machine's name has no dot",
        )
        monkeypatch.setenv("SMTP_HELO", "exports.example.org")
        assert self.shown(services, super_admin)["SMTP_HELO"] == (
            "exports.example.org",
            "the environment",
        )

    def test_follow_from_each_other(
        self, services: Services, super_admin: Principal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SMTP_HOST", "mail.example.com")
        monkeypatch.setenv("SMTP_TLS", "tls")
        found = self.shown(services, super_admin)
        assert found["SMTP_PORT"] == ("465", "because SMTP_TLS is tls")
        assert found["SMTP_FROM"] == ("no-reply@mail.example.com", "made of SMTP_HOST")
