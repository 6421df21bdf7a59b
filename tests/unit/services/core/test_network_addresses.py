"""Which addresses count as one caller."""

import pytest

from exports_app.services.core import network_addresses


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("localhost", "localhost"),
        ("192.0.2.1:80", "192.0.2.1:80"),
    ],
)
def test_ipv6_counts_by_the_network_and_ipv4_by_the_address(text: str, network: str) -> None:
    assert network_addresses.network(text) == network


def test_what_is_no_address_is_none() -> None:
    assert network_addresses.parse("unknown") is None
    assert str(network_addresses.parse("fe80::1%a zone with spaces")) == "fe80::1"


def test_wider_networks_are_those_of_one_ipv6_customer() -> None:
    assert network_addresses.wider_networks("2001:db8:1:203::4") == {
        56: "2001:db8:1:200::/56",
        48: "2001:db8:1::/48",
    }
    assert (
        network_addresses.wider_networks("192.0.2.1")
        == network_addresses.wider_networks("::ffff:192.0.2.1")
        == {}
    )
    assert network_addresses.wider_networks("") == {}
