"""An address as mail servers get it, and the sender as it is set."""

import pytest

from exports_app.channels._mailbox_address import Mailbox, parse, parse_named


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("ann@corp.local", Mailbox("ann", "corp.local")),
        ("ann@intranet", Mailbox("ann", "intranet")),
        ("a..b@docomo.ne.jp", Mailbox('"a..b"', "docomo.ne.jp")),
        ('"a b"@x.example', Mailbox('"a b"', "x.example")),
        ("jörg@bücher.example", Mailbox("jörg", "xn--bcher-kva.example")),
        ("ann@[IPv6:2001:db8::1]", Mailbox("ann", "[IPv6:2001:db8::1]")),
    ],
)
def test_the_local_part_is_quoted_where_it_must_be_and_the_domain_is_ascii(
    address: str, mailbox: Mailbox
) -> None:
    assert parse(address) == mailbox


@pytest.mark.parametrize(
    ("text", "mailbox", "shown"),
    [
        ("ann@x.example", Mailbox("ann", "x.example"), "ann@x.example"),
        (
            "Reports <reports@corp.local>",
            Mailbox("reports", "corp.local", "Reports"),
            "Reports <reports@corp.local>",
        ),
        (
            r'"Say \"hi\", \\ there" <ann@x.example>',
            Mailbox("ann", "x.example", 'Say "hi", \\ there'),
            r'"Say \"hi\", \\ there" <ann@x.example>',
        ),
        (
            '"Lee, Ann" <"a<b>"@x.example>',
            Mailbox('"a<b>"', "x.example", "Lee, Ann"),
            '"Lee, Ann" <"a<b>"@x.example>',
        ),
        (
            '"<a>"@x.example',
            Mailbox('"<a>"', "x.example"),
            '"<a>"@x.example',
        ),
        ("<ann@x.example>", Mailbox("ann", "x.example"), "ann@x.example"),
    ],
)
def test_a_sender_may_have_a_name(text: str, mailbox: Mailbox, shown: str) -> None:
    assert parse_named(text) == mailbox
    assert str(mailbox) == shown


@pytest.mark.parametrize("text", ["Ann <ann@x.example", "Ann ann@x.example", "A\nnn <a@x.example>"])
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".\.$"):
        parse_named(text)
