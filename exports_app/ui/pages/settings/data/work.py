"""Reading a file, which may take a minute: in threads of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from exports_app.services.campaigns.uploads import UploadedFile
from exports_app.services.core import read_limits
from exports_app.ui.framework.actions import actor
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_lane

R = TypeVar("R")
Progress = Callable[[float], None]
"""Called with the part that is done, from 0 to 1."""
Work = Callable[[UploadedFile, Progress], R]
LOOK_SECONDS = 0.5
"""Between two looks at how far the work is."""


async def with_file(code: str, work: Work[R], tell: Callable[[int], Awaitable[None]]) -> R:
    """What the work makes of the file that was sent under the code. tell: called with the percent
    that are done, when they have changed. Raises what `Uploads.find` and the work raise, and
    Overloaded."""
    parts = [0.0]
    session = actor()

    def run() -> R:
        read_limits.begin(None)  # whoever imports waits, and sees how far it is
        file = services.uploads.find(session.who, session.session, code)
        return work(file, lambda part: parts.__setitem__(0, part))

    running = asyncio.create_task(in_lane(services.lanes.imports, run))
    told = 0
    while not (await asyncio.wait([running], timeout=LOOK_SECONDS))[0]:
        if (percent := int(parts[0] * 100)) != told:
            told = percent
            await tell(percent)
    return await running
