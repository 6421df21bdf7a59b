"""Creating scheduled exports over HTTP."""

from exports_app.domain.access import Role
from exports_app.services.core.records import Campaign, Membership
from exports_app.wiring import Services
from tests.api.client import (
    ABSENT,
    SCHEDULE_KEYS,
    SCHEDULES,
    pointers,
    problem,
    schedule_body,
)
from tests.api.conftest import Clients
from tests.api.schedules.fields import POLICIES, count
from tests.world import Cast


class TestCreate:
    def test_answers_the_whole_of_it_and_where_it_is(self, api: Clients, cast: Cast) -> None:
        answer = api.admin.post(SCHEDULES, schedule_body())
        assert answer.status_code == 201
        made = answer.json()
        assert set(made) == SCHEDULE_KEYS
        assert answer.headers["location"] == f"{SCHEDULES}/{made['id']}"
        assert api.viewer.get(answer.headers["location"]).json() == made
        assert made | {"id": ""} == schedule_body() | {
            "id": "",
            "tenantId": cast.acme.id,
            "slug": "weekly-numbers",
            "description": None,
            "filters": {},
            "destinationIds": [],
            "warnings": [],
            "whenEmpty": "send",
            "emptyMeans": "no_metrics",
            "delivery": "auto",
            "linkDays": 7,
            "replyTo": None,
            "timeLimit": 3600,
            **POLICIES,
            "failing": False,
            "failures": 0,
            "pausedAt": None,
            "pausedReason": None,
            "isActive": True,
            "tags": [],
            "version": 1,
            "lastRunAt": None,
            "lastStatus": None,
            "nextRunAt": "2026-03-09T08:00:00Z",
            "createdBy": cast.admin.user.id,
            "ownerId": cast.admin.user.id,
            "createdAt": "2026-03-04T10:30:00Z",
            "updatedAt": "2026-03-04T10:30:00Z",
        }

    def test_keeps_every_field(self, api: Clients, campaigns: dict[str, Campaign]) -> None:
        filters = {
            "startDate": "2026-01-01",
            "endDate": "2026-01-31",
            "campaignIds": [campaigns["Spring"].id],
            "groupBy": "week",
        }
        sent = schedule_body(
            name="\N{RIGHT-TO-LEFT MARK}עברית 🚀 " + "x" * 100,
            description="Line one\n\tline two",
            exportType="aggregate",
            format="xml",
            filters=filters,
            whenEmpty="skip",
            delivery="zip",
            linkDays=30,
            replyTo="desk@bücher.example",
            timeLimit=120,
            isActive=False,
            tenantId=campaigns["Spring"].tenant_id,
        )
        made = api.super_admin.post(SCHEDULES, sent).json()
        assert {name: made[name] for name in sent} == sent
        assert made["nextRunAt"] is None

    def test_without_a_zone_takes_the_tenants_or_the_servers(self, api: Clients) -> None:
        body = schedule_body()
        del body["timezone"]
        assert api.admin.post(SCHEDULES, body).json()["timezone"] == "Europe/Berlin"
        assert api.outsider.post(SCHEDULES, body | {"timezone": None}).json()["timezone"] == "UTC"

    def test_takes_addresses_that_only_some_networks_know(self, api: Clients) -> None:
        odd = [
            "ann@corp.local",
            "ann@intranet",
            "root@localhost",
            "ann@home.arpa",
            "ann@[192.0.2.1]",
            "ann@[IPv6:2001:db8::1]",
            '"a b"@x.example',
            "a..b@docomo.ne.jp",
            "ab.@docomo.ne.jp",
            "jörg@bücher.example",
        ]
        created = api.admin.post(SCHEDULES, schedule_body(recipients=[*odd, '"a..b"@docomo.ne.jp']))
        assert (created.status_code, created.json()["recipients"]) == (201, odd)

    def test_warns_of_what_looks_like_a_typing_error_and_takes_it(self, api: Clients) -> None:
        sent = ["ann@gmail.com", "bob@gmial.com", "cy@ymail.com"]
        created = api.admin.post(SCHEDULES, schedule_body(recipients=sent))
        made = created.json()
        assert (created.status_code, made["recipients"]) == (201, sent)
        assert made["warnings"] == [
            {"pointer": "/recipients/1", "detail": "Did you mean bob@gmail.com?"}
        ]
        url = f"{SCHEDULES}/{made['id']}"
        assert api.admin.get(url).json() == made
        changed = api.admin.put(url, {"recipients": ["bob@gmail.com"]}).json()
        assert (changed["recipients"], changed["warnings"]) == (["bob@gmail.com"], [])

    def test_warns_of_what_looks_like_a_typing_error_in_reply_to(self, api: Clients) -> None:
        sent = schedule_body(replyTo="ann@gmial.com")
        created = api.admin.post(SCHEDULES, sent)
        assert created.status_code == 201
        assert created.json()["warnings"] == [
            {"pointer": "/replyTo", "detail": "Did you mean ann@gmail.com?"}
        ]

    def test_merges_recipients_whatever_their_case(self, api: Clients) -> None:
        sent = ["Ann@Example.com", "bob@example.com", "ann@example.COM", "BOB@EXAMPLE.COM"]
        assert api.admin.post(SCHEDULES, schedule_body(recipients=sent)).json()["recipients"] == [
            "Ann@example.com",
            "bob@example.com",
        ]
        fifty = [f"user{i}@example.com" for i in range(50)]
        assert (
            api.admin.post(SCHEDULES, schedule_body(recipients=fifty + fifty)).json()["recipients"]
            == fifty
        )

    def test_takes_a_campaign_once_in_whatever_spelling(
        self, api: Clients, campaigns: dict[str, Campaign]
    ) -> None:
        one = campaigns["Spring"].id
        made = api.admin.post(
            SCHEDULES, schedule_body(filters={"campaignIds": [one, one.upper()]})
        ).json()
        assert made["filters"] == {"campaignIds": [one]}

    def test_asks_for_the_tenant_of_those_who_have_several(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        assert pointers(api.super_admin.post(SCHEDULES, schedule_body())) == ["/tenantId"]
        problem(api.super_admin.post(SCHEDULES, schedule_body(tenantId=ABSENT)), 404)
        with services.store.write() as tx:
            tx.users.join(Membership(cast.admin.user.id, cast.globex.id, Role.VIEWER))
        assert (
            api.admin.post(SCHEDULES, schedule_body()).json()["tenantId"] == cast.acme.id
        )  # the only one to write into
        problem(api.admin.post(SCHEDULES, schedule_body(tenantId=cast.globex.id)), 403)
        assert count(api.outsider) == 0
