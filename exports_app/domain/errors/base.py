"""What every error has."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """An error of one field.

    pointer: a JSON pointer into the submitted body (RFC 6901), e.g. ``/filters/campaignIds/0``.
    detail: what is wrong and how to fix it; never contains the submitted value.
    parameter: the name of the query parameter or header that is wrong; empty: it is the body, or
    it is not known which.
    """

    pointer: str
    detail: str
    parameter: str = ""


class ExportsError(Exception):
    """Something went wrong"""

    code = "error"
    permanent = True
    title: ClassVar[str] = ""
    """What the code means, in a few words: the same for every error that has it."""
    about: ClassVar[str] = ""
    """What the code means, in one to three sentences."""
    fix: ClassVar[str] = ""
    """What to do about it."""
    pointer: ClassVar[str] = ""
    """To the field of the body that it is always about; empty for none."""

    def __init__(
        self, message: str | None = None, *, code: str | None = None, permanent: bool | None = None
    ) -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split())
        if code is not None:
            self.code = code
        if permanent is not None:
            self.permanent = permanent
        super().__init__(self.message)
