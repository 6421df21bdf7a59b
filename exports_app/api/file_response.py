"""A file of the store as an answer."""

from starlette.responses import FileResponse as _FileResponse
from starlette.types import Receive, Scope, Send

from exports_app.api.middleware.methods import is_head


class FileResponse(_FileResponse):
    """Answers HEAD with the headers alone, without opening the file."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_head(scope):
            scope = {**scope, "method": "HEAD"}
        await super().__call__(scope, receive, send)
