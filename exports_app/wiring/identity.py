"""Signing in: sessions, passwords, second factors, links by email."""

from dataclasses import dataclass
from datetime import timedelta

from exports_app.services.core.rate_limits import RateLimit
from exports_app.services.identity.account_links import AccountLinks
from exports_app.services.identity.account_messages import AccountMessages
from exports_app.services.identity.authentication import Auth
from exports_app.services.identity.feed_tokens import FeedTokens
from exports_app.services.identity.guess_limits import GuessLimits
from exports_app.services.identity.key_uses import KeyUses
from exports_app.services.identity.one_time_passwords import OneTimePasswords
from exports_app.services.identity.refused_links import RefusedLinks
from exports_app.services.identity.second_factor import SecondFactors
from exports_app.services.identity.session_expiry import SessionExpiry
from exports_app.services.identity.sessions import Lifetimes, Sessions
from exports_app.settings import Settings
from exports_app.wiring.audit import AuditServices
from exports_app.wiring.foundation import Foundation, Secrets, retries


@dataclass(frozen=True)
class IdentityServices:
    auth: Auth
    guess_limits: GuessLimits
    second_factors: SecondFactors
    account_links: AccountLinks
    account_messages: AccountMessages
    refused_links: RefusedLinks
    sessions: Sessions
    session_expiry: SessionExpiry
    key_uses: KeyUses
    feed_uses: KeyUses
    feed_tokens: FeedTokens


def build(f: Foundation, secrets: Secrets, audit: AuditServices) -> IdentityServices:
    s = f.settings
    guess_limits = GuessLimits(f.counts, s.rate_limit_login)
    otps = OneTimePasswords(f.store, f.clock, secrets.encryption)
    key_uses = KeyUses(f.store, f.clock, lambda tx: tx.api_keys)
    feed_uses = KeyUses(f.store, f.clock, lambda tx: tx.feeds)
    auth = _auth(f, secrets, audit, guess_limits, otps, key_uses)
    account_links = AccountLinks(secrets.keys, f.clock, s.base_url)
    return IdentityServices(
        auth=auth,
        guess_limits=guess_limits,
        second_factors=SecondFactors(
            f.store, f.clock, auth, secrets.encryption, otps, audit.repeated_entries
        ),
        account_links=account_links,
        account_messages=AccountMessages(f.store, f.clock, retries(s), account_links),
        refused_links=RefusedLinks(f.store, account_links, audit.repeated_entries),
        sessions=Sessions(f.store, f.clock, auth, _lifetimes(s)),
        session_expiry=SessionExpiry(f.store, f.clock),
        key_uses=key_uses,
        feed_uses=feed_uses,
        feed_tokens=FeedTokens(f.store, auth, feed_uses),
    )


def _auth(
    f: Foundation,
    secrets: Secrets,
    audit: AuditServices,
    guess_limits: GuessLimits,
    otps: OneTimePasswords,
    key_uses: KeyUses,
) -> Auth:
    s = f.settings
    return Auth(
        f.store,
        f.clock,
        secrets.keys,
        guess_limits,
        RateLimit(s.rate_limit_api, f.counts, "api"),
        audit.repeated_entries,
        _lifetimes(s).of_token,
        otps,
        key_uses,
        super_admins_need_otp=s.require_second_factor_super_admins,
    )


def _lifetimes(s: Settings) -> Lifetimes:
    return Lifetimes(timedelta(hours=s.session_idle_hours), timedelta(days=s.session_max_days))
