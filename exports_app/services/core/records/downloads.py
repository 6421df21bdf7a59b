"""Downloads of runs' files."""

from dataclasses import dataclass
from datetime import datetime

from exports_app.domain.open_enum import OpenEnum


class DownloadWay(OpenEnum):
    """How a file was downloaded: by the link in a message, from the pages, by a program."""

    LINK = "link"
    PAGE = "page"
    API = "api"


@dataclass(frozen=True)
class FileDownload:
    """A download of a run's file. user_id: None by link. target: the recipient of the link; None
    otherwise. address: of the client, as reported by trusted proxies. device: the User-Agent."""

    id: str
    history_id: str
    way: DownloadWay
    at: datetime
    user_id: str | None = None
    target: str | None = None
    address: str = ""
    device: str = ""
