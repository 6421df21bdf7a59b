"""Accounts: create, change, accept an invitation, reset a password."""

from dataclasses import dataclass

from exports_app.services.accounts.administration import UserAdministration
from exports_app.services.accounts.api_keys import ApiKeys
from exports_app.services.accounts.feeds import Feeds
from exports_app.services.accounts.invitation_acceptance import InvitationAcceptance
from exports_app.services.accounts.key_expiry import KeyExpiry
from exports_app.services.accounts.own_account import OwnAccount
from exports_app.services.accounts.password_resets import PasswordResets
from exports_app.services.accounts.provisioning import Provisioning
from exports_app.services.keys.derived_keys import Keys
from exports_app.wiring.foundation import Foundation
from exports_app.wiring.identity import IdentityServices


@dataclass(frozen=True)
class AccountServices:
    provisioning: Provisioning
    own_account: OwnAccount
    api_keys: ApiKeys
    key_expiry: KeyExpiry
    feeds: Feeds
    user_administration: UserAdministration
    password_resets: PasswordResets
    invitation_acceptance: InvitationAcceptance


def build(f: Foundation, keys: Keys, identity: IdentityServices) -> AccountServices:
    password_resets = PasswordResets(
        f.store,
        f.changes,
        f.clock,
        keys,
        identity.account_links,
        identity.account_messages,
        f.counts,
        identity.refused_links,
        identity.guess_limits,
        identity.auth,
    )
    return AccountServices(
        provisioning=Provisioning(f.store, f.clock),
        api_keys=ApiKeys(f.store, f.changes, f.clock, identity.auth),
        key_expiry=KeyExpiry(f.store, f.clock, identity.account_messages),
        feeds=Feeds(f.store, f.clock),
        own_account=OwnAccount(f.store, f.clock, identity.auth),
        user_administration=UserAdministration(f.store, f.changes, f.clock, password_resets),
        password_resets=password_resets,
        invitation_acceptance=InvitationAcceptance(
            f.store,
            f.changes,
            f.clock,
            identity.account_links,
            f.counts,
            identity.refused_links,
            identity.guess_limits,
            identity.auth,
        ),
    )
