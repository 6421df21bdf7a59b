"""Extension points: Protocols of export types, formats and delivery channels, and their
registries."""

from exports_app.services.core.extension_points.batch import Batch, OtherForm
from exports_app.services.core.extension_points.channel import Channel
from exports_app.services.core.extension_points.destinations import (
    DestinationChannel,
    DestinationPaused,
    FileDelivery,
    Place,
    Receipt,
    Stage,
    Trial,
    TrialResult,
)
from exports_app.services.core.extension_points.export_types import (
    ExportType,
    LeadsWith,
    TellsData,
    leading_columns,
)
from exports_app.services.core.extension_points.formats import Format
from exports_app.services.core.extension_points.messages import (
    Attachment,
    Link,
    Message,
    Note,
    Report,
)
from exports_app.services.core.extension_points.people import (
    NOTIFY_SECONDS,
    CanCheck,
    CanNotify,
    CanPreview,
    ChannelTestResult,
    DeliversToPeople,
    Diagnosable,
    EffectiveSetting,
    HasConfig,
    HasServer,
    LimitsAttachments,
    Outcome,
)
from exports_app.services.core.registry import Registry

__all__ = [
    "CHANNELS",
    "EXPORT_TYPES",
    "FORMATS",
    "NOTIFY_SECONDS",
    "Attachment",
    "Batch",
    "CanCheck",
    "CanNotify",
    "CanPreview",
    "Channel",
    "ChannelTestResult",
    "DeliversToPeople",
    "DestinationChannel",
    "DestinationPaused",
    "Diagnosable",
    "EffectiveSetting",
    "ExportType",
    "FileDelivery",
    "Format",
    "HasConfig",
    "HasServer",
    "LeadsWith",
    "LimitsAttachments",
    "Link",
    "Message",
    "Note",
    "OtherForm",
    "Outcome",
    "Place",
    "Receipt",
    "Report",
    "Stage",
    "TellsData",
    "Trial",
    "TrialResult",
    "leading_columns",
]

EXPORT_TYPES: Registry[ExportType] = Registry("export type", "exports_app.export_types")
FORMATS: Registry[Format] = Registry("format", "exports_app.formats")
CHANNELS: Registry[Channel] = Registry("channel", "exports_app.channels")
