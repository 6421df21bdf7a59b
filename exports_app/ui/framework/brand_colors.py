"""A tenant's one colour as the page's accent: shades that stay readable (WCAG 2.2 AA) on light and
dark grounds."""

import re

from exports_app.domain.colors import contrast, mixed, readable_on

DEFAULT = "#4F46E5"
LIGHT, DARK = "#FFFFFF", "#18191B"
BLACK, WHITE = "#000000", "#FFFFFF"
TEXT, SHAPE = 4.6, 3.1
"""Contrast wanted: 4.5 for text and 3 for shapes, and a little more."""


def scale(color: str) -> dict[str, str]:
    """CSS custom properties for the accent. color: #RRGGBB; anything else counts as the product's
    own."""
    base = color if re.fullmatch(r"#[0-9A-Fa-f]{6}", color) else DEFAULT
    shades: dict[str, str] = {}
    for name, ground, end, tint in (("light", LIGHT, BLACK, 0.9), ("dark", DARK, WHITE, 0.78)):
        solid = _until(base, end, SHAPE, ground)
        # White looks better on saturated colours than the formula says: it is taken wherever it
        # reaches AA
        on = WHITE if contrast(WHITE, solid) >= TEXT else readable_on(solid)
        away = (
            BLACK if on == WHITE else WHITE
        )  # a hovered button must not come nearer to its own text
        soft = mixed(base, ground, tint)
        shades |= {
            f"--brand-{name}-solid": solid,
            f"--brand-{name}-hover": mixed(solid, away, 0.12),
            f"--brand-{name}-on": on,
            f"--brand-{name}-soft": soft,
            f"--brand-{name}-text": _until(base, end, TEXT, soft, ground),
        }
    return shades


def _until(color: str, end: str, wanted: float, *grounds: str) -> str:
    """The colour, moved towards `end` only as far as the contrast with all the grounds needs."""
    steps = (mixed(color, end, step / 20) for step in range(21))
    return next(
        (shade for shade in steps if all(contrast(shade, ground) >= wanted for ground in grounds)),
        end,
    )
