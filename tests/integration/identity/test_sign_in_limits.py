"""Attacks on signing in: nobody locks the owner of an account out, and nobody guesses freely."""

from contextlib import suppress

import pytest

from exports_app.domain.errors import ExportsError, Invalid, TooManyRequests, WrongCredentials
from exports_app.services.core import request_context
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity.password_hashing import PLACES, Queue
from exports_app.wiring import Services
from tests.invited import mailed_token, shown_token
from tests.mailserver import MailServer
from tests.world import BROWSER, PASSWORD, Cast, sign_in

HOME = "192.0.2.1"
STRANGER = "198.51.100.1"
TRAVEL = "203.0.113.1"
NEW = "a new password for tests"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it is the count that matters, not how the password is hashed."""
    monkeypatch.setattr(
        "exports_app.services.identity.passwords.matches",
        lambda password, hashed: hashed is not None and password == PASSWORD,
    )


def attack(
    services: Services, email: str, guesses: int, addresses: int = 1
) -> list[type[ExportsError]]:
    """What each wrong password got. addresses: from how many they come in turn."""
    answers: list[type[ExportsError]] = []
    for i in range(guesses):
        address = STRANGER if addresses == 1 else f"2001:db8:{i % addresses:x}::1"
        try:
            services.auth.login(email, f"guess {i}", address)
        except ExportsError as e:
            answers.append(type(e))
    return answers


def known_browser(services: Services, cast: Cast) -> str:
    """What a browser keeps in which the admin signed in."""
    return services.sessions.mark_browser(sign_in(services, cast.admin.user), "")


@pytest.mark.one_database
@pytest.mark.parametrize("guesses", [10, 1_000])
def test_a_stranger_locks_nobody_out(services: Services, cast: Cast, guesses: int) -> None:
    email, known = cast.admin.user.email, known_browser(services, cast)
    answers = attack(services, email, guesses)
    assert answers[:10] == [WrongCredentials] * 10
    assert answers.count(WrongCredentials) <= 16  # a minute leaves room for six more
    assert set(answers[10:]) <= {WrongCredentials, TooManyRequests}
    # The stranger has to wait, even with the right password …
    with pytest.raises(TooManyRequests, match="Too many wrong passwords: wait"):
        services.auth.login(email, PASSWORD, STRANGER)
    # … the owner signs in at once: from home, on a journey, and in a known browser even from the
    # stranger's network
    assert services.sessions.begin(email, PASSWORD, HOME, BROWSER)
    assert services.auth.login(email, PASSWORD, TRAVEL)
    assert services.sessions.begin(email, PASSWORD, STRANGER, BROWSER, known=known)
    assert services.auth.login(cast.viewer.user.email, PASSWORD, STRANGER)


def test_guesses_from_many_addresses_are_slowed_down_but_not_the_owner(
    services: Services, cast: Cast
) -> None:
    email, known = cast.admin.user.email, known_browser(services, cast)
    services.auth.login(email, PASSWORD, HOME)
    answers = attack(services, email, 1_000, addresses=500)
    assert 100 <= answers.count(WrongCredentials) <= 105
    with pytest.raises(TooManyRequests):
        services.auth.login(email, PASSWORD, TRAVEL)
    assert services.sessions.begin(email, PASSWORD, TRAVEL, BROWSER, known=known)
    assert services.auth.login(email, PASSWORD, HOME)


def test_the_owner_gets_in_by_a_link_whatever_strangers_do_meanwhile(
    services: Services, cast: Cast, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a new browser and a new network, while each try that the account has left goes to a
    stranger."""
    email = cast.admin.user.email
    attack(services, email, 300, addresses=150)
    for i in range(30):  # all links that strangers may ask for
        with request_context.use(RequestContext(f"2001:db8:{i:x}::2")), suppress(TooManyRequests):
            services.password_resets.request(email)
    attack(services, email, 20)
    with request_context.use(RequestContext(TRAVEL)):
        with pytest.raises(TooManyRequests):
            services.auth.login(email, PASSWORD, TRAVEL)
        services.password_resets.reset(mailed_token(services, mail, email, "reset-password"), NEW)
        monkeypatch.setattr(
            "exports_app.services.identity.passwords.matches", lambda password, _: password == NEW
        )
        attack(services, email, 20)
        assert services.auth.login(email, NEW, TRAVEL)
    with pytest.raises(TooManyRequests):
        services.auth.login(email, NEW, STRANGER)


def test_a_link_ends_the_wait_that_somebody_else_made_in_the_owners_own_network(
    services: Services, cast: Cast, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = cast.admin.user.email
    attack(services, email, 30)
    with request_context.use(RequestContext(STRANGER)):
        services.password_resets.request(email)
        services.password_resets.reset(mailed_token(services, mail, email, "reset-password"), NEW)
    monkeypatch.setattr(
        "exports_app.services.identity.passwords.matches", lambda password, _: password == NEW
    )
    assert services.auth.login(email, NEW, STRANGER)


@pytest.mark.parametrize("mailed", [True, False])
def test_a_password_set_by_an_invitation_needs_no_wait_either(
    services: Services,
    cast: Cast,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    mailed: bool,
) -> None:
    """Of an account that is handed over, and of one that is made."""
    mail = request.getfixturevalue("mail") if mailed else None
    email = cast.outsider.user.email if mailed else "new@example.com"
    invited = services.invitations.invite(cast.admin.who, cast.acme.id, email, "viewer")
    token = mailed_token(services, mail, email) if mail else shown_token(invited)
    attack(services, email, 300, addresses=150)
    monkeypatch.setattr(
        "exports_app.services.identity.passwords.matches", lambda password, _: password == NEW
    )
    with request_context.use(RequestContext(TRAVEL)):
        services.invitation_acceptance.accept(token, None, "The owner", NEW)
        attack(services, email, 20)
        assert services.sessions.begin(email, NEW, TRAVEL, BROWSER)
    with pytest.raises(TooManyRequests):
        services.auth.login(email, NEW, STRANGER)


def test_one_address_cannot_try_all_accounts(services: Services, cast: Cast) -> None:
    answers = [answer for i in range(300) for answer in attack(services, f"user{i}@example.com", 1)]
    assert 100 <= answers.count(WrongCredentials) <= 105
    assert services.auth.login(cast.admin.user.email, PASSWORD, HOME)


def test_an_unknown_account_is_limited_as_a_known_one(services: Services, cast: Cast) -> None:
    known, unknown = (
        attack(services, email, 15) for email in (cast.admin.user.email, "nobody@example.com")
    )
    assert known == unknown == [WrongCredentials] * 10 + [TooManyRequests] * 5


def test_a_known_browser_is_no_licence_to_guess(services: Services, cast: Cast) -> None:
    known, answers = known_browser(services, cast), []
    for i in range(30):
        with pytest.raises(ExportsError) as error:
            services.sessions.begin(
                cast.admin.user.email, "wrong", f"192.0.2.{i}", BROWSER, known=known
            )
        answers.append(error.type)
    assert answers == [WrongCredentials] * 10 + [TooManyRequests] * 20


def test_a_browser_that_another_account_knows_helps_nobody(services: Services, cast: Cast) -> None:
    mine = services.sessions.mark_browser(sign_in(services, cast.outsider.user), "")
    attack(services, cast.admin.user.email, 10)
    with pytest.raises(TooManyRequests):
        services.sessions.begin(cast.admin.user.email, "guess", STRANGER, BROWSER, known=mine)


def test_signing_in_often_uses_up_no_limit(services: Services, cast: Cast) -> None:
    for _ in range(130):  # more than the 100 guesses that an account has from everywhere
        assert services.auth.login(cast.admin.user.email, PASSWORD, HOME)
    attack(services, cast.admin.user.email, 9)
    assert services.auth.login(cast.admin.user.email, PASSWORD, STRANGER)


@pytest.mark.one_database
def test_who_has_to_wait_takes_no_place(
    services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack(services, cast.admin.user.email, 10)
    monkeypatch.setitem(PLACES, Queue.STRANGERS, 0)
    with (
        request_context.use(RequestContext(STRANGER)),
        pytest.raises(TooManyRequests, match="Too many wrong passwords"),
    ):
        services.auth.login(cast.admin.user.email, PASSWORD, STRANGER)


@pytest.mark.one_database
@pytest.mark.parametrize("place", [HOME, TRAVEL])
def test_the_owner_signs_in_while_strangers_take_all_places(
    services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """In a known network, and in a known browser elsewhere. They choose another password there
    too."""
    email, known = cast.admin.user.email, known_browser(services, cast)
    services.auth.login(email, PASSWORD, HOME)
    monkeypatch.setitem(PLACES, Queue.STRANGERS, 0)
    with request_context.use(RequestContext(place)):
        assert services.sessions.begin(
            email, PASSWORD, place, BROWSER, known="" if place == HOME else known
        )
        assert services.own_account.change_password(cast.admin.who, PASSWORD, NEW)


def test_guessing_the_current_password_locks_nobody_out_of_signing_in(
    services: Services, cast: Cast
) -> None:
    def guess(address: str) -> None:
        with request_context.use(RequestContext(address)):
            services.own_account.change_password(cast.admin.who, "wrong", NEW)

    for _ in range(10):
        with pytest.raises(Invalid):
            guess(STRANGER)
    with pytest.raises(TooManyRequests):
        guess(STRANGER)
    with pytest.raises(Invalid):
        guess(HOME)
    assert services.auth.login(cast.admin.user.email, PASSWORD, STRANGER)


def test_who_finds_no_place_to_be_checked_has_not_tried(
    services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = RequestContext("192.0.2.7", "")
    with monkeypatch.context() as full, request_context.use(here):
        full.setitem(PLACES, Queue.STRANGERS, 0)
        for _ in range(30):
            with pytest.raises(TooManyRequests) as refused:
                services.auth.login(cast.admin.user.email, "wrong", here.address)
            assert refused.value.retry_after == 1
    with request_context.use(here):
        assert services.auth.login(cast.admin.user.email, PASSWORD, here.address).access_token
