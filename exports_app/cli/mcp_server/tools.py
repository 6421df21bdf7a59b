"""The tools. Their docstrings are what an assistant reads before it chooses one."""

import re
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from exports_app.cli.mcp_server import answers as a
from exports_app.cli.remote import Remote
from exports_app.domain.errors import ExportsError

SCHEDULES = "/api/scheduled-exports"
Schedule = Annotated[str, Field(description="ID or slug of a scheduled export", max_length=200)]
RunId = Annotated[str, Field(description="ID of a run", max_length=100)]
TenantId = Annotated[
    str | None, Field(description="Needed if the key's user is a member of several tenants")
]
Cursor = Annotated[str | None, Field(description="nextCursor of the page before")]
Size = Annotated[int, Field(ge=1, le=a.ITEMS)]
M = TypeVar("M", bound=a.Answer)
Count = Annotated[int, Field(ge=1, le=20)]
NOT_RECEIVED = {"failed", "unknown"}
"""Statuses of deliveries that failed, or may have: not of those that are still to be sent, or
were replaced."""
Status = Literal["pending", "processing", "completed", "partial", "failed", "skipped", "cancelled"]


class Reading:
    """Tools that change nothing."""

    def __init__(self, api: Remote) -> None:
        self._api = api

    def tools(self) -> list[Callable[..., Any]]:
        return [
            *(self.list_schedules, self.get_schedule, self.next_runs, self.list_runs),
            *(self.get_run, self.why_did_it_fail, self.preview, self.check_cron, self.get_catalog),
        ]

    def list_schedules(
        self,
        q: Annotated[str, Field(description="Words of names and descriptions")] = "",
        state: Literal["all", "active", "paused", "failing"] = "all",
        tenant_id: TenantId = None,
        size: Size = 20,
        cursor: Cursor = None,
    ) -> a.ScheduleList:
        """List scheduled exports, newest first, with their next and last run."""
        query: dict[str, Any] = {"q": q or None, "tenantId": tenant_id}
        query |= {"size": size, "cursor": cursor}
        if state in {"active", "paused"}:
            query["isActive"] = state == "active"
        if state == "failing":
            query["failing"] = True
        return _made(a.ScheduleList, self._api.ask("GET", SCHEDULES, query))

    def get_schedule(self, schedule: Schedule) -> a.ScheduleAnswer:
        """Get a scheduled export: when it runs, what it exports, and to whom it is sent."""
        return _made(a.ScheduleAnswer, self.found(schedule))

    def next_runs(self, schedule: Schedule, count: Count = 5) -> a.NextRuns:
        """Say when a scheduled export runs next."""
        found = self.found(schedule)
        body = {"expression": found["schedule"], "timezone": found["timezone"], "count": count}
        runs = (
            self._api.ask("POST", f"{SCHEDULES}/validate-cron", body=body)
            if found["isActive"]
            else {}
        )
        return _made(a.NextRuns, found | {"nextRuns": runs.get("nextRuns", [])})

    def list_runs(
        self,
        schedule: Annotated[
            str | None, Field(description="ID or slug of a scheduled export; left out: all")
        ] = None,
        status: Status | None = None,
        tenant_id: TenantId = None,
        size: Size = 20,
        cursor: Cursor = None,
    ) -> a.RunList:
        """List runs, newest first: of a tenant, or of one scheduled export."""
        query = {"status": status, "tenantId": tenant_id, "limit": size, "cursor": cursor}
        if schedule is not None:
            found = self.found(schedule)
            query |= {"scheduledExportId": found["id"], "tenantId": found["tenantId"]}
        return _made(a.RunList, self._api.ask("GET", "/api/runs", query))

    def get_run(self, run_id: RunId) -> a.RunAnswer:
        """Get a run: its file, its result, and what happened for each recipient."""
        return _made(a.RunAnswer, self._api.ask("GET", f"/api/runs/{_run_id(run_id)}"))

    def why_did_it_fail(
        self,
        run_id: Annotated[str | None, Field(description="ID of a run", max_length=100)] = None,
        schedule: Annotated[
            str | None,
            Field(description="ID or slug: its newest run that failed, in whole or in part"),
        ] = None,
    ) -> a.Failure:
        """Explain why a run failed: the error, each attempt, and the recipients that did not get
        it. Give a run, or a scheduled export."""
        if (run_id is None) == (schedule is None):
            raise ExportsError("Give run_id or schedule, and only one of them")
        if schedule is not None:
            run_id = self._newest_failed(self.found(schedule))
        run = self._api.ask("GET", f"/api/runs/{_run_id(run_id or '')}")
        of = f"{SCHEDULES}/{run['scheduledExportId']}/history/{run['id']}"
        attempts = self._api.ask("GET", f"{of}/attempts")["items"]
        failed = [each for each in run["deliveries"] if each["status"] in NOT_RECEIVED]
        found = {"run": run, "attempts": attempts, "failedDeliveries": failed}
        return _made(a.Failure, found | {"explanation": _explanation(run, attempts, failed)})

    def preview(self, schedule: Schedule) -> a.Preview:
        """Show the first rows of the file that a scheduled export would send now. Sends nothing;
        the key needs the scope exports.write."""
        found = self.found(schedule)
        body = {
            name: found[name]
            for name in ("tenantId", "exportType", "format", "timezone", "filters")
        }
        made = self._api.ask("POST", f"{SCHEDULES}/preview", body=body)
        rows = [[cell[: a.CELL] for cell in row[: a.ITEMS]] for row in made["rows"][: a.ROWS]]
        keys = [column["key"] for column in made["columns"]]
        return _made(a.Preview, made | {"columns": keys, "rows": rows})

    def check_cron(
        self,
        expression: Annotated[str, Field(description="Five fields", max_length=200)],
        timezone: Annotated[str | None, Field(description="IANA time zone", max_length=64)] = None,
        count: Count = 5,
    ) -> a.CronAnswer:
        """Check a cron expression, say it in words, and say when it would run next."""
        body = {"expression": expression, "count": count}
        if timezone:
            body["timezone"] = timezone
        made = self._api.ask("POST", f"{SCHEDULES}/validate-cron", body=body)
        error = None if made["valid"] else made["message"]
        return _made(a.CronAnswer, made | {"error": error})

    def get_catalog(self) -> a.Catalog:
        """List what can be exported: export types with their columns, formats, channels, common
        schedules and periods."""
        found = self._api.ask("GET", "/api/catalog")
        types = [
            kind | {"columns": [column["key"] for column in kind["columns"]]}
            for kind in found["exportTypes"]
        ]
        return _made(a.Catalog, found | {"exportTypes": types})

    def found(self, schedule: str) -> Any:
        """By its ID or slug."""
        if _is_id(schedule):
            return self._api.ask("GET", f"{SCHEDULES}/{schedule}")
        items = self._api.ask("GET", SCHEDULES, {"slug": schedule, "size": 2})["items"]
        if not items:
            raise ExportsError(f"There is no scheduled export with the slug {schedule!r}")
        if len(items) > 1:
            raise ExportsError(f"Several tenants have {schedule!r}: give the ID instead")
        return items[0]

    def _newest_failed(self, schedule: Any) -> str:
        query = {"scheduledExportId": schedule["id"], "tenantId": schedule["tenantId"]}
        found = [
            run
            for status in ("failed", "partial")
            for run in self._api.ask("GET", "/api/runs", query | {"status": status, "limit": 1})[
                "items"
            ]
        ]
        if not found:
            raise ExportsError(f"No run of “{schedule['name']}” failed")
        return str(max(found, key=lambda run: run["createdAt"])["id"])


class Writing:
    """Tools that change or send something: only with --allow-writes."""

    def __init__(self, api: Remote, reading: Reading) -> None:
        self._api = api
        self._found = reading.found

    def tools(self) -> list[Callable[..., Any]]:
        return [self.trigger_run, self.set_active]

    def trigger_run(
        self,
        schedule: Schedule,
        send_to: Annotated[
            Literal["recipients", "me", "nobody"],
            Field(
                description=(
                    "recipients: its file is sent to all of them; me: a test, to the key's user; "
                    "nobody: the file is made and not sent"
                )
            ),
        ],
        wait: Annotated[int, Field(ge=0, le=60, description="Seconds to wait for its end")] = 30,
    ) -> a.Started:
        """Run a scheduled export now. Emails cannot be taken back: ask the user first."""
        found = self._found(schedule)
        to: dict[str, Any] = {"me": {"recipients": "me"}, "nobody": {"recipients": []}}
        path = f"{SCHEDULES}/{found['id']}/trigger"
        made = self._api.ask(
            *("POST", path, {"wait": wait or None}, to.get(send_to, {})), repeat=str(uuid.uuid4())
        )
        return _made(a.Started, {"runId": made["historyId"], "status": made["status"]})

    def set_active(self, schedule: Schedule, active: bool) -> a.ScheduleAnswer:
        """Activate or pause a scheduled export. A paused one does not run on schedule."""
        found = self._found(schedule)
        body = {"isActive": active, "version": found["version"]}
        return _made(
            a.ScheduleAnswer, self._api.ask("PUT", f"{SCHEDULES}/{found['id']}", body=body)
        )


def _made(model: type[M], found: Any) -> M:
    """Raises ExportsError where it is too long all the same."""
    # Only what the tool answers counts: of the rest, nothing can be missed
    short, was_cut = a.cut(model.model_validate(found).model_dump(by_alias=True))
    if issubclass(model, a.Whole):
        short = short | {"shortened": was_cut}
    made = model.model_validate(short)
    if len(made.model_dump_json()) > a.WHOLE:
        raise ExportsError("The answer is too long for an assistant: ask for fewer items")
    return made


_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def _run_id(text: str) -> str:
    """Raises ExportsError for what would be another path."""
    if not _is_id(text):
        raise ExportsError(f"{text!r} is not the ID of a run: list_runs shows the IDs")
    return text


def _explanation(run: Any, attempts: list[Any], failed: list[Any]) -> str:
    said = [f"The run is {run['status']}."]
    if run["error"]:
        said.append(f"{run['error'].rstrip('.')}.")
    if len(attempts) > 1:
        said.append(f"There were {len(attempts)} attempts.")
    unsure = sum(each["status"] == "unknown" for each in failed)
    of = f"of {len(run['deliveries'])} recipients"
    if missed := len(failed) - unsure:
        said.append(f"{missed} {of} did not get it.")
    if unsure:
        said.append(f"It is not known whether {unsure} {of} got it.")
    if run["nextAttemptAt"]:
        said.append(f"It will be retried at {run['nextAttemptAt']}.")
    return " ".join(said)
