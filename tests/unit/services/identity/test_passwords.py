"""Which passwords may be chosen."""

import time

import pytest

from exports_app.domain import bounds
from exports_app.domain.errors import Invalid
from exports_app.services.identity import passwords
from exports_app.services.identity.passwords import COMMONEST, weakness
from tests.conftest import REAL_COST, REAL_NOBODY
from tests.world import PASSWORD

EMAIL, NAME = "Maximilian.Muster@acme-shop.example", "Maximilian Muster"


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short", "at least 10 characters"),
        ("x7#kQ9!pL", "at least 10 characters"),
        ("ab" * (bounds.PASSWORD // 2) + "c", "at most 1,000 characters"),
        (passwords.DEMO_PASSWORD, "demo"),
        ("aaaaaaaaaaaa", "different characters"),
        ("abababababab", "different characters"),
        ("1234567890", "most common"),
        ("qwertyuiop", "most common"),
        ("QwertyUIOP", "most common"),
        ("password123", "most common"),
        ("Password!2024", "most common"),
        ("p@ssw0rd2024", "most common"),
        ("manchester", "most common"),
        ("m-a-n-c-h-e-s-t-e-r", "most common"),
        (EMAIL, "your email address"),
        (EMAIL.upper(), "your email address"),
        ("maximilian.muster", "your email address"),
        ("MaximilianMuster99", "your email address"),
        ("Muster Maximilian", "your email address"),
        ("acme-shop.example1", "your email address"),
        ("maximilian1!", "your email address"),
        ("exports_app1", "this application"),
        ("Scheduled Exports 1", "this application"),
    ],
)
def test_what_anybody_would_try_is_refused_with_the_reason(password: str, word: str) -> None:
    reason = weakness(password, EMAIL, NAME)
    assert reason is not None
    assert word in reason
    assert password not in reason


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "x7#kQ9!pLm",
        "ÄÖÜ пароль 密码",
        "maximilian rides a bicycle",
        "dragon tail 84630271955",
        " leading space",
    ],
)
def test_others_may_be_chosen(password: str) -> None:
    assert weakness(password, EMAIL, NAME) is None


def test_a_one_time_password_is_not_weak() -> None:
    assert [weakness(passwords.one_time()) for _ in range(100)] == [None] * 100


def test_the_list_has_the_commonest_that_are_long_enough() -> None:
    common = passwords._common()
    assert len(common) == COMMONEST
    assert len([one for one in common if len(one) >= passwords.MIN_LENGTH]) > 200
    assert all(weakness(one) is not None for one in common)


def test_a_refusal_names_the_field() -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check("short", "/newPassword")
    assert [e.pointer for e in refused.value.errors] == ["/newPassword"]
    passwords.check(PASSWORD, "/newPassword")


@pytest.mark.parametrize("unit", ["a1!", "@", "\u0301", "1", "_", "ß", "\udc80"])
def test_no_input_of_allowed_size_costs_much(unit: str) -> None:
    long = ("a" + unit * bounds.PASSWORD)[: bounds.PASSWORD]
    passwords._common()
    began = time.thread_time()
    weakness(long, "a" * 254, long[:200])
    assert time.thread_time() - began < 0.05


def test_hashes_are_slow_to_try_for_unknown_accounts_too() -> None:
    assert REAL_COST == 12
    assert REAL_NOBODY.startswith(f"$2b${REAL_COST}$")
