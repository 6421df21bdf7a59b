"""Network addresses as limits count them."""

from ipaddress import IPv4Address, IPv6Address, ip_address

IPV6_PREFIX = 64
"""Bits of an IPv6 address that name a network: whoever has one such network has all its 2**64 addresses."""
PEER = "exports_app.peer"
"""Where an ASGI scope keeps the connection's own other end, a proxy's, when `client` is another."""


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address; None for other text. IPv4 in IPv6 (::ffff:192.0.2.1) becomes IPv4, a zone (fe80::1%eth0) is dropped."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def network(text: str) -> str:
    """What counts as one caller: an IPv4 address, or the /64 of an IPv6 address. Text that is no address stands for itself."""
    address = parse(text)
    if address is None:
        return text
    if isinstance(address, IPv4Address):
        return str(address)
    host_bits = 128 - IPV6_PREFIX
    return f"{IPv6Address(int(address) >> host_bits << host_bits)}/{IPV6_PREFIX}"
