"""Links to an account: what they carry, and who can make one."""

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest

from exports_app.domain import bounds
from exports_app.domain.errors import LinkNotValid
from exports_app.services.identity.account_links import AccountLink, AccountLinks, LinkKind
from exports_app.services.keys.derived_keys import ACCESS_TOKENS, ACCOUNT_LINKS, Keys
from tests.doubles import FakeClock
from tests.world import uuid_of

RESET = LinkKind.PASSWORD_RESET
KEYS = Keys([b"a secret of this test, long enough"])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def links(clock: FakeClock) -> AccountLinks:
    return AccountLinks(KEYS, clock, "https://exports.example.com/")


@pytest.fixture
def link(clock: FakeClock) -> AccountLink:
    return AccountLink(RESET, uuid_of(1), 3, clock() + timedelta(minutes=30), mailed=True)


def test_a_link_is_read_as_it_was_made(links: AccountLinks, link: AccountLink) -> None:
    assert links.read(RESET, links.token(link)) == link
    shown = replace(link, mailed=False)
    assert links.read(RESET, links.token(shown)) == shown


def test_the_same_facts_give_the_same_link(links: AccountLinks, link: AccountLink) -> None:
    assert links.url(link) == links.url(replace(link))
    assert links.url(link) != links.url(replace(link, generation=4))


def test_the_token_stands_where_browsers_send_it_to_no_server(
    links: AccountLinks, link: AccountLink
) -> None:
    assert links.url(link) == f"https://exports.example.com/reset-password#{links.token(link)}"


def test_a_link_ends_at_its_instant(
    links: AccountLinks, link: AccountLink, clock: FakeClock
) -> None:
    token = links.token(link)
    clock.advance(minutes=30, seconds=-1)
    assert links.read(RESET, token) == link
    clock.advance(seconds=1)
    with pytest.raises(LinkNotValid):
        links.read(RESET, token)


def test_a_link_opens_nothing_of_another_kind(links: AccountLinks, link: AccountLink) -> None:
    with pytest.raises(LinkNotValid):
        links.read(LinkKind.INVITATION, links.token(link))


def test_a_link_signed_with_an_older_secret_counts_until_it_ends(
    clock: FakeClock, link: AccountLink
) -> None:
    old, new = b"the secret before, long enough too", b"the secret of today, long enough"
    token = AccountLinks(Keys([old]), clock, "").token(link)
    assert AccountLinks(Keys([new, old]), clock, "").read(RESET, token) == link
    with pytest.raises(LinkNotValid):
        AccountLinks(Keys([new]), clock, "").read(RESET, token)


def test_what_we_did_not_make_is_refused(links: AccountLinks, link: AccountLink) -> None:
    token = links.token(link)
    claims = {"aud": RESET, "sub": link.subject_id, "gen": 3, "exp": 9_999_999_999, "mailed": True}
    key = KEYS.current(ACCOUNT_LINKS)
    forged = [
        "",
        "x",
        "a.b.c",
        "\udc80\x00",
        token[:-2] + ("AA" if not token.endswith("AA") else "BB"),
        token + "a" * bounds.LINK_TOKEN,
        jwt.encode(claims, None, "none"),
        jwt.encode(claims, KEYS.current(ACCESS_TOKENS), "HS256"),
        jwt.encode(claims, b"another secret, also long enough", "HS256"),
        jwt.encode(claims, key, "HS512"),
        jwt.encode(claims | {"sub": "no id"}, key, "HS256"),
    ]
    for one in forged:
        with pytest.raises(LinkNotValid):
            links.read(RESET, one)
