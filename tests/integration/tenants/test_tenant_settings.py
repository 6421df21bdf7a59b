"""The settings of a tenant."""

from typing import Any

import pytest

from exports_app.domain.access import Role
from exports_app.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
)
from exports_app.services.core.records import Action
from exports_app.wiring import Services
from tests.integration.tenants.changes import ADDRESS, told
from tests.world import (
    PASSWORD,
    Cast,
    set_role,
)


class TestTheTenant:
    def test_is_changed_and_told(self, services: Services, cast: Cast) -> None:
        values: dict[str, Any] = {
            "name": "Acme & Co.",
            "brand_color": "#123456",
            "logo_url": "https://example.com/l.png",
        }
        new = services.tenants.update(
            cast.admin.who, cast.acme.id, values | {"timezone": None, "keep_days": 30}
        )
        assert services.tenants.get(cast.viewer.who, cast.acme.id) == new
        assert (new.name, new.timezone, new.keep_days, new.slug) == (
            "Acme & Co.",
            None,
            30,
            cast.acme.slug,
        )
        assert services.tenants.update(cast.admin.who, cast.acme.id, values) == new
        assert told(services, cast) == [Action.TENANT_UPDATED]

    @pytest.mark.parametrize(
        ("values", "pointer"),
        [
            ({"name": " "}, "/name"),
            ({"brand_color": "red"}, "/brandColor"),
            ({"logo_url": "http://example.com/l.png"}, "/logoUrl"),
            ({"logo_url": "https://example.com/\0"}, "/logoUrl"),
            ({"logo_url": "https://me:secret@example.com/l.png"}, "/logoUrl"),
            ({"logo_url": "https://example.com/\u202egnp.exe"}, "/logoUrl"),
            ({"logo_url": "https://nowhere/l.png"}, "/logoUrl"),
            ({"logo_url": "https://[::1/l.png"}, "/logoUrl"),
            ({"logo_url": "https://\\example.com"}, "/logoUrl"),
            ({"timezone": "Mars/Olympus"}, "/timezone"),
            ({"keep_days": 0}, "/keepDays"),
            ({"keep_days": 10**6}, "/keepDays"),
            ({"keep_runs_days": 30}, "/keepRunsDays"),
            ({"keep_runs_days": 10**6}, "/keepRunsDays"),
        ],
    )
    def test_refuses_what_is_wrong(
        self, services: Services, cast: Cast, values: dict[str, Any], pointer: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            services.tenants.update(cast.admin.who, cast.acme.id, values)
        assert [e.pointer for e in refused.value.errors] == [pointer]

    def test_what_somebody_else_changed_meanwhile_is_not_written_over(
        self, services: Services, cast: Cast
    ) -> None:
        change, seen = services.tenants.update, {"brand_color": cast.acme.brand_color}
        change(cast.admin.who, cast.acme.id, {"brand_color": "#111111"}, seen)
        with pytest.raises(Conflict):
            change(cast.admin.who, cast.acme.id, {"brand_color": "#222222"}, seen)
        both = change(
            cast.admin.who, cast.acme.id, {"name": "Acme & Co."}, {"name": cast.acme.name}
        )
        assert (both.name, both.brand_color) == ("Acme & Co.", "#111111")

    def test_a_member_who_lost_their_role_changes_nothing(
        self, services: Services, cast: Cast
    ) -> None:
        set_role(services, cast.admin.user.id, cast.acme.id, Role.VIEWER)
        who = services.auth.principal(
            services.auth.login(cast.admin.user.email, PASSWORD, ADDRESS).access_token
        )
        with pytest.raises(Forbidden):
            services.tenants.update(who, cast.acme.id, {"name": "Mine"})
