"""Types of settings, with the checks of their values."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator


def _zone(value: str) -> str:
    name = value.removeprefix(":")
    if name not in available_timezones() or name in {"localtime", "posixrules"}:
        raise ValueError("is not an IANA time zone, e.g. Europe/Berlin")
    ZoneInfo(name)
    return name


def _rate(value: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", value):
        raise ValueError("must look like 10/minute (second, minute, hour or day)")
    return value


def _host(value: str) -> str:
    if not value or any(c.isspace() for c in value):
        raise ValueError("must be a host name or an address")
    return value


def _database_host(value: str) -> str:
    if any(c.isspace() or c in "@?#%" for c in value) or (
        not value.startswith("/") and ("/" in value or value.count(":") == 1)
    ):
        raise ValueError(
            "must be a host name, an address or the folder of PostgreSQL's socket; the port is "
            "DATABASE_PORT"
        )
    return value


def _networks(value: object) -> object:
    """Text like ``127.0.0.1, 10.0.0.0/8`` as networks."""
    if not isinstance(value, str):
        return value
    networks = []
    for text in value.replace(",", " ").split():
        try:
            network = ip_network(text)
        except ValueError:
            raise ValueError(
                f"must be addresses or networks like 127.0.0.1, 10.0.0.0/8; {text[:50]} is neither"
            ) from None
        if network.prefixlen == 0:
            raise ValueError(
                f"must not contain {text}: anyone could fake their address; list the addresses of "
                "your proxies"
            )
        networks.append(network)
    return tuple(networks)


Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], BeforeValidator(_networks)]
Zone = Annotated[str, AfterValidator(_zone)]
Rate = Annotated[str, AfterValidator(_rate)]
Host = Annotated[str, AfterValidator(_host)]
DatabaseHost = Annotated[str, AfterValidator(_database_host)]
