"""What a run that a caller starts has instead of its scheduled export's."""

from typing import Annotated, Any

from annotated_types import MaxLen
from pydantic import BeforeValidator, Field, WithJsonSchema

from exports_app.api.request_body import Input
from exports_app.api.schemas.base import Day
from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.timing.period import Window
from exports_app.services.schedules.new_run import RunOrder

ME = "me"
NO_TEST = "what goes to you or to chosen addresses is a test: leave test out, or send true"
NOT_WHOM = 'must be "me" or a list of addresses'


def _me(value: Any) -> Any:
    """Raises ValueError for what is neither "me" nor a list: of both, pydantic names only the
    list."""
    if value == ME:
        return [ME]
    if not isinstance(value, list):
        raise ValueError(NOT_WHOM)  # noqa: TRY004 (pydantic makes an error of a ValueError)
    return value


Whom = Annotated[
    list[bounds.Address],
    MaxLen(bounds.SENT_RECIPIENTS),
    BeforeValidator(_me),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": [ME]},
                {
                    "type": "array",
                    "items": {"type": "string", "maxLength": bounds.ADDRESS, "format": "email"},
                    "maxItems": bounds.SENT_RECIPIENTS,
                },
            ]
        }
    ),
]


class WindowIn(Input):
    start: Day
    end: Day


class TriggerIn(Input):
    test: bool | None = Field(
        default=None,
        description=(
            "Run a test, which does not count as a run of the scheduled export. It is "
            "sent to you unless recipients says otherwise"
        ),
    )
    recipients: Whom | None = Field(
        default=None,
        description=(
            "me or addresses: run as a test; []: create the file without sending it; "
            "default: the recipients of the scheduled export"
        ),
    )
    window: WindowIn | None = Field(
        default=None,
        description="Days to export, both included; default: those of its filters",
    )

    @property
    def is_test(self) -> bool:
        return bool(self.test or self.recipients)

    @property
    def to(self) -> SendTo:
        if self.recipients == []:
            return SendTo.NOBODY
        to_caller = self.recipients == [ME] or (self.test and self.recipients is None)
        return SendTo.CALLER if to_caller else SendTo.RECIPIENTS

    @property
    def order(self) -> RunOrder:
        """Raises Invalid."""
        if self.test is False and self.recipients:
            raise Invalid([FieldError("/test", NO_TEST)])
        window = Window(self.window.start, self.window.end) if self.window else None
        others = None if self.recipients in ([], [ME]) else self.recipients
        return RunOrder(others, self.is_test, window)
