"""A restore that was killed while it replaced the data."""

from exports_app.launch import lock
from exports_app.launch.errors import StartError
from exports_app.settings import Settings

STAGING = "restoring"
"""In the data folder: the parts of a backup before they are at their places."""


def refuse(settings: Settings) -> None:
    """Raises StartError: a server would begin with an empty database."""
    file = lock.database_file(settings)
    if file is None or file.exists() or not (settings.data_dir / STAGING).exists():
        return
    raise StartError(
        "a restore did not finish: run it again with --force. What was there before is in a folder"
        f" named {settings.data_dir.name}.before-… beside the data folder"
    )
