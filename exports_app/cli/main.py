"""Runs one command. Errors are one line on stderr and exit code 1; 130 after Ctrl-C."""

import argparse
import os
import signal
import sys

from exports_app.cli.parser import Command, build_parser
from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, Unavailable
from exports_app.environment import SettingsError
from exports_app.plugins import PluginError

INTERRUPTED = 128 + signal.SIGINT
NO_READER = 128 + signal.SIGPIPE
"""As a shell sees a program that the signal ended."""


def main(argv: list[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()  # here, where a reader that is gone can be told from an error
    except BrokenPipeError:
        # `| head` has read enough. What is still buffered must not fail at the end of Python
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_READER


def _run(argv: list[str] | None) -> int:
    args = build_parser().parse_args(argv)
    os.umask(0o077)  # the database and the files are the operator's alone
    command: Command = args.run
    try:
        _check_texts(args)
        return command(args)
    except BrokenPipeError:
        raise
    except Unavailable as e:
        print(f"exports_app: {e.why}", file=sys.stderr)
    except (ExportsError, SettingsError, PluginError) as e:
        print(f"exports_app: {e}", file=sys.stderr)
    except OSError as e:
        print(f"exports_app: {e.filename or args.command}: {_reason(e)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("exports_app: stopped", file=sys.stderr)
        return INTERRUPTED
    return 1


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return f"{reason}: run this as the server's user, and give that user access"
    return reason


def _check_texts(args: argparse.Namespace) -> None:
    """Raises ExportsError for an argument that nothing could take, before anything is opened."""
    for name, text in vars(args).items():
        if not isinstance(text, str):
            continue
        option = name.replace("_", "-")
        if len(text) > bounds.URL:
            raise ExportsError(f"{option} is too long: {bounds.at_most(bounds.URL)}")
        # What Python makes of bytes that are no UTF-8
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ExportsError(f"{option} is not valid UTF-8 text")
