"""Calls of the repositories of tenants, accounts and the audit."""

from collections.abc import Mapping
from typing import Any

from exports_app.domain.access import Role
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import (
    Action,
    ChainedEntry,
    IdempotencyKey,
    Membership,
    Page,
    SecondFactor,
    StoredAnswer,
    new_id,
)
from tests.integration.database.query_plans.known import DAY, Call


def _tenants() -> Mapping[str, Call]:
    return {
        "tenants.by_slug": lambda tx, _: tx.tenants.by_slug("acme"),
        "tenants.get": lambda tx, k: tx.tenants.get(k.filled.tenant, lock=True),
        "tenants.update": lambda tx, k: tx.tenants.update(k.filled.tenant, {"name": "A"}),
        "tenants.within": lambda tx, _: tx.tenants.within(None),
        "invitations.forget": lambda tx, k: tx.invitations.forget(k.filled.now, 100),
        "invitations.get": lambda tx, _: tx.invitations.get(new_id(), lock=True),
        "invitations.open_for": lambda tx, k: tx.invitations.open_for(k.filled.tenant, "a@b.c"),
        "invitations.open_from": lambda tx, k: tx.invitations.open_from(k.user.id),
        "invitations.open_in": lambda tx, k: tx.invitations.open_in(k.filled.tenant),
        "invitations.revoke": lambda tx, k: tx.invitations.revoke(new_id(), k.filled.now),
        "invitations.update": lambda tx, _: tx.invitations.update(new_id(), {"mailed": True}),
        "usage.file_bytes": lambda tx, k: tx.usage.file_bytes(k.filled.tenant),
        "usage.forget_messages": lambda tx, k: tx.usage.forget_messages(
            (k.filled.now - 50 * DAY).date()
        ),
        "usage.messages": lambda tx, k: tx.usage.messages(k.filled.tenant, k.filled.now.date()),
        "usage.pending_runs": lambda tx, k: tx.usage.pending_runs(k.filled.tenant),
        "usage.reserve_messages": lambda tx, k: tx.usage.reserve_messages(k.run.id, 3),
        "usage.reserved_messages": lambda tx, k: tx.usage.reserved_messages(
            k.filled.tenant, k.filled.now
        ),
        "usage.schedules": lambda tx, k: tx.usage.schedules(k.filled.tenant),
    }


def _users() -> Mapping[str, Call]:
    return {
        "users.admins": lambda tx, k: tx.users.admins(k.filled.tenant),
        "users.by_email": lambda tx, k: tx.users.by_email(k.user.email, lock=True),
        "users.demo_password_emails": lambda tx, _: tx.users.demo_password_emails(),
        "users.find": lambda tx, _: tx.users.find("", Page(1, 50)),
        "users.find: a word": lambda tx, _: tx.users.find("person29", Page(1, 50)),
        "users.get": lambda tx, k: tx.users.get(k.user.id, share=True),
        "users.ids": lambda tx, _: tx.users.ids(),
        "users.is_empty": lambda tx, _: tx.users.is_empty(),
        "users.join": lambda tx, k: tx.users.join(
            Membership(k.user.id, k.filled.tenant, Role.ADMIN)
        ),
        "users.leave": lambda tx, k: tx.users.leave(k.user.id, k.filled.tenant),
        "users.members": lambda tx, k: tx.users.members(k.filled.small_tenant),
        "users.find_members": lambda tx, k: tx.users.find_members(
            k.filled.small_tenant, "", Page(after=("m", "0"))
        ),
        "users.find_members: a word": lambda tx, k: tx.users.find_members(
            k.filled.small_tenant, "person29", Page()
        ),
        "users.names": lambda tx, k: tx.users.names([k.user.id]),
        "users.roles": lambda tx, k: tx.users.roles(k.user.id),
        "users.roles_of": lambda tx, k: tx.users.roles_of([k.user.id]),
        "users.roles_that_need_a_second_factor": lambda tx, k: (
            tx.users.roles_that_need_a_second_factor(k.user.id)
        ),
        "users.unproven_emails": lambda tx, _: tx.users.unproven_emails(),
        "users.service_account": lambda tx, k: tx.users.service_account(k.filled.tenant),
        "users.update": lambda tx, k: tx.users.update(k.user.id, {"name": "N"}),
        "users.use_one_time": lambda tx, k: tx.users.use_one_time(k.user, k.filled.now),
        "second_factors.confirm": lambda tx, k: tx.second_factors.confirm(k.user.id),
        "second_factors.get": lambda tx, k: tx.second_factors.get(k.user.id),
        "second_factors.put": lambda tx, k: tx.second_factors.put(
            SecondFactor(k.user.id, "s", k.filled.now)
        ),
        "second_factors.recovery_codes_left": lambda tx, k: tx.second_factors.recovery_codes_left(
            k.user.id
        ),
        "second_factors.remove": lambda tx, k: tx.second_factors.remove(k.user.id),
        "second_factors.replace_secret": lambda tx, k: tx.second_factors.replace_secret(
            k.user.id, "s", "t"
        ),
        "second_factors.secrets": lambda tx, _: tx.second_factors.secrets("", 100),
        "second_factors.set_recovery_codes": lambda tx, k: tx.second_factors.set_recovery_codes(
            k.user.id, ["c"]
        ),
        "second_factors.use_recovery_code": lambda tx, k: tx.second_factors.use_recovery_code(
            k.user.id, "c"
        ),
        "second_factors.use_step": lambda tx, k: tx.second_factors.use_step(k.user.id, 5),
        "password_resets.forget": lambda tx, k: tx.password_resets.forget(k.filled.now, 100),
        "password_resets.get": lambda tx, _: tx.password_resets.get(new_id()),
        "password_resets.of_user": lambda tx, k: tx.password_resets.of_user(k.user.id),
        "password_resets.remove": lambda tx, _: tx.password_resets.remove([new_id()]),
    }


def _sessions() -> Mapping[str, Call]:
    return {
        "sessions.any_expired": lambda tx, k: tx.sessions.any_expired(k.filled.now),
        "sessions.choose": lambda tx, k: tx.sessions.choose(k.session, k.filled.tenant),
        "sessions.expire": lambda tx, k: tx.sessions.expire(k.filled.now, 100),
        "sessions.forget": lambda tx, k: tx.sessions.forget(k.filled.now, 100),
        "sessions.keep": lambda tx, k: tx.sessions.keep(k.session, k.user.id, 2),
        "sessions.end": lambda tx, k: tx.sessions.end(k.filled.now, 500),
        "sessions.live": lambda tx, k: tx.sessions.live(k.session, k.filled.now),
        "sessions.of_user": lambda tx, k: tx.sessions.of_user(k.user, k.filled.now),
        "sessions.revoke": lambda tx, k: tx.sessions.revoke(k.session, k.filled.now),
        "sessions.used": lambda tx, k: tx.sessions.used(
            k.session, k.filled.now, k.filled.now + DAY
        ),
        "codes.find": lambda tx, k: tx.codes.find("h", "login", "holder", k.filled.now),
        "codes.forget": lambda tx, k: tx.codes.forget(k.filled.now, 100),
        "codes.of_holder": lambda tx, k: tx.codes.of_holder("arrived", "holder", k.filled.now),
        "codes.take": lambda tx, k: tx.codes.take("h", "login", "holder", k.filled.now),
    }


def _api_keys() -> Mapping[str, Call]:
    return {
        "api_keys.by_hash": lambda tx, _: tx.api_keys.by_hash("no such key"),
        "api_keys.find": lambda tx, k: tx.api_keys.find(k.user.id, Page(1, 50)),
        "api_keys.expiring": lambda tx, k: tx.api_keys.expiring(k.filled.now, k.filled.now, 5),
        "api_keys.expiry_mailed": lambda tx, k: tx.api_keys.expiry_mailed("no such", k.filled.now),
        "api_keys.forget_ended": lambda tx, k: tx.api_keys.forget_ended(
            k.user.id, k.filled.now, 50
        ),
        "api_keys.get": lambda tx, _: tx.api_keys.get("no such key"),
        "api_keys.live": lambda tx, k: tx.api_keys.live(k.user.id, k.filled.now),
        "api_keys.rename": lambda tx, _: tx.api_keys.rename("no such key", "N"),
        "api_keys.revoke": lambda tx, k: tx.api_keys.revoke("no such key", k.filled.now),
        "api_keys.revoke_all": lambda tx, k: tx.api_keys.revoke_all(k.user.id, k.filled.now),
        "api_keys.unrevoked": lambda tx, k: tx.api_keys.unrevoked(k.user.id),
        "api_keys.used": lambda tx, k: tx.api_keys.used("no such key", k.filled.now, "::1"),
    }


def _feeds() -> Mapping[str, Call]:
    return {
        "feeds.by_hash": lambda tx, _: tx.feeds.by_hash("no such token"),
        "feeds.get": lambda tx, _: tx.feeds.get("no such feed"),
        "feeds.of_user": lambda tx, k: tx.feeds.of_user(k.user.id),
        "feeds.remove": lambda tx, _: tx.feeds.remove("no such feed"),
        "feeds.remove_all": lambda tx, k: tx.feeds.remove_all(k.user.id),
        "feeds.used": lambda tx, k: tx.feeds.used("no such feed", k.filled.now, "::1"),
    }


def _idempotency_keys() -> Mapping[str, Call]:
    return {
        "idempotency_keys.add": lambda tx, k: tx.idempotency_keys.add(
            IdempotencyKey("new", k.user.id, "r", k.filled.now, k.filled.now)
        ),
        "idempotency_keys.finish": lambda tx, _: tx.idempotency_keys.finish(
            "no such key", StoredAnswer(202, [], "", 0)
        ),
        "idempotency_keys.bodies": lambda tx, _: tx.idempotency_keys.bodies("", 20),
        "idempotency_keys.kept": lambda tx, k: tx.idempotency_keys.kept(k.user.id, k.filled.now),
        "idempotency_keys.replace_body": lambda tx, _: tx.idempotency_keys.replace_body(
            "no such key", "", ""
        ),
        "idempotency_keys.forget": lambda tx, k: tx.idempotency_keys.forget(k.filled.now, 100),
        "idempotency_keys.get": lambda tx, _: tx.idempotency_keys.get("no such key"),
        "idempotency_keys.remove": lambda tx, _: tx.idempotency_keys.remove("no such key"),
    }


def _audit() -> Mapping[str, Call]:
    def found(*, everyone: bool = False, number: int = 1, sort: str = "", **where: Any) -> Call:
        return lambda tx, k: tx.audit.find(
            None if everyone else frozenset({k.filled.tenant}),
            AuditFilter(**where),
            Page(number, 50, sort),
        )

    return {
        "audit.of_subject": lambda tx, k: tx.audit.of_subject(
            k.filled.schedule, [Action.SCHEDULE_UPDATED, Action.SCHEDULE_PAUSED], 100
        ),
        "audit.find": found(number=2),
        "audit.find: of all": found(everyone=True, number=2),
        "audit.find: the oldest": found(sort="at"),
        "audit.find: the oldest of all": found(everyone=True, sort="at"),
        "audit.find: of no tenant": found(everyone=True, installation=True),
        "audit.find: an area": found(area="member"),
        "audit.find: an area, of all": found(everyone=True, area="member"),
        "audit.find: a word": found(q="Export 69"),
        "audit.find: a word, of all": found(everyone=True, q="Export 69"),
        "audit_counts.fold": lambda tx, _: tx.audit_counts.fold(100, 100),
        "audit_counts.newest_row": lambda tx, _: tx.audit_counts.newest_row(100),
        "audit_counts.of_installation": lambda tx, _: tx.audit_counts.of_installation(),
        "audit_counts.total": lambda tx, _: tx.audit_counts.total(None),
        "audit_chain.add_links": lambda tx, _: tx.audit_chain.add_links(
            "c", [ChainedEntry(1, "h", new_id())]
        ),
        "audit_chain.chains": lambda tx, _: tx.audit_chain.chains(),
        "audit_chain.checkpoint": lambda tx, k: tx.audit_chain.checkpoint(k.filled.chain),
        "audit_chain.count_links": lambda tx, k: tx.audit_chain.count_links(k.filled.chain),
        "audit_chain.entry_outside_chains": lambda tx, _: tx.audit_chain.entry_outside_chains(),
        "audit_chain.first_without_link": lambda tx, k: tx.audit_chain.first_without_link(
            k.filled.chain, 5
        ),
        "audit_chain.last_link": lambda tx, k: tx.audit_chain.last_link(k.filled.chain),
        "audit_chain.last_seal": lambda tx, _: tx.audit_chain.last_seal(),
        "audit_chain.links": lambda tx, k: tx.audit_chain.links(k.filled.chain, 5, 100),
        "audit_chain.remove": lambda tx, k: tx.audit_chain.remove(
            k.filled.chain, 0, k.filled.now, 100
        ),
        "audit_chain.remove_seals": lambda tx, _: tx.audit_chain.remove_seals(0),
        "audit_chain.removed_unsealed_entry": lambda tx, _: tx.audit_chain.removed_unsealed_entry(),
        "audit_chain.seals": lambda tx, _: tx.audit_chain.seals(5, 100),
        "audit_chain.try_lock": lambda tx, _: tx.audit_chain.try_lock(),
        "audit_chain.unneeded_seals": lambda tx, _: tx.audit_chain.unneeded_seals(100),
        "audit_chain.waiting": lambda tx, _: tx.audit_chain.waiting(100),
        "audit_chain.waiting_since": lambda tx, _: tx.audit_chain.waiting_since(),
    }


CALLS: Mapping[str, Call] = {
    **_tenants(),
    **_users(),
    **_sessions(),
    **_api_keys(),
    **_feeds(),
    **_idempotency_keys(),
    **_audit(),
}
