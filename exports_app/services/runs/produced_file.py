"""The finished file of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ProducedFile:
    """A finished file in the store. size: bytes. sha256: in hex. summary: as in the run's row."""

    path: Path
    name: str
    size: int
    rows: int
    sha256: str
    summary: Mapping[str, Any] | None = None
