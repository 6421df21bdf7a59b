"""Any tenant's colour gives a readable page."""

from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.colors import contrast
from exports_app.ui.framework import brand_colors


@given(st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06X}"))
def test_every_colour_is_kept_at_aa_contrast_in_both_themes(color: str) -> None:
    shades = brand_colors.scale(color)
    for theme, ground in ((name, theme.panel) for name, theme in brand_colors.THEMES.items()):
        solid, on, hover, soft, text = (
            shades[f"--brand-{theme}-{name}"] for name in ("solid", "on", "hover", "soft", "text")
        )
        assert contrast(solid, ground) >= 3
        assert contrast(on, solid) >= 4.5
        assert contrast(on, hover) >= 4.5
        assert contrast(text, soft) >= 4.5
        assert contrast(text, ground) >= 4.5


def test_a_colour_that_already_reads_well_is_kept_as_it_is() -> None:
    assert brand_colors.scale("#4F46E5")["--brand-light-solid"] == "#4F46E5"


def test_what_is_no_colour_counts_as_the_products_own() -> None:
    assert brand_colors.scale("url(x)") == brand_colors.scale(brand_colors.DEFAULT)
