"""A file as an answer, to be saved under its name."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse as _FileResponse
from starlette.types import Receive, Scope, Send

from exports_app.api.middleware.methods import is_head
from exports_app.domain import file_names


def disposition(file_name: str) -> dict[str, str]:
    """The header that has a file saved under its name, with a name in ASCII for programs that do
    not know ``filename*`` (RFC 6266, 4.3; RFC 8187)."""
    fallback = file_names.ascii_fallback(file_name)
    value = f'attachment; filename="{fallback}"'
    if fallback != file_name:
        value += f"; filename*=UTF-8''{quote(file_name, safe='')}"
    return {"Content-Disposition": value}


class FileResponse(_FileResponse):
    """A file of the store. HEAD is answered with the headers alone, without opening the file."""

    def __init__(
        self,
        path: Path,
        file_name: str,
        mime: str,
        headers: Mapping[str, str],
        sha256: str | None = None,
        status_code: int = 200,  # FastAPI reads the default for the OpenAPI document
    ) -> None:
        named = {**headers, **disposition(file_name)}
        if sha256:  # else of its size and time, which differ between machines
            named["ETag"] = f'"{sha256}"'
        super().__init__(path, status_code, named, mime)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_head(scope):
            scope = {**scope, "method": "HEAD"}
        await super().__call__(scope, receive, send)
