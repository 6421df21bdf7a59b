"""The JSON Schema of definitions, with which editors check and complete them."""

import json
from functools import cache

from exports_app.api.document.shape import simplify
from exports_app.api.schemas.definitions import DefinitionIn
from exports_app.services.schedules.definitions.yaml_text import SCHEMA_PATH

PATH = SCHEMA_PATH
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def text() -> str:
    """Built when all plugins are loaded."""
    schema = simplify(DefinitionIn.model_json_schema())
    named = {"$schema": DIALECT, **schema, "title": "Scheduled exports as code"}
    return json.dumps(named, indent=2, ensure_ascii=False) + "\n"
