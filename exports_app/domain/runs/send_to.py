"""To whom a run sends its file."""

from enum import StrEnum


class SendTo(StrEnum):
    """RECIPIENTS: the recipients of its schedule. CALLER: the person who starts it, as a test.
    NOBODY: the file is made and kept, and nothing is sent."""

    RECIPIENTS = "recipients"
    CALLER = "me"
    NOBODY = "nobody"
