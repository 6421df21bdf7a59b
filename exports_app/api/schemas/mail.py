"""The mail settings of the installation, and a test of them."""

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Output
from exports_app.services.core.extension_points import Outcome


class MailSettingOut(Output):
    name: str
    value: str = Field(description="Of a secret only whether it is set")
    source: str = Field(description="Where it comes from, in words")


class MailSettingsOut(Output):
    items: list[MailSettingOut]


class MailTestIn(Input):
    address: kinds.Email


class MailTestOut(Output):
    outcome: Outcome = Field(description="unknown: the message may or may not have arrived")
    answer: str = Field(
        description="The mail server's last answer, or what is wrong and which setting to check"
    )
    dialogue: list[str] = Field(description="The SMTP dialogue, line by line, without secrets")
