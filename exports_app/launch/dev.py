"""`make dev`: Reflex's development server with hot reload.

It uses one port, so that signing in works as in production.
"""

import os
import sys

from exports_app import environment, settings
from exports_app.domain.errors import ExportsError
from exports_app.launch import address, env
from exports_app.launch.errors import StartError
from exports_app.launch.prepare import prepare


def main() -> None:
    """Prepare the database, then become `reflex run`. On an error, exits with 1 and one line."""
    try:
        config = settings.get()
        address.resolve(config.host, config.port)
        prepare(config)
    except (environment.SettingsError, ExportsError, StartError) as e:
        raise SystemExit(f"exports_app: {e}") from None
    env.prepare()
    port = str(config.port)
    ports = ["--frontend-port", port, "--backend-port", port, "--backend-host", config.host]
    os.execv(sys.executable, [sys.executable, "-m", "reflex", "run", "--env", "preview", *ports])  # noqa: S606 (our own command)


if __name__ == "__main__":
    main()
