"""Fields of a scheduled export, and how many there are."""

from tests.api.client import SCHEDULES, Api

POLICIES = {
    "overlap": "skip",
    "catchUp": "latest",
    "catchUpHours": 168,
    "jitterSeconds": 0,
    "pauseAfter": 5,
    "onUnknown": "resend",
    "retryAttempts": None,
    "retryBaseSeconds": None,
}
OPTIONAL = {
    "slug",
    "description",
    "filters",
    "whenEmpty",
    "emptyMeans",
    "delivery",
    "linkDays",
    "replyTo",
    "timeLimit",
    "isActive",
    "tags",
    "version",
    *POLICIES,
}


def count(client: Api) -> int:
    total: int = client.get(SCHEDULES).json()["total"]
    return total
