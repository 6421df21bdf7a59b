"""A folder of an SFTP server, with a host key that a person has confirmed."""

from exports_app.channels._sftp_config import SftpConfig
from exports_app.domain import name_templates
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.services.core.extension_points import (
    CHANNELS,
    FileDelivery,
    Receipt,
    Stage,
    Trial,
    TrialResult,
)

TEST_SECONDS = 20.0
"""From the lookup of the name; to clean up takes up to 8 more."""


@CHANNELS.decorate
class Sftp:
    key, label, icon = "sftp", "SFTP", "server"
    description = "Writes the file to a folder of an SFTP server."
    stage = Stage.STORE
    most_bytes: int | None = None
    Config = SftpConfig

    def unconfigured(self) -> str | None:
        return None

    def describe(self, config: SftpConfig) -> str:
        return f"{config.user}@{_server(config)}, {_place(config, config.name)}"

    def send(self, delivery: FileDelivery) -> Receipt:
        from exports_app.channels import _sftp_connection, _sftp_upload

        config = delivery.config
        upload = _sftp_upload.Upload(delivery)
        try:
            path = _sftp_connection.run(
                delivery.guard,
                config,
                upload.run,
                delivery.check,
                _sftp_upload.most_seconds(delivery.report.file_size or 0),
            )
        except DeliveryError as e:
            if upload.is_unclear and not e.permanent:
                raise DeliveryUnknown(e.message) from e
            raise
        return Receipt(f"{_server(config)}:{path}", delivery.report.file_size)

    def test(self, trial: Trial) -> TrialResult:
        from exports_app.channels import _sftp_connection, _sftp_upload

        config = trial.config
        if config.host_key is None:
            found = _sftp_connection.host_key(trial.guard, config, trial.check, TEST_SECONDS)
            return TrialResult(
                f"{config.host} has the host key {found}. Compare it with what the server's"
                " operator tells you, confirm it, and test again: nothing else was tried.",
                {"hostKey": found},
            )
        probe = _sftp_upload.Probe(config, trial.id)
        _sftp_connection.run(trial.guard, config, probe.run, trial.check, TEST_SECONDS)
        example = _place(config, name_templates.rendered(config.name, trial.names))
        return TrialResult(
            f"A file was written, renamed and removed. For example, a run writes {example}."
        )


def _server(config: SftpConfig) -> str:
    return config.host if config.port == 22 else f"{config.host}:{config.port}"


def _place(config: SftpConfig, name: str) -> str:
    return f"{config.folder.rstrip('/')}/{name}" if config.folder else name
