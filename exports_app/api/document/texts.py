"""Examples of bodies that are texts: files, feeds, and YAML. Tests read each as it is meant."""

from typing import Any

from exports_app.api.document.answers import FILES, JSON

IMPORT = "campaign_name,currency,date,impressions,clicks\nSpring sale,EUR,2026-03-01,1200,48\n"
IMPORTS = {
    "text/csv": IMPORT,
    "text/plain": IMPORT,
    "text/tab-separated-values": IMPORT.replace(",", "\t"),
}
"""By the type of the content."""
OF_FILES: dict[str, Any] = {
    "text/csv": "date,campaign,clicks,spend\r\n2026-03-01,Spring sale,48,31.50\r\n",
    "application/xml": (
        '<?xml version="1.0" encoding="UTF-8"?>\n<export>\n<row><date>2026-03-01</date>'
        "<campaign>Spring sale</campaign><clicks>48</clicks><spend>31.50</spend></row>\n</export>\n"
    ),
    JSON: [{"date": "2026-03-01", "campaign": "Spring sale", "clicks": 48, "spend": 31.5}],
}
"""By the type of the content, of the formats that come with the app. Their columns are those of the
export type."""
BINARY = frozenset(
    {
        "application/octet-stream",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "multipart/byteranges",
    }
)
"""Types that no text can show. Parts of files (206) may begin and end anywhere."""

_CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//exports_app//Scheduled exports//EN
NAME:Weekly performance
BEGIN:VEVENT
UID:5b1f6f0e-6a0e-5a58-8a44-0d5f9f3f7c11
DTSTAMP:20260302T080000Z
DTSTART:20260309T080000Z
SUMMARY:Weekly performance
URL:https://exports.example.com/scheduled-exports/3f2b8c1e-5a94-4d7b-9c3e-1f6a2b7d8e90
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
_RUNS = """<?xml version='1.0' encoding='utf-8'?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>urn:uuid:3f2b8c1e-5a94-4d7b-9c3e-1f6a2b7d8e90</id>
<title>Weekly performance</title>
<updated>2026-03-02T08:00:05Z</updated>
<author><name>Acme</name></author>
<entry>
<id>urn:uuid:8c2d6f1a-3b7e-4f95-a1d4-6e0b9c5f2a73</id>
<title>Weekly performance: completed</title>
<published>2026-03-02T08:00:00Z</published>
<updated>2026-03-02T08:00:05Z</updated>
<content>Status: completed. Rows: 1200. Delivered to 2 of 2 recipients.</content>
</entry>
</feed>
"""
_AUDIT = (
    "at,actor,action,subject,subject_id,detail,address,session,request_id\r\n"
    "2026-03-02T08:00:00.123456+00:00,Ann Lee,schedule.paused,Weekly performance,"
    "3f2b8c1e-5a94-4d7b-9c3e-1f6a2b7d8e90,,192.0.2.10,,\r\n"
)
_DEFINITION = """tenant: acme
schedules:
  - slug: weekly-performance
    name: Weekly performance
    exportType: campaign
    format: csv
    schedule: 0 9 * * 1
    timezone: Europe/Berlin
    recipients: [ann@example.com]
"""
ANSWERS = {
    "readCalendar": _CALENDAR,
    "readRunFeed": _RUNS,
    "downloadAudit": _AUDIT,
    "exportDefinition": _DEFINITION,
}
"""Texts that operations answer with, beside JSON, by the name of the operation."""
NOT_WELL: dict[str, dict[str, Any]] = {
    "getHealth": {"status": "down", "reasons": ["The database does not answer"]},
    "getReadiness": {"status": "not ready", "reasons": ["The server is still starting"]},
}
"""Answers with status 503 that are not problems, by the name of the operation."""


def add(path: str, operation: dict[str, Any]) -> None:
    """Adds to an operation in the document."""
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        if kind in IMPORTS:
            body["example"] = IMPORTS[kind]
    whole = operation["responses"].get("200", {}).get("content", {})
    name = operation["operationId"]
    for kind, body in whole.items():
        if path.endswith(FILES) and kind in OF_FILES:
            body["example"] = OF_FILES[kind]
        elif name in ANSWERS and kind != JSON:
            body["example"] = ANSWERS[name]
    if name in NOT_WELL:
        operation["responses"]["503"]["content"][JSON]["example"] = NOT_WELL[name]
