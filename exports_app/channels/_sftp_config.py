"""What a destination on an SFTP server needs."""

import re
from typing import ClassVar, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from exports_app.channels import _ssh_key
from exports_app.domain import bounds
from exports_app.outbound.errors import Refused
from exports_app.outbound.lookup import MOST_CHARACTERS, literal
from exports_app.services.core.extension_points.channel_config import ChannelConfig, NameTemplate

KEY = r"((ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) )?SHA256:[A-Za-z0-9+/]{43}"
"""A host key: its type, which may be left out, and its fingerprint as OpenSSH shows it."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SftpConfig(ChannelConfig):
    secrets_go_to: ClassVar[tuple[str, ...]] = ("host", "port")

    host: str = Field(
        title="Host",
        description="Name or address of the SFTP server, such as sftp.example.com.",
        max_length=MOST_CHARACTERS,
    )
    port: int = Field(22, title="Port", description="22 on most servers.", ge=1, le=65_535)
    user: str = Field(
        title="User", description="The account on the server.", min_length=1, max_length=255
    )
    password: SecretStr | None = Field(
        None,
        title="Password",
        description="Leave it out where the server takes a private key.",
        max_length=bounds.PASSWORD,
    )
    private_key: SecretStr | None = Field(
        None,
        title="Private key",
        description="The text of the key's file, in OpenSSH or PEM format, without a passphrase.",
        max_length=10_000,
    )
    host_key: str | None = Field(
        None,
        title="Host key",
        description="Leave it empty at first: a test shows the fingerprint of the server's key"
        " (SHA256:…), and you confirm it. Nothing is sent before.",
        max_length=100,
    )
    folder: str = Field(
        "",
        title="Folder",
        description="An existing folder, such as /in. Empty: where the account begins.",
        max_length=bounds.NAME,
    )
    name: NameTemplate = Field(
        "{schedule}_{tick:%Y-%m-%d_%H%M}.{format}",
        title="File name",
        description="With / between folders, which are made where they are missing.",
    )
    overwrite: bool = Field(
        False,
        title="Replace a file of the same name",
        description="Otherwise the delivery fails where there is another file of this name.",
    )
    check_size: bool = Field(
        True,
        title="Check the size",
        description="Asks the server how much has arrived. Off: for servers that do not tell.",
    )

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, value: str) -> str:
        try:
            literal(value)
        except Refused as e:
            raise ValueError(e.message) from None
        return value

    @field_validator("user", "folder")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if _CONTROL.search(value):
            raise ValueError("remove line breaks and control characters")
        return value

    @field_validator("host_key")
    @classmethod
    def _is_a_fingerprint(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(KEY, value):
            raise ValueError(
                "enter the fingerprint as ssh-keygen -l shows it: SHA256: and 43 characters"
            )
        return value

    @field_validator("private_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        return SecretStr(_ssh_key.normalised(value.get_secret_value()))

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if self.password is None and self.private_key is None:
            wrong = PydanticCustomError("value_error", "enter a password or a private key")
            at = InitErrorDetails(type=wrong, loc=("password",), input=None)
            raise ValidationError.from_exception_data("SftpConfig", [at])
        return self
