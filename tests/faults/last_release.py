"""Run by the code of the last release, in a process of its own: what its servers and workers do
over a database that the new version has migrated.

One argument, JSON: settings, tenant, user. Prints JSON: what it read and did. Uses nothing but what
that release has.
"""

import json
import sys
from typing import Any

from exports_app import wiring
from exports_app.domain.access import Principal, Role
from exports_app.engine.local import worker
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page
from exports_app.settings import Settings


def main(asked: dict[str, Any]) -> dict[str, Any]:
    services = wiring.build(Settings(**asked["settings"]))
    who = Principal(asked["user"], False, {asked["tenant"]: Role.ADMIN})
    tenant = asked["tenant"]
    try:
        schedules, total = services.schedules.find(who, tenant, {}, "", Page(1, 50))
        histories = {s.name: services.history.of_schedule(who, s.id, 50)[0] for s in schedules}
        entries, _ = services.audit.find(who, tenant, AuditFilter(), Page(1, 50))
        made = services.schedules.create(who, tenant, asked["draft"])
        services.schedules.trigger(who, made.id)
        ticks = services.ticks.tick()
        done = []
        while (run := services.run_queue.claim()) is not None:
            worker(services).execute(run, lambda: None)
            ended, deliveries = services.history.get(who, run.scheduled_export_id, run.id)
            done.append([ended.spec["name"], ended.status, [d.status for d in deliveries]])
        services.retention.sweep()
        return {
            "schedules": sorted(schedule.name for schedule in schedules),
            "total": total,
            "histories": {name: len(runs) for name, runs in histories.items()},
            "names": sorted({run.spec["name"] for runs in histories.values() for run, _ in runs}),
            "actions": sorted({str(entry.action) for entry in entries}),
            "members": len(services.members.find(who, tenant)),
            "figures": services.export_analytics.read(who, tenant) is not None,
            "healthy": services.health.figures() is not None,
            "ticks": ticks,
            "done": sorted(done),
        }
    finally:
        services.close()


if __name__ == "__main__":
    print("\n" + json.dumps(main(json.loads(sys.argv[1]))))
