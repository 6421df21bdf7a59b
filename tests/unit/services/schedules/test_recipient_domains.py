"""International domains of recipients: each is normalised once, and only so many."""

import json
import re
from collections.abc import Callable

import idna
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, example, given
from hypothesis import strategies as st

from exports_app.domain import bounds
from exports_app.services.core import email_addresses
from exports_app.services.core.email_addresses import MAX_INTERNATIONAL
from exports_app.services.schedules.recipients import merge_recipients, read_recipients
from exports_app.ui.pages.scheduled_exports.editor import state as editor

ANN = "ann@example.com"
ARABIC = "\N{ARABIC LETTER BEH}\N{ARABIC LETTER TEH}\N{ARABIC LETTER THEH}"


def spellings(domain: str, number: int) -> list[str]:
    """An address in so many different cases of its domain."""
    letters = [i for i, letter in enumerate(domain) if letter.isascii() and letter.isalpha()][:12]
    written = []
    for n in range(number):
        upper = {i for bit, i in enumerate(letters) if n >> bit & 1}
        written.append("a@" + "".join(c.upper() if i in upper else c for i, c in enumerate(domain)))
    return written


@pytest.fixture
def worked_on(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes into IDNA: the labels that it encodes."""
    labels, alabel = list[str](), idna.alabel

    def count(label: str) -> bytes:
        labels.append(label)
        return alabel(label)

    monkeypatch.setattr(idna, "alabel", count)
    return labels


def merged(given: list[str]) -> int:
    return len(merge_recipients(given)[0])


def pasted(given: list[str]) -> int:
    return len(
        [
            recipient
            for recipient in read_recipients(",".join(given)[: bounds.PASTED])
            if recipient.address
        ]
    )


def restored(given: list[str]) -> int:
    kept = {
        "values": {},
        "campaigns": [],
        "chips": given,
        "tenant": "",
        "id": "",
        "version": 1,
        "active": True,
    }
    return len({(one.address or "").lower() for one in editor._unpack(json.dumps(kept))[1]})


@pytest.mark.parametrize("read", [merged, pasted, restored])
def test_a_domain_is_normalised_once_whatever_its_case(
    read: Callable[[list[str]], int], worked_on: list[str]
) -> None:
    assert read(spellings(".".join([ARABIC] * 15) + ".abcdefghijkl.example", 500)) == 1
    assert 0 < len(worked_on) <= 2 * 17


@pytest.mark.parametrize("read", [merged, pasted])
def test_only_so_many_international_domains_are_normalised(
    read: Callable[[list[str]], int], worked_on: list[str]
) -> None:
    wide = "\N{FULLWIDTH LATIN SMALL LETTER B}"  # normalised to b
    written = ["".join(wide if n >> i & 1 else "b" for i in range(9)) for n in range(500)]
    read([f"a@{name}.ü.example" for name in written])
    assert 0 < len(worked_on) <= 3 * MAX_INTERNATIONAL


def test_many_domains_without_international_letters_are_all_read() -> None:
    found = read_recipients(
        ",".join([f"a@b{n}.ü.example" for n in range(MAX_INTERNATIONAL + 1)] + [ANN])
    )
    assert [one.error for one in found[-2:]] == [
        (
            f"a@b{MAX_INTERNATIONAL}.ü.example is one of too many international domains: "
            "fix or remove it"
        ),
        None,
    ]


@pytest.mark.parametrize(
    "address",
    [
        "a@" + ".".join([ARABIC] * 30) + ".abcdefghijkl.example",
        "a@" + ".".join([ARABIC] * 70),
        "a@" + "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 40 + ".example",
        "a" * 60 + "@" + "ü." * 100 + "example",
    ],
)
def test_what_is_too_long_is_refused_before_any_idna(
    address: str, worked_on: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def remap(*_: object, **__: object) -> str:
        raise AssertionError("IDNA was asked")

    monkeypatch.setattr(idna, "uts46_remap", remap)
    with pytest.raises(EmailNotValidError, match="too long"):
        email_addresses.valid_address(address)
    assert worked_on == []


PARTS = st.sampled_from(
    [
        *"abÄßẞΣςσİ@.-_+\"<> '\N{SOFT HYPHEN}\N{COMBINING ACUTE ACCENT}。",
        "xn--",
        "postmaster",
        "\ud800",
        "é",
    ]
)


@given(st.lists(PARTS, max_size=20).map("".join), st.lists(PARTS, max_size=20).map("".join))
@example("a", "STRASSE.straße.STRAẞE.de")
@example("a", "ΣΊΣΥΦΟΣ.gr")
def test_an_address_is_read_as_the_library_reads_it_as_a_whole(local: str, domain: str) -> None:
    # Dots where RFC 5321 has none are taken here, and not by the library
    assume(re.search(r'(\A|")\.|\.\.|\.("|\Z)', local) is None)
    domains = email_addresses.Domains()
    for text in (
        f"{local}@{domain}.example",
        f"{local}@{domain.upper()}.example",
        f"{local}@{domain.lower()}.example",
    ):
        try:
            whole = validate_email(
                text,
                check_deliverability=False,
                globally_deliverable=False,
                allow_quoted_local=True,
            ).normalized
        except EmailNotValidError:
            whole = None
        try:
            read = email_addresses.valid_address(text, domains)
        except EmailNotValidError:
            read = None
        assert read == whole
