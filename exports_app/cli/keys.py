"""The command rotate-keys."""

import argparse
from typing import TYPE_CHECKING

from exports_app import settings
from exports_app.cli.services import open_services
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted
from exports_app.settings import Settings

if TYPE_CHECKING:
    from exports_app.wiring import Services


def rotate_keys(args: argparse.Namespace) -> int:
    from exports_app.services.keys import secret_keys

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
            print(f"Created a new secret key in {file}. The previous keys are still accepted")
        _renew(services, what)
    if args.forget_previous:
        forgotten = counted(secret_keys.forget_previous(current), "previous key")
        print(f"Removed {forgotten}")
    elif generated:
        print(
            "When everything signed with the previous keys has expired, run rotate-keys "
            "--forget-previous (docs/secrets.md, Rotating keys)"
        )
    _name_superfluous(current, generated=generated)
    return 0


def _renew(services: "Services", what: str) -> None:
    """Encrypt and sign again with the newest keys. what: for the audit. Raises
    ExportsError where a key is missing."""
    services.installation.confirm_keys()
    done = services.key_rotation.renew(what)
    print(f"Encrypted {counted(done.renewed, 'stored secret')} with the newest key")
    print(f"Signed {counted(done.checkpoints, 'audit checkpoint')} with the newest key")
    if done.unreadable:
        unreadable = counted(done.unreadable, "stored secret")
        raise ExportsError(
            f"no key can decrypt {unreadable}: add the missing key to ENCRYPTION_KEY_PREVIOUS,"
            " then run this again"
        )


def _name_superfluous(current: Settings, *, generated: bool) -> None:
    """Say which settings of earlier keys are not needed any more."""
    names = ["encryption_key_previous"]
    if not generated:
        names.append("secret_key_previous")
    for name in names:
        if getattr(current, name).get_secret_value():
            when = (
                ("when everything signed with it has expired")
                if name.startswith("secret")
                else "now"
            )
            print(f"You can remove {name.upper()} {when}")
