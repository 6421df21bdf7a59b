"""What every delivery channel offers."""

from typing import Protocol


class Channel(Protocol):
    """A way to deliver files. It declares what it can do by implementing further Protocols:
    `DeliversToPeople` and those beside it. Callers do not depend on its key."""

    key: str
    label: str

    def unconfigured(self) -> str | None:
        """Why nothing can be sent. None when the channel is configured. Raises SettingsError with
        the name of a wrong setting."""
