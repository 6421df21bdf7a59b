"""What a session downloads, and what of sessions is removed."""

from datetime import timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    ExportsError,
    Gone,
    NotFound,
    Unauthenticated,
)
from exports_app.services.core.records import Run, Schedule
from exports_app.services.identity.sessions import (
    CODE_LIFETIME,
    KEPT,
    SWEEP,
    Sessions,
)
from exports_app.services.runs.history import RunFile
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import BROWSER, Cast, sign_in, sign_in_code, sql, uuid_of


class TestDownload:
    @pytest.fixture
    def code(self, services: Services, viewer: Principal, session_id: str, run: Run) -> str:
        return services.browser_downloads.of_run(
            viewer, session_id, run.scheduled_export_id, run.id
        )

    def test_a_reader_gets_the_file(
        self, services: Services, code: str, session_id: str, run: Run
    ) -> None:
        file = services.browser_downloads.take(code, session_id)
        assert isinstance(file, RunFile)
        assert (file.name, file.mime) == (run.file_name, "text/csv")
        assert file.path.stat().st_size == run.file_size

    def test_a_code_is_good_once(self, services: Services, code: str, session_id: str) -> None:
        services.browser_downloads.take(code, session_id)
        with pytest.raises(NotFound, match="one download only"):
            services.browser_downloads.take(code, session_id)

    def test_a_code_is_good_for_half_a_minute(
        self, services: Services, code: str, session_id: str, clock: FakeClock
    ) -> None:
        clock.advance(seconds=30)
        with pytest.raises(NotFound):
            services.browser_downloads.take(code, session_id)

    def test_another_session_is_refused_and_the_code_stays_good_for_its_own(
        self, services: Services, sessions: Sessions, cast: Cast, code: str, session_id: str
    ) -> None:
        for user in (cast.viewer.user, cast.admin.user, cast.super_admin.user):
            with pytest.raises(NotFound):
                services.browser_downloads.take(code, sign_in(services, user))
        for nobody in ("", "unknown"):
            with pytest.raises(Unauthenticated):
                services.browser_downloads.take(code, nobody)
        assert services.browser_downloads.take(code, session_id)

    def test_a_sign_in_code_is_no_download_and_a_download_code_signs_nobody_in(
        self, services: Services, sessions: Sessions, cast: Cast, code: str, session_id: str
    ) -> None:
        with pytest.raises(NotFound):
            services.browser_downloads.take(
                sign_in_code(services, cast.viewer.user, session_id), session_id
            )
        with pytest.raises(Unauthenticated):
            sessions.redeem(code, session_id)

    def test_a_session_that_is_over_downloads_nothing(
        self, services: Services, sessions: Sessions, code: str, session_id: str
    ) -> None:
        sessions.end(session_id)
        with pytest.raises(Unauthenticated):
            services.browser_downloads.take(code, session_id)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ("DELETE FROM memberships", NotFound),
            ("UPDATE scheduled_exports SET deleted_at = '2026-01-01 00:00:00'", NotFound),
            ("UPDATE users SET is_active = false", Unauthenticated),
        ],
        ids=["no role any more", "deleted schedule", "deactivated user"],
    )
    def test_the_right_is_looked_at_again(
        self,
        services: Services,
        sessions: Sessions,
        code: str,
        session_id: str,
        change: str,
        error: type[ExportsError],
    ) -> None:
        sql(services, change)
        with pytest.raises(error):
            services.browser_downloads.take(code, session_id)

    def test_a_file_that_was_removed_is_gone(
        self, services: Services, sessions: Sessions, code: str, session_id: str, run: Run
    ) -> None:
        assert run.file_key is not None
        services.files.remove(run.file_key)
        with pytest.raises(Gone):
            services.browser_downloads.take(code, session_id)


class TestAskingForADownload:
    def test_is_refused_without_the_right_or_the_file(
        self, services: Services, sessions: Sessions, cast: Cast, schedule: Schedule, run: Run
    ) -> None:
        outsiders = sign_in(services, cast.outsider.user)
        with pytest.raises(NotFound):
            services.browser_downloads.of_run(cast.outsider.who, outsiders, schedule.id, run.id)
        mine = sign_in(services, cast.admin.user)
        for schedule_id, run_id in (
            (schedule.id, uuid_of(0xFF)),
            (uuid_of(0xFF), run.id),
            ("\0", "\0"),
        ):
            with pytest.raises(NotFound):
                services.browser_downloads.of_run(cast.admin.who, mine, schedule_id, run_id)
        waiting = services.schedules.trigger(cast.admin.who, schedule.id)
        with pytest.raises(NotFound, match="no file"):
            services.browser_downloads.of_run(cast.admin.who, mine, schedule.id, waiting.id)
        assert run.file_key is not None
        services.files.remove(run.file_key)
        with pytest.raises(Gone):
            services.browser_downloads.of_run(cast.admin.who, mine, schedule.id, run.id)
        assert sql(services, "SELECT * FROM one_time_codes") == []

    def test_needs_a_session_of_ones_own(
        self, services: Services, sessions: Sessions, cast: Cast, run: Run
    ) -> None:
        for session_id in ("", "unknown", sign_in(services, cast.viewer.user)):
            with pytest.raises(Unauthenticated):
                services.browser_downloads.of_run(
                    cast.admin.who, session_id, run.scheduled_export_id, run.id
                )


class TestWhatIsOld:
    def count(self, services: Services, name: str) -> int:
        return int(sql(services, f"SELECT count(*) FROM {name}")[0][0])

    def test_codes_go_when_the_next_one_is_made(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        for _ in range(3):
            sign_in_code(services, cast.admin.user)
        clock.advance(seconds=CODE_LIFETIME.total_seconds() + 1)
        sign_in_code(services, cast.admin.user)
        assert self.count(services, "one_time_codes") == 1

    def test_sessions_go_a_week_after_they_expired(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        sign_in(services, cast.admin.user)
        clock.set(clock.now + timedelta(hours=12) + KEPT)
        sign_in(services, cast.admin.user)
        assert self.count(services, "sessions") == 2
        clock.advance(seconds=1)
        sign_in(services, cast.admin.user)
        assert self.count(services, "sessions") == 2

    def test_no_more_than_a_handful_at_a_time(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        with services.store.write() as tx:
            for _ in range(SWEEP + 5):
                services.sessions._new_code(tx, "login", BROWSER, cast.admin.user.id, {})
        clock.set(clock.now + timedelta(hours=1))
        sign_in_code(services, cast.admin.user)
        assert self.count(services, "one_time_codes") == 6
