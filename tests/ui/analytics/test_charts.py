"""The colours of charts, which everyone must be able to tell apart."""

import re
from itertools import combinations

import pytest

from exports_app.domain.colors import contrast
from exports_app.ui.components.charts import COLORS, DASHES, series
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
@pytest.mark.parametrize("chart", ["run", "series"])
def test_any_two_differ_in_lightness_and_each_from_the_ground(theme: str, chart: str) -> None:
    known = colors(theme)
    names = (
        [f"run-{key.replace('_', '-')}" for key in PARTS]
        if chart == "run"
        else [c[6:-1] for c in COLORS]
    )
    shades = [known[name] for name in names]
    assert len(set(shades)) == len(names)
    assert min(contrast(shade, known["panel"]) for shade in shades) >= SHAPE
    assert min(contrast(a, b) for a, b in combinations(shades, 2)) >= APART


def test_sixteen_lines_differ_in_colour_or_pattern() -> None:
    drawn = series([str(number) for number in range(16)])
    assert len({one.dash for one in drawn[:4]}) == len(DASHES) == len(COLORS) == 4
    assert len({(one.color, one.dash) for one in drawn}) == 16
