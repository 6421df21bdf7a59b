"""The colours of charts, which everyone must be able to tell apart."""

import re
from itertools import combinations

import pytest

from exports_app.domain.colors import contrast
from exports_app.ui.components.charts import COLORS, DASHES, series
from exports_app.ui.framework.brand_colors import DEFAULT, scale
from exports_app.ui.pages.analytics.exports.rows import PARTS
from tests.paths import ROOT

CSS = (ROOT / "assets" / "ui.css").read_text()
SHAPE = 3.0
"""WCAG 2.2, 1.4.11: of a shape against its ground."""
APART = 1.2
"""Between any two of a chart, in lightness alone: what is left without colour vision."""


def colors(theme: str) -> dict[str, str]:
    """The custom properties of a theme, by name."""
    start = ":root, .light, .light-theme {" if theme == "light" else ".dark, .dark-theme {"
    block = CSS[CSS.index(f"\n{start}\n  --accent-solid") :]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[: block.index("\n}")]))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_two_differ_in_lightness_and_each_from_the_ground(theme: str) -> None:
    known = colors(theme)
    shades = [known[f"run-{key.replace('_', '-')}"] for key in PARTS]
    assert len(set(shades)) == len(PARTS)
    assert min(contrast(shade, known["panel"]) for shade in shades) >= SHAPE
    assert min(contrast(a, b) for a, b in combinations(shades, 2)) >= APART


BRANDS = [
    *("#4F46E5", "#FFFFFF", "#000000", "#FACC15", "#777777", "#FF0000", "#00FF00", "#1E43D4"),
    *(f"#{number:06X}" for number in range(0x0A1B2C, 0xFFFFFF, 0x1357B)),
]


@pytest.mark.parametrize(("theme", "panel"), [("light", "#FFFFFF"), ("dark", "#18191B")])
def test_lines_begin_with_the_brands_colour_and_are_told_apart(theme: str, panel: str) -> None:
    for brand in BRANDS:
        shades = [scale(brand)[f"--brand-{theme}-series-{n}"] for n in range(1, 5)]
        assert shades[0] == scale(brand)[f"--brand-{theme}-solid"]
        assert min(contrast(shade, panel) for shade in shades) >= SHAPE, brand
        assert min(contrast(a, b) for a, b in combinations(shades, 2)) >= APART, brand


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_until_the_brand_is_known_the_lines_have_the_products_colours(theme: str) -> None:
    own = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", CSS))
    for number, line in enumerate(COLORS, 1):
        name = f"brand-{theme}-series-{number}"
        assert line == f"var(--series-{number})"
        assert own[name] == scale(DEFAULT)[f"--{name}"].lower()
        assert f"--series-{number}: var(--{name});" in CSS


def test_sixteen_lines_differ_in_colour_or_pattern() -> None:
    drawn = series([str(number) for number in range(16)])
    assert len({one.dash for one in drawn[:4]}) == len(DASHES) == len(COLORS) == 4
    assert len({(one.color, one.dash) for one in drawn}) == 16
