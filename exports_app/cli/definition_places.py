"""Where the definition of a tenant is exported from and applied to: the database of this
installation, or a server."""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from exports_app import settings
from exports_app.cli import choosing
from exports_app.cli.remote import NOT_OURS, URL, Remote
from exports_app.cli.services import open_services, read_only_services, require_database
from exports_app.domain.access import Principal
from exports_app.domain.errors import ExportsError

if TYPE_CHECKING:
    from exports_app.services.schedules.definitions.plan import Plan
    from exports_app.services.schedules.definitions.service import Definitions

YAML = "application/yaml"


class Place(Protocol):
    """One tenant. Plans are as the API answers them."""

    def export(self, *, as_json: bool) -> str: ...
    def plan(self, text: bytes, *, prune: bool) -> dict[str, Any]: ...
    def apply(self, text: bytes, digest: str, *, prune: bool) -> dict[str, Any]:
        """digest: of the plan that was shown. Raises ExportsError where it would be another."""


@contextmanager
def opened(args: argparse.Namespace, tenant: str | None, *, writes: bool) -> Iterator[Place]:
    """tenant: the slug that the definition names. Raises ExportsError."""
    chosen = args.tenant or tenant
    if url := args.url or os.environ.get(URL):
        if writes and args.actor:
            raise ExportsError(f"--as is for the database: leave it out with --url or {URL}")
        remote = Remote(url)
        yield _Server(remote, _tenant_id(remote, chosen))
        return
    require_database(f"give --url or {URL}, ")
    if not writes:
        with read_only_services() as services:
            place = choosing.tenant(services, chosen)
            yield _Database(services.definitions, place.id, choosing.READER)
        return
    if not args.actor:
        raise ExportsError("say who applies it: --as EMAIL, or --url with an API key")
    with open_services() as services:
        services.slugs.fill()  # where no server has done so since an upgrade
        place, who = choosing.tenant(services, chosen), choosing.actor(services, args.actor)
        yield _Database(services.definitions, place.id, who)


def _tenant_id(remote: Remote, slug: str | None) -> str:
    """The only one of the key, or the one with the slug. Raises ExportsError."""
    try:
        every = remote.ask("GET", "/api/auth/me")["tenants"]
        found = [one for one in every if slug in (None, one["slug"])]
    except (KeyError, TypeError):
        raise ExportsError(NOT_OURS) from None
    if len(found) != 1:
        slugs = ", ".join(one["slug"] for one in every[: choosing.NAMED]) or "none"
        raise ExportsError(f"choose a tenant of the key with --tenant SLUG: {slugs}")
    return str(found[0]["id"])


@dataclass(frozen=True)
class _Server:
    remote: Remote
    tenant_id: str

    @property
    def _path(self) -> str:
        return f"/api/tenants/{self.tenant_id}/definition"

    def export(self, *, as_json: bool) -> str:
        return self.remote.get(self._path, "application/json" if as_json else YAML).decode()

    def plan(self, text: bytes, *, prune: bool) -> dict[str, Any]:
        return self._sent("plan", text, prune=str(prune).lower())

    def apply(self, text: bytes, digest: str, *, prune: bool) -> dict[str, Any]:
        return self._sent("apply", text, prune=str(prune).lower(), digest=digest)

    def _sent(self, what: str, text: bytes, **parameters: str) -> dict[str, Any]:
        path = f"{self._path}/{what}?{urlencode(parameters)}"
        answer: dict[str, Any] = self.remote.post(path, text, YAML)
        return answer


@dataclass(frozen=True)
class _Database:
    definitions: "Definitions"
    tenant_id: str
    who: Principal

    def export(self, *, as_json: bool) -> str:
        from exports_app.services.schedules.definitions import yaml_text

        definition = self.definitions.export(self.who, self.tenant_id)
        if as_json:
            return json.dumps(definition, ensure_ascii=False)
        return yaml_text.write(definition, yaml_text.comments(settings.get().base_url))

    def plan(self, text: bytes, *, prune: bool) -> dict[str, Any]:
        from exports_app.api.definition_body import of_yaml

        body = of_yaml(text)
        with body.located():
            made = self.definitions.plan(self.who, self.tenant_id, body.definition, prune=prune)
        return _answer(made)

    def apply(self, text: bytes, digest: str, *, prune: bool) -> dict[str, Any]:
        from exports_app.api.definition_body import of_yaml

        body = of_yaml(text)
        with body.located():
            done = self.definitions.apply(
                self.who, self.tenant_id, body.definition, prune=prune, digest=digest
            )
        return _answer(done)


def _answer(plan: "Plan") -> dict[str, Any]:
    from exports_app.api.routes.definitions import answer_of
    from exports_app.api.schemas.definitions import PlanOut

    return PlanOut.model_validate(answer_of(plan)).model_dump(mode="json", by_alias=True)
