"""A file that a page's browser sends for an import."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from exports_app.domain.errors import Gone, NotFound
from exports_app.services.campaigns import uploads
from exports_app.services.runs import retention
from exports_app.wiring import Services
from tests.api.conftest import Clients
from tests.api.uploads.sending import CONTENT, begin, send, stored
from tests.doubles import FakeClock
from tests.world import Cast, sign_in


class TestAFile:
    def test_is_found_by_the_session_that_sent_it(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        answer = send(api, code, session_id)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["cache-control"] == "no-store"
        file = services.uploads.find(cast.admin.who, session_id, code)
        assert (file.tenant_id, file.name) == (cast.acme.id, "march.csv")
        assert file.path.read_bytes() == CONTENT
        assert stored(services) == [file.path]  # no draft is left

    def test_may_come_in_parts_of_any_size(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        parts = [b"", b"a", b"b" * 3_000_000, b"", b"c" * 70_000]

        async def streamed() -> AsyncIterator[bytes]:
            for part in parts:
                yield part

        assert send(api, code, session_id, streamed()).status_code == 204
        file = services.uploads.find(cast.admin.who, session_id, code)
        assert file.path.read_bytes() == b"".join(parts)

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("C:\\Users\\ann\\März.csv", "März.csv"),
            ("../../etc/passwd", "passwd"),
            ("a\0b\n.csv", "ab.csv"),
            ("", "file"),
            ("x" * 400 + ".xlsx", "x" * 250 + ".xlsx"),
        ],
    )
    def test_keeps_its_own_name_alone(
        self, services: Services, cast: Cast, session_id: str, api: Clients, given: str, kept: str
    ) -> None:
        code = begin(services, cast, session_id, given)
        send(api, code, session_id)
        assert services.uploads.find(cast.admin.who, session_id, code).name == kept

    def test_is_removed_when_the_page_needs_it_no_more(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        send(api, code, session_id)
        services.uploads.forget(cast.outsider.who, sign_in(services, cast.outsider.user), code)
        assert stored(services)
        services.uploads.forget(cast.admin.who, session_id, code)
        assert stored(services) == []
        with pytest.raises(NotFound):
            services.uploads.find(cast.admin.who, session_id, code)

    def test_of_an_abandoned_page_is_removed_after_an_hour(
        self,
        api: Clients,
        services: Services,
        cast: Cast,
        session_id: str,
        code: str,
        clock: FakeClock,
        logs: list[Any],
    ) -> None:
        send(api, code, session_id)
        clock.advance(hours=1)
        with pytest.raises(NotFound):
            services.uploads.find(cast.admin.who, session_id, code)
        clock.advance(days=400)  # the file's own time is the machine's
        services.retention.sweep()
        assert stored(services) == []
        assert not [entry for entry in logs if entry["log_level"] == "warning"]
        assert uploads.KEPT <= retention.ORPHAN_AGE

    def test_of_which_the_store_lost_hold_is_gone(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        send(api, code, session_id)
        services.uploads.find(cast.admin.who, session_id, code).path.unlink()
        with pytest.raises(Gone):
            services.uploads.find(cast.admin.who, session_id, code)
