"""What an address is, by its syntax alone, and in which form it is kept and sent."""

import pytest
from email_validator import EmailNotValidError
from hypothesis import given
from hypothesis import strategies as st

from exports_app.services.core.email_addresses import account_address, parse, valid_address


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "ann@corp.local",
        "ann@intranet",
        "root@localhost",
        "ann@home.arpa",
        "ann@x.invalid",
        "ann@host.test",
        "ann@42",
        "ann@[192.0.2.1]",
        "ann@[IPv6:2001:db8::1]",
        '"a b"@x.example',
        '"a@b"@x.example',
        '"a\\"b"@x.example',
        '"Lee, Ann"@intranet',
        '"..."@x.example',
        "a..b@docomo.ne.jp",
        "ab.@docomo.ne.jp",
        ".ab@ezweb.ne.jp",
        "jörg@bücher.example",
        "jörg..b@bücher.local",
        "用户@例え.jp",
        "ann+tag@example.com",
        "o'neil@example.com",
    ],
)
def test_an_address_is_taken_as_it_is(address: str) -> None:
    assert valid_address(address) == address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ('"ann"@example.com', "ann@example.com"),
        ('"a..b"@docomo.ne.jp', "a..b@docomo.ne.jp"),
        ('"ab."@docomo.ne.jp', "ab.@docomo.ne.jp"),
        ('"a\\ b"@x.example', '"a b"@x.example'),
        ("ann@EXAMPLE.com", "ann@example.com"),
        ("ann@[ipv6:2001:DB8:0:0::1]", "ann@[IPv6:2001:db8::1]"),
    ],
)
def test_spellings_of_one_address_have_one_form(typed: str, kept: str) -> None:
    assert valid_address(typed) == kept
    assert account_address(typed) == account_address(kept)


def test_a_domain_in_punycode_is_kept_in_its_own_letters() -> None:
    assert valid_address("ann@xn--bcher-kva.local") == "ann@bücher.local"


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("ann@example.com", "ann@example.com"),
        ("a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'),
        ("ab.@docomo.ne.jp", '"ab."@docomo.ne.jp'),
        ('"a b"@bücher.example', '"a b"@xn--bcher-kva.example'),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
    ],
)
def test_what_is_sent_is_rfc_5321(address: str, sent: str) -> None:
    parsed = parse(address)
    assert f"{parsed.sent_local}@{parsed.domain.ascii}" == sent


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must have an @-sign"),
        ("ann", "must have an @-sign"),
        ("@example.com", "something before the @-sign"),
        ("ann@", "something after the @-sign"),
        ("a@b@example.com", "only one @-sign"),
        ("=?utf-8?q?a?=@example.com", "read as an encoded word"),
        ("a b@example.com", "SPACE"),
        ("ann@exam ple.com", "SPACE"),
        (" ann@example.com", "SPACE"),
        ("a<b@example.com", "without a name, < and >"),
        ("Ann <ann@example.com>", "without a name, < and >"),
        ('"ann@example.com', "Quotes stand around all"),
        ('"a"b@example.com', "Quotes stand around all"),
        ('"a"b"@example.com', "Quotes stand around all"),
        ('""@example.com', "something before the @-sign"),
        ("...@example.com", "something before the @-sign"),
        ("a..b c@example.com", "SPACE"),
        ("a\x07@example.com", r"U\+0007"),
        ('"a\x07"@example.com', r"U\+0007"),
        ('"a\xa0b"@example.com', "NO-BREAK SPACE"),
        ('"a\u2028b"@example.com', "LINE SEPARATOR|U\\+2028"),
        ('"a\r\nb"@example.com', "Quotes stand|U\\+000D"),
        ("ann@example.com\r\nRCPT TO:<b@example.com>", "without a name, < and >"),
        ("ann@example.com\n", r"U\+000A"),
        ("a\u202eb@example.com", "RIGHT-TO-LEFT OVERRIDE"),
        ("ann@exa_mple.com", "'_'"),
        ("ann@example..com", "two periods"),
        ("ann@-example.com", "hyphen"),
        ("ann@192.0.2.1", r"in brackets: \[192\.0\.2\.1\]"),
        ("ann@[300.0.2.1]", "not an IPv4 address"),
        ("ann@[IPv6:2001:db8::g]", "IPv6 address"),
        ("ann@[host]", "not an IPv4 address"),
        ("ann@" + "a" * 64, "too many"),
        ("a" * 250 + "@x.example", "too long"),
        ("ä" * 120 + "@intranet.example", "too long"),
        ("." + "ä" * 118 + "@intranet.example", "too long"),
    ],
)
def test_what_is_none_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(EmailNotValidError, match=reason):
        valid_address(text)


SIGNS = st.text(
    st.one_of(st.sampled_from("aAbé.@\"\\ <>[]:;,()'-_ \t\r\n1"), st.characters()), max_size=10
)


@given(SIGNS, st.sampled_from(["x", "corp.local", "[192.0.2.1]", "bücher.example"]))
def test_the_form_that_is_kept_and_the_one_that_is_sent_are_the_same_address(
    local: str, domain: str
) -> None:
    for text in (f"{local}@{domain}", f'"{local}"@{domain}'):
        try:
            parsed = parse(text)
        except EmailNotValidError:
            continue
        assert valid_address(str(parsed)) == str(parsed)
        assert valid_address(f"{parsed.sent_local}@{parsed.domain.ascii}") == str(parsed)
        assert account_address(text) == account_address(str(parsed))
        assert account_address(account_address(text)) == account_address(text)
        assert parsed.sent_local.isprintable()


@given(SIGNS)
def test_whatever_is_typed_has_a_form_for_accounts(text: str) -> None:
    assert account_address(account_address(text)) == account_address(text)
