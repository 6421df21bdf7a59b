"""The command mcp."""

import argparse
import os
from importlib.util import find_spec

from exports_app.cli.remote import URL, Remote
from exports_app.domain.errors import ExportsError

TEXT = (
    "Let AI assistants read scheduled exports through the API, by the Model Context Protocol over "
    "standard input and output. They use the API key in EXPORTS_APP_KEY, and what its scopes allow."
)


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--url", help="where the app is (default: EXPORTS_APP_URL, or PUBLIC_URL of this server)"
    )
    command.add_argument(
        "--allow-writes",
        action="store_true",
        help="also offer tools that run, activate and pause scheduled exports",
    )


def run(args: argparse.Namespace) -> int:
    """Raises ExportsError, SettingsError."""
    if find_spec("mcp") is None:
        raise ExportsError("The MCP SDK is missing: pip install -r requirements-mcp.txt")
    api = Remote(args.url or os.environ.get(URL) or _own())
    from exports_app.cli.mcp_server import server  # only here: the SDK takes long to import

    server.build(api, allow_writes=args.allow_writes).run()
    return 0


def _own() -> str:
    from exports_app import settings

    return settings.get().base_url
