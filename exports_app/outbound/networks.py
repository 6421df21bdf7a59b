"""Which addresses users may name: public ones, and those in ALLOWED_NETWORKS.

Sources: the IANA special-purpose address registries (RFC 6890), RFC 6052 and RFC 8215 (NAT64),
RFC 3056 (6to4), RFC 4380 (Teredo).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

METADATA = frozenset(
    ip_address(text)
    for text in (
        *("169.254.169.254", "169.254.169.253", "fd00:ec2::254", "fd00:ec2::253"),  # Amazon
        *("169.254.170.2", "169.254.170.23", "fd00:ec2::23"),  # credentials of its containers
        *("fd20:ce::254", "168.63.129.16", "100.100.100.200"),  # Google, Azure, Alibaba
        *("192.0.0.192", "169.254.42.42", "fd00:42::42"),  # Oracle, Scaleway
    )
)
"""Services of clouds that give credentials to whoever asks from the machine."""

_GLOBAL_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_NEVER = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # of protocols (RFC 6890)
            "192.88.99.0/24",  # relays of 6to4
            "2001::/23",  # Teredo, benchmarks, ORCHID
            "2002::/16",  # 6to4: any IPv4 address inside
            "3fff::/20",  # documentation, which older versions of Python do not know
        ),
    )
)
"""Not public, although `is_global` says so in some version of Python."""


def inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for (::ffff:192.0.2.1, 64:ff9b::192.0.2.1), else
    the address itself, without a zone."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    plain = IPv6Address(int(address))
    return IPv4Address(int(plain) & 0xFFFF_FFFF) if plain in _NAT64 else plain


def is_public(address: Address) -> bool:
    """Whether the address is one of the internet, and not of a cloud's own services."""
    address = inner(address)
    if address in METADATA or any(address in network for network in _NEVER):
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_named(address: Address, networks: Sequence[Network]) -> bool:
    """Whether the address is in one of the networks. A metadata service has to be named by itself:
    a network that happens to contain it does not allow it."""
    address = inner(address)
    if address in METADATA:
        return any(network.num_addresses == 1 and address in network for network in networks)
    return any(address in network for network in networks)


def kind(address: Address) -> str:
    """What an address that is not public is, in words."""
    address = inner(address)
    if address in METADATA:
        return "an address of a cloud's metadata service"
    if address.is_loopback:
        return "this server itself"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    return "an address in a private network" if address.is_private else "no public address"
