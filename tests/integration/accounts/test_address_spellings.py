"""One account is found under each spelling of its address that mail servers read as one, and under
no other."""

import pytest

from exports_app.domain.errors import ExportsError, TooManyRequests, WrongCredentials
from exports_app.services.core.email_addresses import account_address, valid_address
from exports_app.wiring import Services
from tests.invited import mailed_token
from tests.mailserver import MailServer
from tests.world import PASSWORD, Cast

COMPOSED, IN_PARTS = (
    "jos\N{LATIN SMALL LETTER E WITH ACUTE}@example.com",
    "JOSE\N{COMBINING ACUTE ACCENT}@example.com",
)
WIDE = "\N{FULLWIDTH LATIN SMALL LETTER A}nn@example.com"


@pytest.mark.parametrize(("stored", "typed"), [(COMPOSED, IN_PARTS), (IN_PARTS, COMPOSED)])
def test_an_address_in_composed_letters_or_in_parts_is_one(
    services: Services, stored: str, typed: str
) -> None:
    user = services.provisioning.create_user(
        stored, "Jos\N{LATIN SMALL LETTER E WITH ACUTE}", PASSWORD
    )
    assert services.auth.login(f" {typed}", PASSWORD, "192.0.2.1").user == user
    assert services.provisioning.give_one_time_password(typed)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("ann@corp.local", '"Ann"@corp.local'),
        ('"a..b"@docomo.ne.jp', "A..B@docomo.ne.jp"),
        ("ab.@docomo.ne.jp", '"ab."@docomo.ne.jp'),
        ('"a b"@x.example', '"A\\ b"@x.example'),
        ("ann@[IPv6:2001:db8::1]", "ann@[ipv6:2001:DB8:0::1]"),
    ],
)
def test_quotes_and_digits_make_no_second_account(
    services: Services, stored: str, typed: str
) -> None:
    user = services.provisioning.create_user(stored, "Ann", PASSWORD)
    assert services.auth.login(typed, PASSWORD, "192.0.2.1").user == user
    with pytest.raises(ExportsError, match="already"):
        services.provisioning.create_user(typed, "Ann", PASSWORD)


def test_guesses_of_all_its_spellings_count_together(services: Services) -> None:
    services.provisioning.create_user(COMPOSED, "Jos", PASSWORD)
    for attempt in range(10):
        with pytest.raises(WrongCredentials):
            services.auth.login((COMPOSED, IN_PARTS)[attempt % 2], "wrong", "192.0.2.1")
    with pytest.raises((WrongCredentials, TooManyRequests)):
        services.auth.login(COMPOSED, "wrong", "192.0.2.1")
    for typed in (COMPOSED, IN_PARTS):
        with pytest.raises(TooManyRequests):
            services.auth.login(typed, "wrong", "192.0.2.1")


def test_one_that_is_only_alike_is_another_account_whose_link_goes_to_its_own_mailbox(
    services: Services, cast: Cast, mail: MailServer
) -> None:
    services.provisioning.create_user("ann@example.com", "Ann", PASSWORD)
    services.invitations.invite(cast.admin.who, cast.acme.id, WIDE, "admin")
    token = mailed_token(services, mail, WIDE)
    joined = services.invitation_acceptance.accept(
        token, None, "Someone else", "a good long password"
    )
    assert joined.user.email == WIDE
    with pytest.raises(WrongCredentials):
        services.auth.login("ann@example.com", "a good long password", "192.0.2.1")
    assert (
        services.auth.login("ann@example.com", PASSWORD, "192.0.2.1").user.email
        == "ann@example.com"
    )


@pytest.mark.parametrize(
    "address", [COMPOSED, IN_PARTS, WIDE, "I\N{COMBINING DOT ABOVE}@example.com", "Ann@Example.com"]
)
def test_what_is_stored_is_found_again(address: str) -> None:
    stored = account_address(valid_address(address))
    assert account_address(stored) == stored
    assert account_address(address) == stored
