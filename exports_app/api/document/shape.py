"""Schemas in the form that generators of clients read best."""

from typing import Any

NULL = {"type": "null"}


def simplify(node: Any) -> Any:
    """The document with ``type: [string, null]`` (OpenAPI 3.1) in place of a choice between two
    schemas, and without the titles that repeat the names of fields."""
    if isinstance(node, list):
        return [simplify(part) for part in node]
    if not isinstance(node, dict):
        return node
    found = {key: simplify(part) for key, part in node.items()}
    if isinstance(found.get("properties"), dict):
        for field in found["properties"].values():
            field.pop("title", None)
    if "schema" in found and isinstance(found["schema"], dict):
        found["schema"].pop("title", None)
    return _nullable(found)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or len(choices) != 2 or NULL not in choices:
        return schema
    other = next(choice for choice in choices if choice != NULL)
    if not isinstance(other.get("type"), str):
        return schema  # a reference, or a choice of its own
    merged = {key: part for key, part in schema.items() if key != "anyOf"}
    merged = {**other, "type": [other["type"], "null"], **merged}
    if "enum" in merged:
        merged["enum"] = [*merged["enum"], None]
    return merged
