"""A file as an answer, to be saved under its name."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse as _FileResponse
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from exports_app.api import conditions
from exports_app.api.middleware.methods import is_head
from exports_app.domain import file_names
from exports_app.services.runs.history import RunFile


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


def sent(request: Request, headers: Mapping[str, str], find: Callable[[bool], RunFile]) -> Response:
    """The file, or 304 for a caller who has it, which is no download. find: finds it, and notes the
    download if it gets True."""
    tags, head = request.headers.getlist("if-none-match"), is_head(request.scope)
    file = find(not head and not tags)
    if tags and file.sha256 and conditions.is_known(file.sha256, tags):
        return Response(status_code=304, headers={**headers, "ETag": f'"{file.sha256}"'})
    if tags and not head:
        file = find(True)
    return FileResponse(file.path, file.name, file.mime, headers, file.sha256)
