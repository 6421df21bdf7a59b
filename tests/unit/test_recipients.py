"""Reading a list of recipients as people paste it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exports_app.services.rules import MAX_SENT, read_recipients

ANN, BOB, CY = "ann@example.com", "bob@example.com", "cy@example.com"


def addresses(text: str) -> list[str | None]:
    return [one.address for one in read_recipients(text)]


@pytest.mark.parametrize(
    "between", [",", ";", " ", "\n", "\r\n", "\t", " , ", ";;", ",\n", "\N{NO-BREAK SPACE}", "\N{LINE SEPARATOR}"]
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
        ("boss@example", "boss@example has no valid domain: mend or remove it"),
        ("boss", "boss has no @: mend or remove it"),
        ("@example.com", "@example.com has nothing before the @: mend or remove it"),
        ("boss@", "boss@ has nothing after the @: mend or remove it"),
        ("boss@@example.com", "boss@@example.com has more than one @: mend or remove it"),
        ("boss@exa_mple..com", "boss@exa_mple..com has no valid domain: mend or remove it"),
        ("bo..ss@example.com", "bo..ss@example.com has something before the @ that no address may have: mend or remove it"),
        ("Boss <boss@example>", "boss@example has no valid domain: mend or remove it"),
    ],
)
def test_a_bad_one_keeps_its_text_and_says_what_is_wrong(text: str, error: str) -> None:
    (one,) = read_recipients(text)
    assert (one.text, one.address, one.error) == (text, None, error)


def test_a_bad_one_hinders_no_other_and_words_without_an_address_are_shown() -> None:
    found = read_recipients(f"the boss, {ANN}; boss@nowhere\nBob <{BOB}>")
    assert [(one.text, one.address) for one in found] == [
        ("the", None),
        ("boss", None),
        (ANN, ANN),
        ("boss@nowhere", None),
        (f"Bob <{BOB}>", BOB),
    ]


def test_a_long_text_is_not_repeated_whole() -> None:
    (one,) = read_recipients("x" * 5000)
    assert len(one.text) == 5000
    assert (one.error or "").endswith("xxx\N{HORIZONTAL ELLIPSIS} is too long: mend or remove it")
    assert len(one.error or "") < 120


def test_only_so_many_are_looked_at() -> None:
    assert len(read_recipients(", ".join(f"p{i}@example.com" for i in range(MAX_SENT + 5)))) == MAX_SENT


MARKS = st.sampled_from([*"@,;<>\":. \n\t\r'()[]\\?%", "mailto:", "a@b.example", "\ud800", "\x00", "\N{LINE SEPARATOR}"])


@given(st.lists(MARKS | st.text(max_size=4), max_size=40).map("".join))
@example('"' * 500 + "<" * 500)
def test_whatever_is_pasted_is_read(text: str) -> None:
    for one in read_recipients(text):
        assert (one.address is None) == (one.error is not None)
        assert one.text in text
        assert one.text.strip()


JUNK = st.text(st.characters(exclude_characters="@")).map(lambda text: text.replace("mailto:", ""))


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), JUNK), min_size=1, max_size=8),
    st.sampled_from([" ", ",", ";", "\n", "\t", "<", ">", " <"]),
)
def test_no_valid_address_is_ever_lost(people: list[tuple[str, str]], mark: str) -> None:
    text = "".join(f"{junk}{mark}{name}@example.com{mark}" for name, junk in people)
    assert {f"{name}@example.com" for name, _ in people} <= set(addresses(text))
