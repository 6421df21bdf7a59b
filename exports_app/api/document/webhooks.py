"""The section ``webhooks``: what the app sends to addresses of users."""

from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from exports_app.services.events import examples
from exports_app.services.events.kinds import MEANINGS, EventType
from exports_app.services.events.payloads import MODELS, Part
from exports_app.services.webhooks.receiving import HEADERS

PREFIX = "Webhook"
"""Of the schemas' names: those of the API may have the same words."""
_REF = "#/components/schemas/" + PREFIX
_SCHEMAS: dict[str, dict[str, Any]] = {
    "webhook-id": {"type": "string", "pattern": "^msg_[0-9a-f]{32}$"},
    "webhook-timestamp": {"type": "string", "pattern": "^[0-9]+$"},
    "webhook-signature": {"type": "string", "pattern": "^v1,[^ ]+( v1,[^ ]+)?$"},
}
_EXAMPLES = {
    "webhook-id": examples.MESSAGE_ID,
    "webhook-timestamp": str(int(examples.AT.timestamp())),
    "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
}
_ABOUT = (
    "Verify the signature before you read the body. Anything but an answer of 2xx within 15 seconds"
    " is a failure, and the message is sent again, for three days; a test is sent once."
)
_ANSWERS = {
    "2XX": "The message is taken",
    "410": "The address is gone: the webhook is switched off",
    "default": "A failure: the message is sent again, later where there is a Retry-After",
}


def add(document: dict[str, Any]) -> None:
    """Before the document is simplified."""
    schemas = document["components"]["schemas"]
    schemas |= _schemas()
    document["webhooks"] = {str(kind): {"post": _message(kind)} for kind in EventType}


def _schemas() -> dict[str, Any]:
    """Of the data, under their names with PREFIX, and of each message."""
    models: list[tuple[type[Part], JsonSchemaMode]] = [
        (model, "serialization") for model in dict.fromkeys(MODELS.values())
    ]
    _, schema = models_json_schema(models, ref_template=_REF + "{model}")
    found = {PREFIX + name: one | {"title": PREFIX + name} for name, one in schema["$defs"].items()}
    return found | {_name(kind): _envelope(kind) for kind in EventType}


def _name(kind: EventType) -> str:
    words = kind.replace(".", " ").title().replace(" ", "")
    return f"{PREFIX}{words}Message"


def _envelope(kind: EventType) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "const": str(kind)},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When the event happened",
            },
            "data": {"$ref": _REF + MODELS[kind].__name__},
        },
    }


def _message(kind: EventType) -> dict[str, Any]:
    meaning = MEANINGS[kind]
    return {
        "operationId": "on" + _name(kind).removeprefix(PREFIX).removesuffix("Message"),
        "summary": meaning.label,
        "description": f"{meaning.when} {_ABOUT}",
        "tags": ["webhooks"],
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": about,
                "schema": _SCHEMAS[name],
                "example": _EXAMPLES[name],
            }
            for name, about in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{_name(kind)}"},
                    "example": examples.of(kind),
                }
            },
        },
        "responses": {status: {"description": about} for status, about in _ANSWERS.items()},
    }
