"""File names keep the script of the name they are made of, and every file system takes them."""

import unicodedata

import pytest

from exports_app.domain.file_names import MOST_BYTES, ascii_fallback, joined, part_of

REST = ("2026-01-01-to-2026-01-07", "20260304T103000Z")


def named(name: str) -> str:
    return joined(["acme", name, *REST], 1, "xlsx")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Weekly campaigns", "weekly-campaigns"),
        ("A/B: 100 %", "a-b-100"),
        ("...", "export"),
        ("דוח שבועי!", "דוח-שבועי"),
        ("تقرير الحملات", "تقرير-الحملات"),
        ("Zażółć gęślą", "zażółć-gęślą"),
        ("Weekly spend – EU", "weekly-spend-eu"),
        ("Bob’s “top” 10 €", "bob-s-top-10-€"),
        ("Größe", "größe"),
        ("週報 🎉", "週報-🎉"),
        ("Family 👩‍👩‍👧", "family-👩‍👩‍👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ('ü/\\:*?"<>|_ü', "ü-ü"),
        ("ü\u00a0\u3000 ü", "ü-ü"),
        ("  ü. ", "ü"),
        ("ü\x00\x1f\x7f\u2028ü\x00ü", "ü-üü"),
        ("\u202eü\u2066fdp.exe", "üfdp-exe"),
        ("\u200fü\u200b\ufeff", "ü"),
        ("\ue000ü\U0010ffff", "ü"),
        ("\u0301ü", "ü"),
        ("\u200d\u2060", "export"),
    ],
)
def test_a_name_is_in_lower_case_with_hyphens_and_keeps_its_script(name: str, part: str) -> None:
    assert part_of(name, 200) == part
    assert named(name) == f"acme_{part}_2026-01-01-to-2026-01-07_20260304T103000Z.xlsx"


def test_a_name_is_composed() -> None:
    """macOS hands out names in parts: the same name has one file name."""
    assert part_of(unicodedata.normalize("NFD", "Größe"), 200) == "größe"


@pytest.mark.parametrize("reserved", ["CON", "nul", "COM1", "con.txt", "LPT9"])
def test_no_name_is_one_that_windows_reserves(reserved: str) -> None:
    name = joined([reserved.lower().replace(".", "-"), reserved, *REST], 1, "csv")
    assert "_" in name.split(".")[0]
    assert name.split(".")[0].upper() not in {"CON", "NUL", "COM1", "LPT9"}


@pytest.mark.parametrize("name", ["週報" * 150, "e\u0301" * 300, "🎉" * 200, "x" * 300, "दे" * 200])
def test_a_long_name_is_cut_at_a_character_also_as_a_zip(name: str) -> None:
    whole = f"{named(name)}.zip"
    assert len(whole.encode()) <= MOST_BYTES
    assert whole.endswith("_20260304T103000Z.xlsx.zip")
    kept = whole.split("_")[1]
    assert unicodedata.normalize("NFC", name).startswith(kept)


@pytest.mark.parametrize("mark", ["\u0332", "\ufe0f", "\u200d"])
def test_nothing_is_cut_off_the_character_that_it_belongs_to(mark: str) -> None:
    for most in range(1, 30):
        cut = part_of(f"üa{mark}b" * 20, most)
        assert cut == "export" or f"üa{mark}b" * 20 == cut + (f"üa{mark}b" * 20)[len(cut) :]
        assert not cut.endswith("a")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("acme_weekly-campaigns_all.csv", "acme_weekly-campaigns_all.csv"),
        ("acme_Zażółć gęślą!_all.csv", "acme_zazolc-gesla_all.csv"),
        ("acme_週報_all.csv.zip", "acme_zhou-bao_all-csv.zip"),
        ("acme_🎉_all.csv", "acme_export_all.csv"),
        ('a"b\\c\r\n;=?.csv', "a-b-c.csv"),
    ],
)
def test_programs_that_read_ascii_alone_get_a_name_too(name: str, plain: str) -> None:
    assert ascii_fallback(name) == plain


def test_that_name_is_as_short_as_asked() -> None:
    short = ascii_fallback(named("週報" * 150), 60)
    assert len(short) <= 60
    assert short.endswith(".xlsx")
