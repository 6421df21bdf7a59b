"""Numbers as people's spreadsheets write them."""

import pytest

from exports_app.services.campaigns.imports.cells import Wrong
from exports_app.services.campaigns.imports.numbers import NumberColumn, hundredths, whole


def column(*texts: str) -> NumberColumn:
    made = NumberColumn()
    for line, text in enumerate(texts, 2):
        made.see(text, line)
    return made


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("12", "", 1200),
        ("12.5", "", 1250),
        ("12.50", ",", 1250),
        ("12,50", "", 1250),
        ("1,00", "", 100),
        ("1.234,50", "", 123_450),
        ("1,234.50", "", 123_450),
        ("1.234.567", "", 123_456_700),
        ("1,234", ".", 123_400),
        ("1.234", ",", 123_400),
        ("1 234,50", "", 123_450),
        ("1\u00a0234,50", "", 123_450),
        ("1\u202f234,50", "", 123_450),
        ("1'234.50", "", 123_450),
        ("1’234.50", "", 123_450),
        ("12,34,567.50", "", 123_456_750),
        (" 12.50 ", "", 1250),
        ("12,50 €", "", 1250),
        ("€12.50", "", 1250),
        ("€ 1.234,50", "", 123_450),
        ("EUR 12.50", "", 1250),
        (12.5, "", 1250),
        (0.1 + 0.2, "", 30),
        (1e5, "", 10_000_000),
        ("-", "", None),
        ("–", "", None),
        ("", "", None),
        ("\u00a0", "", None),
    ],
)
def test_an_amount_is_read_in_any_notation(
    text: str | float, decimal: str, expected: int | None
) -> None:
    assert hundredths(text, decimal, "EUR") == expected


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("USD", "$12.50"),
        ("CAD", "$ 12.50"),
        ("MXN", "$12.50"),
        ("COP", "$ 12,50"),
        ("USD", "US$12.50"),
        ("BRL", "R$ 12,50"),
        ("GBP", "£12.50"),
        ("JPY", "¥12.50"),
        ("PLN", "12,50 zł"),
        ("SEK", "12,50 kr"),
        ("DKK", "12,50 kr."),
        ("CHF", "Fr. 12.50"),
        ("CHF", "CHF 12.50"),
    ],
)
def test_the_sign_of_the_lines_currency_is_no_matter(currency: str, text: str) -> None:
    assert hundredths(text, "", currency) == 1250


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.234", "1.234 can mean 1234 or 1.234"),
        ("1,234", "1,234 can mean 1234 or 1.234"),
        ("12.345", "12.345 can mean"),
        ("1234.567", "two decimals"),
        ("0,123", "two decimals"),
        ("1.23.45", "two decimals"),
        ("12,50%", "it is a percentage"),
        ("1.2E+05", "scientific notation"),
        ("-12.50", "0 or more"),
        ("(12.50)", "0 or more"),
        ("12.50-", "0 or more"),
        ("\u221212.50", "0 or more"),
        ("#N/A", "#N/A is a spreadsheet error"),
        ("#DIV/0!", "is a spreadsheet error"),
        ("$12.50", "has the sign $, but the currency is EUR"),
        ("12,50 $", "has the sign $, but the currency is EUR"),
        ("US$ 99", "has the sign US$, but the currency is EUR"),
        ("£12.50", "has the sign £, but the currency is EUR"),
        ("12.50 USD", "two decimals"),
        ("NaN", "two decimals"),
        ("twelve", "two decimals"),
        ("١٢", "two decimals"),
        ("9" * 10_000, "two decimals"),
        (12.345, "two decimals"),
        (-1.0, "0 or more"),
        (1e300, "0 or more"),
        (True, "two decimals"),
        (Wrong("has the spreadsheet error #N/A"), "has the spreadsheet error #N/A"),
    ],
)
def test_what_is_no_amount_or_more_than_one_is_refused_with_the_reason(
    text: str | float | Wrong, reason: str
) -> None:
    with pytest.raises(ValueError) as refused:
        hundredths(text, "", "EUR")
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("1,234", ".", 1234),
        ("1.234", ",", 1234),
        ("1 234", "", 1234),
        (5.0, "", 5),
        ("-", "", None),
    ],
)
def test_a_count_may_have_separators_of_thousands(
    text: str | float, decimal: str, expected: int | None
) -> None:
    assert whole(text, decimal) == expected


@pytest.mark.parametrize("text", ["1.0", "1,00", "1e3", "-1", "5.5", 5.5, "10%", "5 €"])
def test_a_count_is_whole(text: str | float) -> None:
    for decimal in (".", ",", ""):
        with pytest.raises(ValueError, match="must be a whole number"):
            whole(text, decimal)


@pytest.mark.parametrize("decimal", ["", ".", ","])
def test_a_count_that_could_be_a_decimal_number_is_never_one(decimal: str) -> None:
    try:
        assert whole("1.234", decimal) == 1234
        assert decimal == ","
    except ValueError:
        assert decimal != ","


def test_dollars_of_the_united_states_are_no_others() -> None:
    with pytest.raises(ValueError, match=r"has the sign US\$, but the currency is CAD"):
        hundredths("US$12.50", "", "CAD")


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (("1", "2"), ""),
        (("1.50",), "."),
        (("1,5",), ","),
        (("1.234",), ""),
        (("1.234", "1,50"), ","),
        (("1.234", "1.234.567"), ","),
        (("1,234", "€1,234.50"), "."),
        (("1,234", "-5.5"), "."),
        (("1,50", "1.50"), ""),
        (("1 234", "x", ""), ""),
    ],
)
def test_a_column_shows_its_decimal_sign(texts: tuple[str, ...], decimal: str) -> None:
    assert column(*texts).decimal == decimal
