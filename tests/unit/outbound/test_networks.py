"""Which addresses users may name."""

from ipaddress import ip_address, ip_network

import pytest

from exports_app.outbound.errors import Refused, Unreachable
from exports_app.outbound.guard import Guard, split
from exports_app.outbound.lookup import system_resolver
from exports_app.outbound.networks import METADATA, Address, is_public


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
        *("100.64.0.1", "169.254.1.1", "192.0.2.1", "198.18.0.1", "224.0.1.1", "240.0.0.1"),
        *("255.255.255.255", "192.88.99.1", "192.0.0.8"),
        *("::", "::1", "::7f00:1", "fe80::1", "fec0::1", "fc00::1", "ff02::1", "100::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *("64:ff9b:1::7f00:1", "64:ff9b:1::101:101", "2002:7f00:1::", "2002:101:101::"),
        *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1", "5f00::1"),
        *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "168.63.129.16"),
        *sorted(map(str, METADATA)),
    ],
)
def test_other_addresses(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    ("networks", "host"),
    [
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.0.0.0/8", "::ffff:10.1.2.3"),
        ("127.0.0.1/32", "127.0.0.1"),
        ("fc00::/7", "fd00::1"),
        ("169.254.169.254/32", "169.254.169.254"),
    ],
)
def test_the_operator_allows_networks(networks: str, host: str) -> None:
    guard = Guard([ip_network(networks)])
    assert guard.resolve(host, 443) == [ip_address(host)]
    assert guard.resolve(host, 80, plain=True) == [ip_address(host)]


def test_a_network_does_not_allow_a_metadata_service_in_it() -> None:
    guard = Guard([ip_network("169.254.0.0/16"), ip_network("fc00::/7")])
    assert guard.resolve("169.254.7.7", 443)
    for host in ("169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"):
        with pytest.raises(Refused, match="metadata service"):
            guard.resolve(host, 443)


@pytest.mark.parametrize(
    "host",
    [
        *("0177.0.0.1", "2130706433", "127.1", "0x7f000001", "0x7f.1", "127.0.0.1.", "1.2.3.256"),
        *("fe80::1%eth0", "example.com.", "exämple.com", "a b", "", "a..b", "-a.com", "a" * 254),
        "127。0。0。1",
    ],
)
def test_hosts_that_programs_read_differently(host: str) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ip_address("1.1.1.1")]

    with pytest.raises(Refused):
        Guard([ip_network("127.0.0.0/8")], resolver).resolve(host, 443)
    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://a.example",
            "file:///etc/passwd",
            "//a.example",
            "a.example",
            "https://",
            "https:a",
        ),
        *("https://u:p@a.example/", "https://u@a.example/", "https://@a.example/"),
        *("https://a.example:0/", "https://a.example:99999/", "https://a.example:x/"),
        *("https://a.example/ b", "https://a.example\\@b.example/", "https://a.example/\n"),
        "https://exämple.com/",
        *("http://a.example/", "http://1.1.1.1/", "https://127.0.0.1/", "https://[::1]/"),
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        Guard().check_url(url)


def test_urls() -> None:
    assert split("https://a.example:8443/x?y=1").port == 8443
    assert Guard().check_url("https://[2606:4700::1111]/x").hostname == "2606:4700::1111"
    assert Guard([ip_network("127.0.0.0/8")]).check_url("http://127.0.0.1:8080/x").port == 8080
    with pytest.raises(Refused, match="https"):
        Guard([ip_network("127.0.0.0/8")]).check_url("http://1.1.1.1/")


def test_a_name_with_a_good_and_a_bad_address_uses_the_good_one() -> None:
    both = [ip_address("10.0.0.1"), ip_address("1.1.1.1")]
    assert Guard((), lambda *_: both).resolve("a.example", 443) == [ip_address("1.1.1.1")]
    with pytest.raises(Refused, match="ALLOWED_NETWORKS"):
        Guard((), lambda *_: both[:1]).resolve("a.example", 443)
    with pytest.raises(Refused, match="https"):
        Guard((), lambda *_: both[1:]).resolve("a.example", 80, plain=True)
    with pytest.raises(Unreachable):
        Guard((), lambda *_: []).resolve("a.example", 443)
    for port in (0, -1, 65536):
        with pytest.raises(Refused, match="port"):
            Guard((), lambda *_: both).resolve("a.example", port)


def test_the_address_of_a_name_stays_secret() -> None:
    """It may be one that only the name server of the server's network knows."""
    guard = Guard((), lambda *_: [ip_address("10.9.8.7")])
    with pytest.raises(Refused) as refused:
        guard.resolve("intranet.example", 443)
    assert "10.9.8.7" not in refused.value.message


def test_the_system_looks_names_up() -> None:
    assert ip_address("127.0.0.1") in system_resolver("localhost", 443)
    with pytest.raises(Unreachable, match="check the name"):
        system_resolver("no-such-name.invalid", 443)
