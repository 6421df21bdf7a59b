"""Network addresses, and the networks by which limits count."""

from ipaddress import IPv4Address, IPv6Address, ip_address

IPV6_PREFIX = 64
"""Bits of an IPv6 network: a customer usually has all its 2**64 addresses."""
WIDER_PREFIXES = (56, 48)
"""Bits of larger networks that providers give to one customer: 256 or 65,536 networks."""
PEER = "exports_app.peer"
"""Key in an ASGI scope for the address of the connection's peer, if `client` is another one."""


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address; None for other text. IPv4 in IPv6 (::ffff:192.0.2.1) becomes IPv4, a zone
    (fe80::1%eth0) is dropped."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def network(text: str) -> str:
    """The network that counts as one caller: an IPv4 address, or the /64 of an IPv6 address. Other
    text is returned unchanged."""
    address = parse(text)
    if address is None:
        return text
    if isinstance(address, IPv4Address):
        return str(address)
    return _prefix(address, IPV6_PREFIX)


def wider_networks(text: str) -> dict[int, str]:
    """The larger networks of an IPv6 address, by their bits. Empty for other text."""
    address = parse(text)
    if not isinstance(address, IPv6Address):
        return {}
    return {bits: _prefix(address, bits) for bits in WIDER_PREFIXES}


def _prefix(address: IPv6Address, bits: int) -> str:
    return f"{IPv6Address(int(address) >> 128 - bits << 128 - bits)}/{bits}"
