"""Colours as ``#RRGGBB``, and their contrast (WCAG 2.2)."""


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    first, second = sorted((_luminance(a), _luminance(b)))
    return (second + 0.05) / (first + 0.05)


def readable_on(ground: str) -> str:
    """Black or white, whichever contrasts more."""
    return "#000000" if contrast("#000000", ground) >= contrast("#FFFFFF", ground) else "#FFFFFF"


def mixed(a: str, b: str, part: float) -> str:
    """From a (part 0) to b (part 1)."""
    return "#" + "".join(
        f"{round(x + (y - x) * part):02X}" for x, y in zip(_parts(a), _parts(b), strict=True)
    )


def _parts(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def _luminance(color: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (p / 255 for p in _parts(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
