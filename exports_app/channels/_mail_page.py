"""The templates of messages, as text and as a page with its styles inlined."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from exports_app.domain import bidi
from exports_app.domain.colors import readable_on

NEUTRAL = "#1F2937"
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Fact:
    label: str
    value: str


def text_of(template: str, context: Mapping[str, object]) -> str:
    return _templates().get_template(f"{template}.txt.j2").render(context)


def page_of(template: str, context: Mapping[str, object]) -> str:
    """The page with its styles inlined: mail programs drop style sheets."""
    return _inliner().inline(_templates().get_template(f"{template}.html.j2").render(context))


def looks(brand_color: str, logo_url: str | None) -> dict[str, object]:
    """The tenant's colors and logo, under the names that the templates use."""
    brand = brand_color if COLOR.fullmatch(brand_color) else NEUTRAL
    logo = logo_url if (logo_url or "").startswith("https://") else None
    return {"brand": brand, "on_brand": readable_on(brand), "logo": logo}


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"isolated": bidi.isolated, "bdi": _bdi}
    return templates


def _bdi(sentence: str) -> Markup:
    """A sentence as HTML, its isolated names as elements."""
    return Markup(  # noqa: S704 (escaped before)
        str(escape(sentence)).replace(bidi.FSI, "<bdi>").replace(bidi.PDI, "</bdi>")
    )


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
