"""Reading a list of recipients as people paste it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exports_app.services.schedules.recipients import MAX_SENT, read_recipients

ANN = "ann@example.com"
BOB = "bob@example.com"
CY = "cy@example.com"


def addresses(text: str) -> list[str | None]:
    return [one.address for one in read_recipients(text)]


@pytest.mark.parametrize(
    "between",
    [
        ",",
        ";",
        " ",
        "\n",
        "\r\n",
        "\t",
        " , ",
        ";;",
        ",\n",
        "\N{NO-BREAK SPACE}",
        "\N{LINE SEPARATOR}",
    ],
)
def test_recipients_stand_between_commas_semicolons_and_white_space(between: str) -> None:
    assert addresses(f"{between}{ANN}{between}{BOB}{between}{CY}{between}") == [ANN, BOB, CY]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ann Lee <ann@example.com>", [ANN]),
        ("Ann <ann@example.com>, Bob < bob@example.com >; cy@example.com", [ANN, BOB, CY]),
        ('"Lee, Ann" <ann@example.com>, "O\'Neil; Bob"<bob@example.com>', [ANN, BOB]),
        ("<ann@example.com>", [ANN]),
        ("<ann@example.com, bob@example.com>", [ANN, BOB]),
        ("ann@example.com <ann@example.com>", [ANN]),
        ('"ann@example.com" <bob@example.com>', [ANN, BOB]),
        ("ann@example.com Bob Lee <bob@example.com>", [ANN, BOB]),
        ("mailto:ann@example.com", [ANN]),
        ("MAILTO:ann%40example.com?subject=Hello", [ANN]),
        ("Ann <mailto:ann@example.com>", [ANN]),
        ("'ann@example.com', (bob@example.com). cy@example.com.", [ANN, BOB, CY]),
        ("<ann@example.com bob@example.com", [ANN, BOB]),
        ("Ann@EXAMPLE.com", ["Ann@example.com"]),
        ("jörg@bücher.example", ["jörg@bücher.example"]),
        ("Lee, Ann <ann@example.com>; O'Neil, Bob (Sales) <bob@example.com>", [ANN, BOB]),
        ("Lee, Ann <ann@example.com>, O'Neil, Bob <bob@example.com>\n", [ANN, BOB]),
        ("ann@example.com (Ann Lee), bob@example.com(Bob)", [ANN, BOB]),
        ("1. ann@example.com\n2) bob@example.com\n \u2022 cy@example.com", [ANN, BOB, CY]),
        ("- ann@example.com\n* bob@example.com", [ANN, BOB]),
        ("Name\tTeam\tEmail\nAnn Lee\tSales\tann@example.com\nBob\t\tbob@example.com", [ANN, BOB]),
        ("Ann\tann@example.com, bob@example.com\t2026", [ANN, BOB]),
        ("\u200bann@example.com\u200b, \u202abob@example.com\u202c\ufeff", [ANN, BOB]),
        ("an\u00adn@exam\u200cple.com", [ANN]),
        ("ann@example.com\uff1bbob@example.com\u060c cy@example.com", [ANN, BOB, CY]),
        ("ann\uff20example\uff0ecom\u3001bob@example.com\u3000cy@example.com", [ANN, BOB, CY]),
        ("\uff1cann@example.com\uff1e\u061b bob@example.com", [ANN, BOB]),
        (
            '"a b"@x.example, "Lee, Ann" <"a,b; c"@x.example>',
            ['"a b"@x.example', '"a,b; c"@x.example'],
        ),
        ('"a@b"@x.example (Ann), "a (b)"@x.example', ['"a@b"@x.example', '"a (b)"@x.example']),
        ('"ann"@example.com', [ANN]),
        ("root@localhost; ann@corp.local", ["root@localhost", "ann@corp.local"]),
        (
            "ann@[192.0.2.1], <bob@[IPv6:2001:db8::1]>",
            ["ann@[192.0.2.1]", "bob@[IPv6:2001:db8::1]"],
        ),
        ("[ann@example.com]", [ANN]),
        (
            'a..b@docomo.ne.jp, "a..b"@docomo.ne.jp; c.@docomo.ne.jp',
            ["a..b@docomo.ne.jp", "c.@docomo.ne.jp"],
        ),
        ("", []),
        (" \n,;<>", []),
    ],
)
def test_what_mail_programs_copy_is_understood(text: str, found: list[str]) -> None:
    assert addresses(text) == found
    assert all(one.error is None for one in read_recipients(text))


def test_the_same_one_counts_once_whatever_its_case_and_the_order_is_kept() -> None:
    found = read_recipients(f"{BOB}, {ANN}, Bob <BOB@example.com>, boss, {ANN.upper()}, BOSS")
    assert [one.text for one in found] == [BOB, ANN, "boss"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("boss@exa_mple", "boss@exa_mple has no valid domain: fix or remove it"),
        ("boss@192.0.2.1", "boss@192.0.2.1 has no valid domain: fix or remove it"),
        ("boss", "boss isn't an email address: fix or remove it"),
        ("@example.com", "@example.com has nothing before the @: fix or remove it"),
        ("boss@", "boss@ has nothing after the @: fix or remove it"),
        ("boss@@example.com", "boss@@example.com has more than one @: fix or remove it"),
        ("boss@exa_mple..com", "boss@exa_mple..com has no valid domain: fix or remove it"),
        (
            "bo\\ss@example.com",
            (
                "bo\\ss@example.com has characters before the @ that are not allowed: "
                "fix or remove it"
            ),
        ),
        ("Boss <boss@-example>", "boss@-example has no valid domain: fix or remove it"),
    ],
)
def test_a_bad_one_keeps_its_text_and_says_what_is_wrong(text: str, error: str) -> None:
    (one,) = read_recipients(text)
    assert (one.text, one.address, one.error) == (text, None, error)


def test_a_bad_one_hinders_no_other_and_words_without_an_address_are_shown() -> None:
    found = read_recipients(f"the boss, {ANN}; boss@no_where\nBob <{BOB}>")
    assert [(one.text, one.address) for one in found] == [
        ("the", None),
        ("boss", None),
        (ANN, ANN),
        ("boss@no_where", None),
        (f"Bob <{BOB}>", BOB),
    ]


def test_a_name_before_a_plain_address_may_be_one_without_its_domain() -> None:
    found = read_recipients(f"boss, {ANN}; Lee, Bob <{BOB}>")
    assert [(one.text, one.address) for one in found] == [
        ("boss", None),
        (ANN, ANN),
        (f"Lee, Bob <{BOB}>", BOB),
    ]


def test_joiners_between_letters_of_other_scripts_stay() -> None:
    (one,) = read_recipients("ann@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example")
    assert "\u200c" in one.text


def test_a_long_text_is_not_repeated_whole() -> None:
    (one,) = read_recipients("x" * 5000)
    assert len(one.text) == 5000
    assert (one.error or "").endswith("xxx\N{HORIZONTAL ELLIPSIS} is too long: fix or remove it")
    assert len(one.error or "") < 120


def test_only_so_many_are_looked_at() -> None:
    assert (
        len(read_recipients(", ".join(f"p{i}@example.com" for i in range(MAX_SENT + 5))))
        == MAX_SENT
    )


MARKS = st.sampled_from(
    [*"@,;<>\":. \n\t\r'()[]\\?%", "mailto:", "a@b.example", "\ud800", "\x00", "\N{LINE SEPARATOR}"]
)


@given(st.lists(MARKS | st.text(max_size=4), max_size=40).map("".join))
@example('"' * 500 + "<" * 500)
def test_whatever_is_pasted_is_read(text: str) -> None:
    for one in read_recipients(text):
        assert (one.address is None) == (one.error is not None)
        assert one.text.strip()


JUNK = st.text(st.characters(exclude_characters="@")).map(lambda text: text.replace("mailto:", ""))


@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), JUNK),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([" ", ",", ";", "\n", "\t", "<", ">", " <"]),
)
def test_no_valid_address_is_ever_lost(people: list[tuple[str, str]], mark: str) -> None:
    text = "".join(f"{junk}{mark}{name}@example.com{mark}" for name, junk in people)
    assert {f"{name}@example.com" for name, _ in people} <= set(addresses(text))
