"""The command rotate-keys."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from exports_app import settings
from exports_app.cli.output import show
from exports_app.cli.services import open_services
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted
from exports_app.settings import Settings

if TYPE_CHECKING:
    from exports_app.services.key_rotation import Renewed
    from exports_app.wiring import Services


def rotate_keys(args: argparse.Namespace) -> int:
    from exports_app.services.keys import secret_keys

    def say(line: str) -> None:
        if not args.json:
            print(line)

    current = settings.get()
    generated = secret_keys.is_generated(current)
    if args.forget_previous and not generated:
        raise ExportsError(
            "SECRET_KEY is set: remove SECRET_KEY_PREVIOUS from the settings instead, then restart"
        )
    what = "keys of the settings"
    if generated:
        what = "earlier generated keys forgotten" if args.forget_previous else "new generated key"
    with open_services() as services:
        if generated and not args.forget_previous:
            secret_keys.rotate(current)  # which the services notice
            file = current.data_dir / secret_keys.CURRENT
            say(f"Created a new secret key in {file}. The previous keys are still accepted")
        done = _renew(services, what, say)
    removed = 0
    if args.forget_previous:
        removed = secret_keys.forget_previous(current)
        say(f"Removed {counted(removed, 'previous key')}")
    elif generated:
        say(
            "When everything signed with the previous keys has expired, run rotate-keys "
            "--forget-previous (docs/secrets.md, Rotating keys)"
        )
    superfluous = _superfluous(current, generated=generated)
    for name in superfluous:
        when = "when everything signed with it has expired" if name.startswith("SECRET") else "now"
        say(f"You can remove {name} {when}")
    show(args, _answer(done, removed=removed, superfluous=superfluous))
    return 0


def _answer(done: "Renewed", *, removed: int, superfluous: list[str]) -> dict[str, Any]:
    counts = {"encryptedSecrets": done.renewed, "signedCheckpoints": done.checkpoints}
    return counts | {"removedKeys": removed, "superfluousSettings": superfluous}


def _renew(services: "Services", what: str, say: Callable[[str], None]) -> "Renewed":
    """Encrypt and sign again with the newest keys. what: for the audit. Raises
    ExportsError where a key is missing."""
    services.installation.confirm_keys()
    done = services.key_rotation.renew(what)
    say(f"Encrypted {counted(done.renewed, 'stored secret')} with the newest key")
    say(f"Signed {counted(done.checkpoints, 'audit checkpoint')} with the newest key")
    if done.unreadable:
        unreadable = counted(done.unreadable, "stored secret")
        raise ExportsError(
            f"no key can decrypt {unreadable}: add the missing key to ENCRYPTION_KEY_PREVIOUS,"
            " then run this again"
        )
    return done


def _superfluous(current: Settings, *, generated: bool) -> list[str]:
    """The settings of earlier keys that are not needed any more."""
    names = ["encryption_key_previous"]
    if not generated:
        names.append("secret_key_previous")
    return [name.upper() for name in names if getattr(current, name).get_secret_value()]
