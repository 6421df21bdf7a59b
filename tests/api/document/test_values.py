"""The document says what each text can be: its values, its form, or examples."""

from collections.abc import Iterator
from typing import Any

from tests.api.conftest import Clients

SAYS_MORE = frozenset({"enum", "const", "format", "pattern", "examples", "contentEncoding"})
FREE = {
    "what people write": (
        *("name", "description", "channel", "status", "tags", "addTags", "removeTags", "q", "tag"),
        *("reason", "subject", "html", "text", "rows", "recipientDomains", "fileName", "names"),
        *("campaign", "stored", "given", "kept", "sheet"),
    ),
    "names of people and things": (
        *("actorName", "subjectName", "invitedBy", "createdBy", "scheduledExportName"),
        "destinations",
    ),
    "words for people": (
        *("error", "detail", "title", "label", "message", "pausedReason", "reasons", "device"),
        "disabledReason",
        *("window", "value", "source", "answer", "dialogue", "lost", "explanation"),
        *("fix", "readAs", "notes", "unavailable", "place", "location"),
    ),
    "what is passed on as it is": (
        *("cursor", "nextCursor", "token", "otp", "secret", "key", "accessToken", "prefix"),
        *(
            "recoveryCodes",
            "signature",
            "session",
            "requestId",
            "digest",
            "If-Match",
            "If-None-Match",
        ),
    ),
    "what other servers answered": ("responseHead", "responseBody"),
    "addresses of people, computers and channels": ("target", "address", "lastUsedAddress"),
    "keys of the catalog and codes of errors, which plugins add to": (
        *("mime", "extension", "code", "errorCode", "icon", "secrets"),
    ),
    "names for programs that people choose": ("slug", "tenant", "field"),
    "names of parameters and headers, of which routes get more": ("parameter",),
    "currencies as filters, where an unknown one finds nothing": ("currency",),
    "asked: may be wrong": ("expression",),
    "all that the catalog has": ("zones", "items"),
}
"""Texts without a closed set of values, by what they are."""


def texts(name: str, schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each text in a schema, with the field it is of."""
    if isinstance(schema, list):
        for part in schema:
            yield from texts(name, part)
    if not isinstance(schema, dict):
        return
    kinds = schema.get("type", ())
    if "string" in ([kinds] if isinstance(kinds, str) else kinds):
        yield name, schema
    for of, field in schema.get("properties", {}).items():
        yield from texts(of, field)
    for key in ("items", "anyOf", "oneOf", "allOf"):
        yield from texts(name, schema.get(key))


def test_every_text_says_what_it_can_be(api: Clients) -> None:
    document = api.anonymous.get("/api/openapi.json").json()
    found = [
        (f"{of}.{name}", name, schema)
        for of, model in document["components"]["schemas"].items()
        for name, schema in texts("", model)
    ]
    found += [
        (f"{operation['operationId']} {name}", name, schema)
        for item in document["paths"].values()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
        for name, schema in texts(parameter["name"], parameter["schema"])
    ]
    free = {name for names in FREE.values() for name in names}
    bare = {where: name for where, name, schema in found if not schema.keys() & SAYS_MORE}
    unsaid = sorted(where for where, name in bare.items() if name not in free)
    assert not unsaid, f"{unsaid}: give each an enum, a pattern or a format (see schemas/kinds.py)"
    assert free <= set(bare.values()), "remove those that no text has any more"
