"""An example of every body: requests as written here, answers put together from the values of
their fields. A test compares all with their schemas."""

from typing import Any

from exports_app.api.document import texts

ID = "3f2b8c1e-5a94-4d7b-9c3e-1f6a2b7d8e90"
REQUESTS: dict[str, Any] = {
    "AcceptIn": {"token": "eyJhbGciOi…", "name": "Ann Lee", "password": "correct horse battery"},
    "BackfillIn": {"startDate": "2026-02-01", "endDate": "2026-02-28", "sendTo": "nobody"},
    "BulkIn": {"action": "pause", "ids": [ID]},
    "CampaignChange": {"name": "Spring sale", "budget": 1500},
    "CampaignPatch": {"budget": None, "endDate": "2026-06-30"},
    "CampaignIn": {"name": "Spring sale", "channel": "search", "currency": "EUR", "budget": 1500},
    "CronIn": {"expression": "0 9 * * 1", "timezone": "Europe/Berlin", "count": 3},
    "DestinationChange": {"name": "Reports share", "isActive": False},
    "DestinationIn": {
        "channel": "folder",
        "name": "Reports share",
        "config": {"name": "{schedule}/{tick:%Y-%m-%d}.{format}"},
    },
    "DestinationPatch": {"config": {"overwrite": True}},
    "FeedIn": {"name": "Team calendar", "scheduledExportId": ID},
    "DefinitionIn": {
        "schedules": [
            {
                "slug": "weekly-performance",
                "name": "Weekly performance",
                "exportType": "campaign",
                "format": "csv",
                "schedule": "0 9 * * 1",
                "timezone": "Europe/Berlin",
                "recipients": ["ann@example.com"],
            }
        ]
    },
    "ForgotPasswordIn": {"email": "ann@example.com"},
    "InviteIn": {"email": "ben@example.com", "role": "viewer"},
    "KeyNameIn": {"name": "Weekly import"},
    "LinkTokenIn": {"token": "eyJhbGciOi…"},
    "LoginIn": {"email": "ann@example.com", "password": "correct horse battery"},
    "MailTestIn": {"address": "ann@example.com"},
    "MessagePreviewIn": {
        "name": "Weekly performance",
        "exportType": "campaign",
        "format": "csv",
        "schedule": "0 9 * * 1",
    },
    "MetricsIn": {
        "items": [{"date": "2026-03-01", "impressions": 1200, "clicks": 48, "spend": 31.5}]
    },
    "OtpIn": {"otp": "492039"},
    "OwnKeyIn": {"name": "Nightly import", "scopes": ["exports.read"]},
    "PasswordAndOtpIn": {"currentPassword": "correct horse battery", "otp": "492039"},
    "PasswordCheckIn": {"currentPassword": "correct horse battery"},
    "PasswordIn": {
        "currentPassword": "correct horse battery",
        "newPassword": "three blue kettles sing",
    },
    "PreviewIn": {
        "exportType": "campaign",
        "format": "csv",
        "filters": {"period": "previous_week"},
    },
    "QuotasChange": {"schedules": 200},
    "ReplaceRecipientIn": {"from": "ann@gmial.com", "to": "ann@gmail.com"},
    "RerunIn": {"sendTo": "me"},
    "ResetPasswordIn": {"token": "eyJhbGciOi…", "newPassword": "three blue kettles sing"},
    "RoleIn": {"role": "admin"},
    "RolePatch": {"role": "viewer"},
    "ScheduleChange": {"schedule": "0 7 * * 1", "recipients": ["ann@example.com"], "version": 3},
    "SchedulePatch": {"filters": {"period": "previous_week"}, "replyTo": None},
    "ScheduleIn": {
        "name": "Weekly performance",
        "exportType": "campaign",
        "format": "csv",
        "schedule": "0 9 * * 1",
        "timezone": "Europe/Berlin",
        "recipients": ["ann@example.com"],
        "filters": {"period": "previous_week"},
    },
    "TenantChange": {"name": "Acme", "timezone": "Europe/Berlin"},
    "TenantPatch": {"logoUrl": None},
    "TenantKeyIn": {"name": "Nightly import", "scopes": ["exports.read", "exports.write"]},
    "TransferIn": {"ownerId": ID},
    "TriggerIn": {"recipients": "me", "window": {"start": "2026-01-01", "end": "2026-01-31"}},
    "UserChange": {"isActive": False},
    "UserPatch": {"isActive": True},
    "ReplayIn": {"since": "2026-03-01T00:00:00Z"},
    "WebhookChange": {"url": "https://hooks.example.com/exports", "version": 3},
    "WebhookPatch": {"scheduledExportIds": None},
    "WebhookIn": {
        "name": "Warehouse",
        "url": "https://hooks.example.com/exports",
        "events": ["export.run.completed", "export.run.failed"],
    },
    "ViewChange": {"name": "Failing exports"},
    "ViewPatch": {"filters": {"lastStatus": None, "tags": ["weekly"]}},
    "ViewIn": {"name": "Failing exports", "filters": {"lastStatus": "failed"}},
}
"""By the name of the schema."""

BY_FIELD: dict[str, Any] = {
    "accessToken": "eyJhbGciOi…",
    "action": "schedule.updated",
    "actorName": "Ann Lee",
    "address": "192.0.2.10",
    "brandColor": "#1f6feb",
    "atomUrl": "https://exports.example.com/api/feeds/exf_4Fz9.atom",
    "calendarUrl": "https://exports.example.com/api/feeds/exf_4Fz9.ics",
    "channel": "search",
    "columns": [{"key": "clicks", "label": "Clicks", "kind": "integer"}],
    "createdBy": ID,
    "currency": "EUR",
    "database": "ok",
    "description": "Every Monday at 9:00",
    "device": "Firefox on Linux",
    "email": "ann@example.com",
    "engine": "ok",
    "exportType": "campaign",
    "expression": "0 9 * * 1",
    "extension": "csv",
    "fileName": "weekly-performance.csv",
    "format": "csv",
    "groupBy": "day",
    "invitedBy": "Ann Lee",
    "key": "campaign",
    "label": "Campaign",
    "lastStatus": "completed",
    "lastUsedAddress": "192.0.2.10",
    "link": "https://exports.example.com/invitation#eyJhbGciOi",
    "location": f"/api/runs/{ID}",
    "logoUrl": "https://example.com/logo.png",
    "mail": "accepted",
    "messageId": "msg_2f6b8c1e5a944d7b9c3e1f6a2b7d8e90",
    "mime": "text/csv",
    "name": "Weekly performance",
    "owner": "me",
    "nextCursor": "eyJrIjoi…",
    "permissions": ["exports.read", "exports.write"],
    "pointer": "/recipients/0",
    "prefix": "exa_4Fz9",
    "recipients": ["ann@example.com"],
    "recipientDomains": ["example.com"],
    "recoveryCodes": ["k3v9-p2xm"],
    "role": "admin",
    "schedule": "0 9 * * 1",
    "scopes": ["exports.read"],
    "secret": "JBSWY3DPEHPK3PXP",
    "sentAs": "attach",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "size": 50,
    "slug": "acme",
    "status": "completed",
    "subjectName": "Weekly performance",
    "tags": ["weekly"],
    "target": "ann@example.com",
    "timezone": "Europe/Berlin",
    "tokenType": "Bearer",
    "trigger": "schedule",
    "uri": "otpauth://totp/Scheduled%20exports:ann%40example.com?secret=JBSWY3DPEHPK3PXP",
    "way": "link",
    "zones": ["Europe/Berlin"],
    "url": "https://hooks.example.com/exports",
}
"""Values of answers' fields, by their names, where the schema does not say one."""
BY_FORMAT = {
    "date": "2026-03-02",
    "date-time": "2026-03-02T08:00:00Z",
    "email": "ann@example.com",
    "uuid": ID,
}
BY_TYPE: dict[str, Any] = {
    "array": [],
    "boolean": True,
    "integer": 1,
    "null": None,
    "number": 1.5,
    "object": {},
    "string": "text",
}


def add(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        for operation in item.values():
            _add_request(operation)
            texts.add(path, operation)
            for status, response in operation["responses"].items():
                body = response.get("content", {}).get("application/json", {})
                if status.startswith("2") and body.get("schema") and "example" not in body:
                    body["example"] = of(body["schema"], schemas)


def _add_request(operation: dict[str, Any]) -> None:
    for body in operation.get("requestBody", {}).get("content", {}).values():
        name = body["schema"].get("$ref", "").rpartition("/")[2]
        if name in REQUESTS:
            body["example"] = REQUESTS[name]


def of(schema: dict[str, Any], schemas: dict[str, Any], name: str = "") -> Any:
    """An example of an answer. name: of the field."""
    if "$ref" in schema:
        named = schema["$ref"].rpartition("/")[2]
        return REQUESTS[named] if named in REQUESTS else of(schemas[named], schemas, name)
    for key in ("const", "example"):
        if key in schema:
            return schema[key]
    if found := schema.get("examples") or schema.get("enum"):
        return found[0]
    if choices := schema.get("anyOf"):
        return of(choices[0], schemas, name)
    return _by_type(schema, schemas, name)


def _by_type(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> Any:
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object" and "properties" in schema:
        return {key: of(field, schemas, key) for key, field in schema["properties"].items()}
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[schema["format"]]
    if name in BY_FIELD and isinstance(BY_FIELD[name], type(BY_TYPE[kind])):
        return BY_FIELD[name]
    if kind == "array":
        return [of(schema["items"], schemas, name)]
    return BY_TYPE[kind]
