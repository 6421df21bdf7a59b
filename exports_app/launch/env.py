"""Environment variables that Reflex reads when it is imported. Standard library only."""

import os
import sysconfig

REFLEX = {
    "REFLEX_USE_NPM": "1",  # bun would be downloaded from a host of its own
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_USE_GRANIAN": "1",
    "GRANIAN_WORKERS": "1",  # each worker would start an engine of its own
    "NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED": "true",  # the committed lock names no host
    "NPM_CONFIG_AUDIT": "false",
    "NPM_CONFIG_FUND": "false",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
}


def prepare() -> None:
    """Put this Python's scripts (with node and npm) first on PATH, and set Reflex's variables.

    Variables that are set already keep their values.
    """
    scripts = sysconfig.get_path("scripts")
    others = [p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p != scripts]
    os.environ["PATH"] = os.pathsep.join([scripts, *others])
    for name, value in REFLEX.items():
        os.environ.setdefault(name, value)
