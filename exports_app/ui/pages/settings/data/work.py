"""Reading a file, which may take a minute: in threads of its own."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from exports_app.services.campaigns.uploads import UploadedFile
from exports_app.ui.framework.actions import actor
from exports_app.ui.framework.services import services

R = TypeVar("R")
Progress = Callable[[float], None]
"""Called with the part that is done, from 0 to 1."""
Work = Callable[[UploadedFile, Progress], R]
LOOK_SECONDS = 0.5
"""Between two looks at how far the work is."""
_slow = ThreadPoolExecutor(2, thread_name_prefix="import")
"""Reading a workbook may take 2 GB: others wait."""


async def with_file(code: str, work: Work[R], tell: Callable[[int], Awaitable[None]]) -> R:
    """What the work makes of the file that was sent under the code. tell: called with the percent
    that are done, when they have changed. Raises what `Uploads.find` and the work raise."""
    parts = [0.0]
    session = actor()

    def run() -> R:
        file = services.uploads.find(session.who, session.session, code)
        return work(file, lambda part: parts.__setitem__(0, part))

    context = contextvars.copy_context()
    running = asyncio.get_running_loop().run_in_executor(_slow, context.run, run)
    told = 0
    while not (await asyncio.wait([running], timeout=LOOK_SECONDS))[0]:
        if (percent := int(parts[0] * 100)) != told:
            told = percent
            await tell(percent)
    return await running
