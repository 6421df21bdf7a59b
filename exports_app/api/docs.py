"""The API's documentation page: Swagger UI from this server alone, with no inline script, so that a
strict CSP holds.

And the OpenAPI document that it reads, which is built in a thread: that takes 0.3 s. And the JSON
Schema of definitions, for editors.
"""

import json
import threading
from importlib.resources import files

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

from exports_app.api import definition_schema

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Scheduled exports: API</title>
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""
START = (
    'SwaggerUIBundle({url: "/api/openapi.json", dom_id: "#swagger-ui", '
    "deepLinking: true, validatorUrl: null});\n"
)


class Document:
    """The OpenAPI document as it is sent, built at the first request."""

    def __init__(self, api: FastAPI) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._sent = b""

    def sent(self) -> bytes:
        with self._lock:
            if not self._sent:
                self._sent = json.dumps(
                    self._api.openapi(), ensure_ascii=False, separators=(",", ":")
                ).encode()
            return self._sent


def install(api: FastAPI) -> None:
    document = Document(api)

    @api.get("/api/openapi.json", include_in_schema=False)
    def openapi() -> Response:  # no coroutine: FastAPI runs it in a thread
        return Response(document.sent(), media_type="application/json")

    @api.get(definition_schema.PATH, include_in_schema=False)
    def schema() -> Response:  # likewise
        return Response(definition_schema.text(), media_type="application/schema+json")

    @api.get("/api/docs", include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    @api.get("/api/docs/start.js", include_in_schema=False)
    async def start() -> Response:
        return Response(START, media_type="text/javascript")

    api.mount("/api/docs/assets", StaticFiles(directory=str(files("fastapi_offline") / "static")))
