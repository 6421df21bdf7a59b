"""Whether a server of this app runs at the address of the settings."""

import json
from http.client import HTTPConnection, HTTPException

from exports_app.settings import Settings

PATIENCE = 5.0


def answers(settings: Settings) -> bool:
    """Whether /api/health answers there as this app's does."""
    host = settings.host.strip("[]")
    connection = HTTPConnection(host, settings.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/api/health")
        told = json.loads(connection.getresponse().read(10_000))
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(told, dict) and told.get("status") in {"ok", "down"}
