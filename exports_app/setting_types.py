"""Types of settings, with the checks of their values."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator

Network = IPv4Network | IPv6Network


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
        networks.append(network)
    return tuple(networks)


def _proxies(value: tuple[Network, ...]) -> tuple[Network, ...]:
    if everything := next((network for network in value if network.prefixlen == 0), None):
        raise ValueError(
            f"must not contain {everything}: anyone could fake their address; list the addresses "
            "of your proxies"
        )
    return value


def _reachable(value: tuple[Network, ...]) -> tuple[Network, ...]:
    if everything := next((network for network in value if network.prefixlen == 0), None):
        raise ValueError(
            f"must not contain {everything}: name the networks of the servers that people may use, "
            "such as 10.1.2.0/24"
        )
    return value


def _origins(value: object) -> object:
    """Text like ``https://a.example, http://localhost:5173`` as origins, in the form in which
    browsers send them."""
    if not isinstance(value, str):
        return value
    return tuple(_origin(text) for text in value.replace(",", " ").split())


def _origin(text: str) -> str:
    if "*" in text:
        raise ValueError("must name each site: with * every site could call the API")
    found = _ORIGIN.fullmatch(text.lower())
    if not found:
        raise ValueError(
            "must be addresses of sites like https://dashboard.example.com, without a path; "
            f"{text[:50]} is not one"
        )
    scheme, host, port = found.groups()
    if scheme == "http" and host not in _THIS_MACHINE:
        raise ValueError(f"must be https, or http at localhost; {text[:50]} is neither")
    default = {"https": "443", "http": "80"}[scheme]
    return f"{scheme}://{host}" + (f":{port}" if port and port != default else "")


_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?")
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
Proxies = Annotated[tuple[Network, ...], BeforeValidator(_networks), AfterValidator(_proxies)]
Reachable = Annotated[tuple[Network, ...], BeforeValidator(_networks), AfterValidator(_reachable)]
Zone = Annotated[str, AfterValidator(_zone)]
Rate = Annotated[str, AfterValidator(_rate)]
Host = Annotated[str, AfterValidator(_host)]
DatabaseHost = Annotated[str, AfterValidator(_database_host)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_origins)]
