"""Text files as spreadsheet programs save them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exports_app.domain.errors import ExportsError
from exports_app.services.campaigns.imports.columns import by_header
from exports_app.services.campaigns.imports.preview import preview
from exports_app.services.campaigns.imports.report import ImportPreview
from exports_app.services.campaigns.imports.source import read_table

HEADER = "campaign_name,currency,date,clicks,spend\n"
Read = Callable[[str | bytes], ImportPreview]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(content: str | bytes) -> ImportPreview:
        file = tmp_path / "file"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        with read_table(file) as table:
            return preview(table, by_header(table.columns))

    return run


def names(seen: ImportPreview) -> list[str]:
    assert seen.problems == ()
    return [row.values["campaign_name"] for row in seen.rows]


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("windows-1252", "windows-1252"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_encoding_is_recognised_and_said(read: Read, codec: str, name: str, end: str) -> None:
    text = HEADER + "Grüße – “x”,EUR,2026-03-01,1,2.50\n"
    seen = read(text.replace("\n", end).encode(codec))
    assert names(seen) == ["Grüße – “x”"]
    assert seen.read_as == f"{name}, commas, decimal point"


@pytest.mark.parametrize("mark", ["\ufeff"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_both_orders_of_utf_16_are_read_by_their_mark(read: Read, codec: str, mark: str) -> None:
    text = mark + HEADER + "春の,JPY,2026-03-01,1,2\n"
    assert names(read(text.encode(codec))) == ["春の"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Весна".encode("cp1251"), "its encoding is unknown"),
        ("春の".encode("shift_jis"), "its encoding is unknown"),
        ("春天".encode("gbk"), "its encoding is unknown"),
        ("Zażółć".encode("cp1250"), "its encoding is unknown"),
        (b"Gr\xfcn,EUR,2026-03-01,1,2\n\xc3\xbc", "line 2 is not UTF-8, but line 3 is"),
        (b"Gr\xc3", "the file mixes encodings|is unknown|windows"),
    ],
)
def test_letters_that_could_be_others_are_refused(read: Read, content: bytes, reason: str) -> None:
    if content == b"Gr\xc3":  # a western letter at the end of a line
        assert names(read(HEADER.encode() + content + b",EUR,2026-03-01,1,2\n")) == ["GrÃ"]
        return
    with pytest.raises(ExportsError, match=reason):
        read(HEADER.encode() + content + b",EUR,2026-03-02,1,2\n")


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("cp850", "Köln März Café Größe Promoção Été"),
        ("mac_roman", "März Café über"),
        ("cp932", "テスト 夏セット セール 東京 新規"),
        ("cp1250", "Łódź Wrocław Żywiec już"),
        ("iso8859-2", "Łódź są"),
        ("iso8859-15", "€ cœur"),
        ("gbk", "中 夏季"),
        ("big5", "春 夏季"),
        ("cp1255", "קיץ"),
        ("cp874", "ไทย"),
    ],
)
def test_words_that_no_western_language_has_are_refused(read: Read, codec: str, words: str) -> None:
    for word in words.split():
        with pytest.raises(ExportsError, match="line 2 is not UTF-8, and its encoding"):
            read((HEADER + f"{word},EUR,2026-03-01,1,2\n").encode(codec))


WESTERN = (
    "L’été; l‘été; Voilà…; …où; Straße; ÆØÅ; öö; Šport; Žižkov; ŠKODA; œuvre; CŒUR; NOËL; Ÿ;"
    "¿Qué?; ¡Olé!; Nº 5; 1ª; Angebot¹; 20 m²; m³; „Öl“; ”Öl”; »Öl«; «été»; ‹Öl›; Übergröße; Crème;"
    " £5 off; Save £10; GB£5; ¥500; 5€; €uro; 50 € Rabatt; PEUGEOT™; Brand® Shop; Öl–Heizung; 5×5;"
    " São João; Þór; Åre; Málaga – Cádiz; smörgås; açaí; •Été; 100‰; Angebot†; ½ Preis"
)


@pytest.mark.parametrize("name", [name.strip() for name in WESTERN.split(";")])
def test_words_of_western_languages_are_read(read: Read, name: str) -> None:
    content = f"{HEADER}{name},EUR,2026-03-01,1,2\nÀ,EUR,2026-03-02,1,2\n"
    assert names(read(content.encode("cp1252"))) == [name, "À"]


def test_what_could_have_other_letters_shows_its_words(read: Read) -> None:
    text = HEADER + "Příbram a Plzeň,EUR,2026-03-01,1,2\nPříbram,EUR,2026-03-02,1,2\n"
    note = read(text.encode("cp1250")).note
    assert note == (
        "read as windows-1252, with words such as Pøíbram, Plzeò: if they are wrong, save it as"
        " 'CSV UTF-8'"
    )
    assert read(text).note == ""
    assert read((HEADER + "5 €,EUR,2026-03-01,1,2\n").encode("cp1252")).note == ""
    many = " ".join(f"é{number}" for number in range(9)) + " " + "é" * 3 + "e" * 90
    shown = read(f"{HEADER}{many},EUR,2026-03-01,1,2\n".encode("cp1252")).note
    assert "such as é0, é1, é2, é3, é4: if" in shown


def test_a_file_that_ends_within_a_character_is_refused(read: Read) -> None:
    text = HEADER + "Grün,EUR,2026-03-01,1,2\nGrü"
    with pytest.raises(ExportsError, match="line 3 is not UTF-8, but line 2 is"):
        read(text.encode()[:-1])
    with pytest.raises(ExportsError, match="is not valid UTF-16"):
        read(text.encode("utf-16")[:-1])


def test_letters_of_an_old_macintosh_are_refused(read: Read) -> None:
    text = (HEADER + "Grün,EUR,2026-03-01,1,2\n").replace("\n", "\r")
    assert names(read(text)) == ["Grün"]
    with pytest.raises(ExportsError, match="old Mac systems"):
        read(text.encode("mac_roman"))


@pytest.mark.parametrize(
    ("separator", "name"),
    [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")],
)
@pytest.mark.parametrize("declared", [False, True])
def test_the_separator_is_recognised_and_said(
    read: Read, separator: str, name: str, declared: bool
) -> None:
    text = (HEADER + "A,EUR,2026-03-01,1,2\n").replace(",", separator)
    seen = read(f"sep={separator}\n{text}" if declared else text)
    assert names(seen) == ["A"]
    assert seen.read_as.startswith(f"UTF-8, {name}")
    assert seen.header_line == (2 if declared else 1)


def test_a_declared_separator_may_be_any_and_follow_a_mark(read: Read) -> None:
    text = "\ufeffsep=^\r\n" + (HEADER + "A,EUR,2026-03-01,1,2\r\n").replace(",", "^")
    assert names(read(text)) == ["A"]


def test_how_numbers_and_dates_were_read_is_said(read: Read) -> None:
    text = HEADER.replace(",", ";") + "A;EUR;13.03.2026;1.234;1.234,50\n"
    seen = read(text)
    assert seen.read_as == (
        "UTF-8, semicolons, decimal comma, thousands separators, dates as day, month, year"
    )
    assert seen.rows[0].values == {
        "campaign_name": "A",
        "currency": "EUR",
        "date": "2026-03-13",
        "clicks": "1234",
        "spend": "1234.50",
    }


def test_another_column_shows_the_decimal_sign(read: Read) -> None:
    assert read(HEADER + 'A,EUR,2026-03-01,"1,234",1.50\n').rows[0].values["clicks"] == "1234"
    assert "can mean" in read(HEADER + 'A,EUR,2026-03-01,"1,234",1\n').rows[0].problem


def test_rows_and_columns_without_anything_are_skipped(read: Read) -> None:
    blank = ",,,,,,\r\n \u00a0,,,,\r\n\r\n"
    text = blank + HEADER.replace("\n", ",,\r\n") + blank + "A,EUR,2026-03-01,1,2,,\r\n" + blank
    assert names(read(text)) == ["A"]
    assert names(read(text + "\x1a")) == ["A"]


def test_an_empty_cell_more_than_the_header_has_may_come_from_a_split_amount(read: Read) -> None:
    header = "campaign_name,currency,date,spend,revenue\n"
    (row,) = read(header + "A,EUR,2026-03-01,12,50,\n").rows
    assert row.problem == (
        "has 6 cells, the header has 5: put amounts such as 12,50 in quotes, or remove the empty"
        " cells at the end"
    )
    semicolons = header.replace(",", ";") + "A;EUR;2026-03-01;12,50;;\n"
    assert read(semicolons).rows[0].values["spend"] == "12.50"


def test_content_below_no_header_is_refused(read: Read) -> None:
    seen = read("campaign_name,currency,,date\nA,EUR,x,2026-03-01\n")
    assert seen.rows[0].problem == "cell 3 has a value, but its column has no header"
    assert (
        "has 4 cells" in read("campaign_name,currency,date,\nA,EUR,2026-03-01,x\n").rows[0].problem
    )


def test_headers_are_found_below_a_title_and_in_other_spellings(read: Read) -> None:
    seen = read(
        "Report for March,,\n\nCAMPAIGN name,Currency , date,Start,CTR\nA,EUR,2026-03-01,,\n"
    )
    assert seen.header_line == 3
    assert seen.mapping == ("campaign_name", "currency", "date", "start_date", "")
    assert names(seen) == ["A"]


def test_headers_over_several_lines_and_rows_with_line_breaks_keep_their_lines(read: Read) -> None:
    seen = read('"campaign\nname",currency,date\n"A\nb",EUR,2026-03-01\nC,EUR,x\n')
    assert [(row.line, bool(row.problem)) for row in seen.rows] == [(3, False), (5, True)]


@pytest.mark.parametrize("name", ["", " ", "\u00a0", '"\u200b"'])
def test_what_nobody_sees_is_no_name(read: Read, name: str) -> None:
    (row,) = read(HEADER + f"{name},EUR,2026-03-01,1,2\n").rows
    assert row.problem == "campaign_name: is required"


@pytest.mark.parametrize(
    "name", ["#N/A", "#NV", "#WERT!", "#N/D", "#¿NOMBRE?", "#VALEUR!", "#N/B", " #Н/Д\u00a0"]
)
def test_what_a_spreadsheet_shows_for_an_error_is_no_name(read: Read, name: str) -> None:
    (row,) = read(HEADER + f"{name},EUR,2026-03-01,1,2\n").rows
    assert row.problem == f"campaign_name: {name} is a spreadsheet error"
    assert names(read(HEADER + "#summer,EUR,2026-03-01,1,2\n")) == ["#summer"]


def test_a_line_of_totals_is_refused_and_named(read: Read) -> None:
    seen = read(HEADER + "A,EUR,2026-03-01,1,2\nTotal,,,1,2\n")
    assert [(p.line, p.reason) for p in seen.problems] == [
        (3, "date: is required: remove lines with totals")
    ]


def test_what_lacks_is_named_and_columns_are_shown_for_mapping(read: Read) -> None:
    seen = read("Kampagne;Währung;Tag;Klicks\nA;EUR;2026-03-01;5\n")
    assert seen.missing == ("campaign_name", "currency", "date")
    assert [(c.header, c.field, c.samples) for c in seen.columns] == [
        ("Kampagne", "", ("A",)),
        ("Währung", "", ("EUR",)),
        ("Tag", "", ("2026-03-01",)),
        ("Klicks", "", ("5",)),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7", "this is a PDF document"),
        (b"\x1f\x8b\x08", "this is compressed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel 97 to 2003"),
        (b"<html><table>", "this is a web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "this is a web page or XML"),
        (b'[{"campaign_name": "A"}]', "this is JSON"),
    ],
)
def test_what_is_no_table_is_refused_with_how_to_save_it(
    read: Read, content: bytes, reason: str
) -> None:
    with pytest.raises(ExportsError, match=reason):
        read(content)
