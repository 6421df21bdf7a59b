"""Numbers and names as text for people."""

from exports_app.domain.table import CHANGE_SCALE


def size(count: int) -> str:
    """Bytes in the largest decimal unit with one place: ``size(1_234_567) == '1.2 MB'``."""
    if count < 1000:
        return f"{count} byte" if count == 1 else f"{count} bytes"
    value, unit = count / 1000, "KB"
    for larger in ("MB", "GB", "TB"):
        if round(value, 1) < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}"


def up_to(number: int, most: int) -> str:
    """A number that was counted no further than one more than `most`: ``10,000+``."""
    return f"{most:,}+" if number > most else f"{number:,}"


def counted(count: int, noun: str) -> str:
    """``1 row``, ``2,318 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 10 min``."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def place(zone: str) -> str:
    """The short name of an IANA zone: ``America/New_York`` is ``New York``."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def sentence(text: str) -> str:
    """The text with a capital first letter, unless it begins with a host name or an address."""
    first = text.partition(" ")[0].rstrip(".:,;")
    return text if "." in first or "@" in first else text[:1].upper() + text[1:]


def change(value: int | None) -> tuple[str, str]:
    """A relative change in words, and its way: up, down or same; both empty where there is nothing
    to compare with. value: see `table.change_of`."""
    if value is None:
        return "", ""
    percent = abs(value) / 10 ** (CHANGE_SCALE - 2)
    words = f"{percent:,.0f}%" if percent >= 100 else f"{percent:.1f}%"
    if words == "0.0%":
        return "no change", "same"
    return (f"+{words}", "up") if value > 0 else (f"\N{MINUS SIGN}{words}", "down")
