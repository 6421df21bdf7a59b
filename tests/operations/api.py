"""What someone who has signed in does through the API."""

from typing import Any

import httpx

from tests.e2e.client import wait_until

PATIENCE = 60.0


class Api:
    def __init__(self, client: httpx.Client) -> None:
        self.http = client

    def call(self, method: str, path: str, **more: Any) -> Any:
        answer = self.http.request(method, path, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def schedule(self, name: str, recipient: str) -> str:
        """Its id. It is due in no test by itself."""
        tenant = self.call("GET", "/api/auth/me")["tenants"][0]["id"]
        asked = {
            "tenantId": tenant,
            "name": name,
            "exportType": "campaigns",
            "format": "csv",
            "schedule": "0 0 1 1 *",
            "recipients": [recipient],
        }
        return str(self.call("POST", "/api/scheduled-exports", json=asked)["id"])

    def trigger(self, schedule: str) -> str:
        """The id of the run."""
        path = f"/api/scheduled-exports/{schedule}/trigger"
        return str(self.call("POST", path)["historyId"])

    def run(self, schedule: str) -> str:
        """Run it now, to its end. Returns the run's id."""
        run = self.trigger(schedule)
        wait_until("the run has ended", lambda: self.has_ended(schedule, run), PATIENCE)
        return run

    def history(self, schedule: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.call(
            "GET", f"/api/scheduled-exports/{schedule}/history"
        )["items"]
        return items

    def attempts(self, schedule: str) -> int:
        """Of its latest run: those that have ended."""
        return int(self.history(schedule)[0]["attempt"])

    def has_ended(self, schedule: str, run: str) -> bool:
        return any(
            item["id"] == run and item["status"] not in {"pending", "processing"}
            for item in self.history(schedule)
        )
