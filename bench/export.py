"""`python -m bench.export FOLDER FORMAT ROWS`: a run of the export type `campaign` by a worker, without email."""

import json
import resource
import sys
import time
from pathlib import Path

from bench.data import DAYS, open_services, who
from exports_app.domain.run import RunStatus
from exports_app.engine.worker import Worker
from exports_app.services.records import Page
from exports_app.services.rules import Filters


def peak_mb() -> float:
    """This process's highest resident memory so far."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1_000_000


def main(folder: Path, file_format: str, rows: int) -> dict[str, float]:
    services = open_services(folder)
    tenant_id, me = who(services)
    campaigns: list[str] = []
    while len(campaigns) * DAYS < rows:
        found, _ = services.campaigns.find(me, tenant_id, {}, "", Page(len(campaigns) // 200 + 1, 200))
        campaigns += [c.id for c in found]
    draft = {
        "name": f"bench {file_format}",
        "export_type": "campaign",
        "format": file_format,
        "schedule": "@yearly",
        "recipients": ("bench@example.com",),
        "filters": Filters(campaign_ids=tuple(campaigns[: rows // DAYS])),
    }
    schedule = services.schedules.create(me, tenant_id, draft)
    services.schedules.trigger(me, schedule.id)
    run = services.runs.claim()
    assert run is not None
    worker = Worker(services.runs, services.store, services.files)
    before, began = peak_mb(), time.perf_counter()
    worker.execute(run, lambda: None)
    seconds, peak = time.perf_counter() - began, peak_mb()
    done, _ = services.history.get(me, schedule.id, run.id)
    if done.status is not RunStatus.COMPLETED or done.record_count != rows:
        raise SystemExit(f"the run ended {done.status} with {done.record_count} rows: {done.error}")
    services.history.file(me, schedule.id, run.id).path.unlink()
    return {"seconds": seconds, "file_mb": (done.file_size or 0) / 1_000_000, "peak_mb": peak, "rise_mb": peak - before}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
