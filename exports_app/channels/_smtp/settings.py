"""The settings SMTP_…, read from the environment."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from exports_app.channels import _mailbox_address
from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._smtp import own_name
from exports_app.channels._smtp.server import Tls

IMPLICIT_TLS_PORT = 465
SUBMISSION_PORT = 587


def _host(value: str) -> str:
    if any(c.isspace() for c in value) or "/" in value or value.count(":") == 1:
        raise ValueError("must be a host name or an address alone; the port is SMTP_PORT")
    return value


def _helo(value: str) -> str:
    return own_name.checked(value.strip())


def _from(value: str) -> str:
    try:
        if value:
            _mailbox_address.parse_named(value)
    except ValueError as e:
        raise ValueError(
            f"must look like reports@example.com or Reports <reports@example.com>. {e}"
        ) from None
    return value


class SmtpSettings(BaseModel):
    """SMTP_HOST, SMTP_PORT, SMTP_TLS, SMTP_USER, SMTP_PASS, SMTP_FROM, SMTP_REPLY_TO and SMTP_HELO.
    Without a host no email is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    host: Annotated[str, AfterValidator(_host)] = ""
    port: int = Field(SUBMISSION_PORT, ge=1, le=65535)
    tls: Tls = "starttls"
    user: str = ""
    password: SecretStr = Field(SecretStr(""), alias="pass")
    from_: Annotated[str, AfterValidator(_from)] = Field("", alias="from")
    reply_to: Annotated[str, AfterValidator(_from)] = ""
    helo: Annotated[str, AfterValidator(_helo)] = ""

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, data: Any) -> Any:
        """Port 465 and implicit TLS imply each other."""
        if not isinstance(data, Mapping):
            return data
        values = dict(data)
        if isinstance(values.get("tls"), str):
            values["tls"] = values["tls"].lower()
        if "tls" not in values and str(values.get("port")) == str(IMPLICIT_TLS_PORT):
            values["tls"] = "tls"
        if "port" not in values and values.get("tls") == "tls":
            values["port"] = IMPLICIT_TLS_PORT
        return values

    @model_validator(mode="after")
    def _complete(self) -> "SmtpSettings":
        if self.user and not self.password.get_secret_value():
            raise ValueError("SMTP_USER needs SMTP_PASS (or SMTP_PASS_FILE)")
        if self.host:
            try:
                _ = self.sender
            except ValueError:
                raise ValueError(
                    "SMTP_FROM is needed: no address can be made of SMTP_HOST"
                ) from None
        return self

    @property
    def sender(self) -> Mailbox:
        """From: as set, else the user where it is an address, else no-reply at the host."""
        if self.from_:
            return _mailbox_address.parse_named(self.from_)
        try:
            return _mailbox_address.parse(self.user)
        except ValueError:
            return _mailbox_address.parse(f"no-reply@{_as_domain(self.host)}")

    @property
    def replies(self) -> Mailbox | None:
        """Where replies go, unless a schedule says something else."""
        return _mailbox_address.parse_named(self.reply_to) if self.reply_to else None


def _as_domain(host: str) -> str:
    """An IP address in the form that stands after an @ (RFC 5321, 4.1.3)."""
    if ":" in host:
        return f"[IPv6:{host}]"
    return f"[{host}]" if host.replace(".", "").isdigit() else host
