"""A tenant's one colour as the page's accent: shades that stay readable (WCAG 2.2 AA) on light and
dark grounds."""

import re
from collections.abc import Sequence
from colorsys import rgb_to_hls
from dataclasses import dataclass
from functools import lru_cache

from exports_app.domain.colors import contrast, mixed, readable_on

DEFAULT = "#4F46E5"
BLACK, WHITE = "#000000", "#FFFFFF"
TEXT, SHAPE = 4.6, 3.1
"""Contrast wanted: 4.5 for text and 3 for shapes, and a little more."""
APART = 1.21
"""Contrast of any two lines of a chart, to tell them apart without colour vision."""
HUE = 25
"""Degrees that a line's hue is from the brand's, where it can be."""
LINES = ("#1E43D4", "#D4690B", "#1F7A63", "#672267", "#B4245D")
"""Colours of a chart's lines beside the first, which is the brand's."""
LINE_COUNT = 4


@dataclass(frozen=True)
class Theme:
    """panel, sub and muted: as in assets/ui.css. end: towards which shades are moved that contrast
    too little. tint: how much of the panel is in the soft shade."""

    panel: str
    sub: str
    muted: str
    end: str
    tint: float


THEMES = {
    "light": Theme("#FFFFFF", "#F9F9FB", "#60646C", BLACK, 0.9),
    "dark": Theme("#18191B", "#1D1E20", "#B0B4BA", WHITE, 0.78),
}


def scale(color: str) -> dict[str, str]:
    """CSS custom properties for the accent. color: #RRGGBB; anything else counts as the product's
    own."""
    return dict(_scale(color))


@lru_cache(maxsize=256)  # a few milliseconds, which every page that opens would take
def _scale(color: str) -> dict[str, str]:
    base = color if re.fullmatch(r"#[0-9A-Fa-f]{6}", color) else DEFAULT
    shades: dict[str, str] = {}
    for name, theme in THEMES.items():
        # Selected rows are of the soft shade: muted text stands on it, and the ring of the focus
        soft = _until(mixed(base, theme.panel, theme.tint), theme.panel, TEXT, theme.muted)
        solid = _until(base, theme.end, SHAPE, theme.panel, theme.sub, soft)
        # White looks better on saturated colours than the formula says: it is taken wherever it
        # reaches AA
        on = WHITE if contrast(WHITE, solid) >= TEXT else readable_on(solid)
        # A hovered button must not come nearer to its own text
        away = BLACK if on == WHITE else WHITE
        shades |= {
            f"--brand-{name}-solid": solid,
            f"--brand-{name}-hover": mixed(solid, away, 0.12),
            f"--brand-{name}-on": on,
            f"--brand-{name}-soft": soft,
            f"--brand-{name}-text": _until(base, theme.end, TEXT, soft, theme.panel, theme.sub),
        }
        for number, line in enumerate(_lines(base, solid, theme), 1):
            shades[f"--brand-{name}-series-{number}"] = line
    return shades


def _lines(base: str, solid: str, theme: Theme) -> list[str]:
    """The colours of a chart's lines. The first is the brand's solid shade."""
    chosen = [solid]
    away = sorted(LINES, key=lambda color: _hues_apart(color, base) < HUE)
    for color in away[: LINE_COUNT - 1]:
        chosen.append(_shade(color, theme.end, theme.panel, chosen))
    return chosen


def _shade(color: str, end: str, ground: str, others: Sequence[str]) -> str:
    """The colour as near as it may be: seen on the ground, and of another lightness than others."""
    steps = [mixed(color, to, step / 20) for step in range(20) for to in (end, ground)]
    fitting = [shade for shade in steps if contrast(shade, ground) >= SHAPE]
    return next(
        (s for s in fitting if all(contrast(s, other) >= APART for other in others)), fitting[0]
    )


def _hues_apart(a: str, b: str) -> float:
    """Degrees between two hues; 180 where one has none."""
    (first, _, gray_a), (second, _, gray_b) = (_hls(color) for color in (a, b))
    if min(gray_a, gray_b) < 0.1:
        return 180
    apart = abs(first - second) * 360
    return min(apart, 360 - apart)


def _hls(color: str) -> tuple[float, float, float]:
    return rgb_to_hls(*(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)))


def _until(color: str, end: str, wanted: float, *grounds: str) -> str:
    """The colour, moved towards `end` only as far as the contrast with all the grounds needs."""
    steps = (mixed(color, end, step / 20) for step in range(21))
    return next(
        (shade for shade in steps if all(contrast(shade, ground) >= wanted for ground in grounds)),
        end,
    )
