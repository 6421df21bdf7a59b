"""`python -m bench.task FOLDER FILE`: the task of the engine's child process that makes a file,
without format and path.

It is that of the export type `campaign` over all campaigns and days of the database in the folder.
The rivals use the same query. The modules and classes of all formats are with it.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.data import open_services, who
from exports_app.engine.file_writer import FileLimits, as_json
from exports_app.engine.local import TIME_LIMIT
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.wiring import Services


def task(folder: Path) -> dict[str, Any]:
    services = open_services(folder)
    return task_of(services, who(services)[0])


def task_of(services: Services, tenant_id: str) -> dict[str, Any]:
    kind = EXPORT_TYPES["campaign"]
    s = services.settings
    statement = services.store.statement(kind.select(Scope(tenant_id, None, None)))
    limits = FileLimits(
        s.export_max_rows, s.export_max_mb * 1_000_000, TIME_LIMIT, s.export_memory_mb * 2**20
    )
    return {
        "database": statement.database,
        "sql": statement.sql,
        "parameters": statement.parameters,
        "columns": as_json(kind.columns()),
        "limits": asdict(limits),
        "formats": {
            f.key: {
                "module": type(f).__module__,
                "format": type(f).__qualname__,
                "extension": f.extension,
            }
            for f in FORMATS
        },
    }


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(task(Path(sys.argv[1]))))
    print(json.dumps({}))
