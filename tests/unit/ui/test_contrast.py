"""Contrast (WCAG 2.2 AA) of every control in every state, theme and brand colour, computed from the
style sheet: 4.5 for text; 3 for the ring of the focus and the border of fields."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product

import pytest
import reflex as rx
from css_inline import CSSInliner

from exports_app.domain.colors import contrast
from exports_app.ui.components.controls import link
from exports_app.ui.framework import brand_colors
from tests.paths import ROOT

TEXT, SHAPE = 4.5, 3.0
BRANDS = (
    *("", "#000000", "#FFFFFF", "#777777", "#FFFF00", "#00FF00"),
    *("#FF0000", "#0000FF", "#FDE047", "#00E5FF", "#1D4ED8", "#8B0000"),
)
THEMES = {"light": ":root, .light", "dark": ".dark"}
GROUNDS = ("--ground", "--panel", "--sub", "--accent-soft")
"""Of a page, a card or dialog, a dialog's side and a selected row."""
FIELDS = {
    "text": '<input class="control">',
    "area": '<textarea class="control"></textarea>',
    "select": '<select class="control"></select>',
    "filter": '<label class="filter"><span>Type</span><select>All</select></label>',
    "filter that is set": '<label class="filter set"><span>Type</span><select>A</select></label>',
    "chips": '<div class="chips"></div>',
    "picker": '<button class="picker-button">Berlin</button>',
    "preset": '<label class="preset">Daily <small>0 8 * * *</small></label>',
    "switch": '<input class="switch">',
}
CONTROLS = FIELDS | {
    **{
        f"{tag} {look}": f'<{tag} class="rt-Link btn {look}">Save</{tag}>'
        for tag in ("a", "button")
        for look in ("", "primary", "danger", "ghost", "small")
    },
    "link": '<a class="rt-Link">All runs</a>',
    "muted link": '<a class="rt-Link muted">Show all</a>',
    "name as a link": '<a class="rt-Link name">Weekly</a>',
    "name": '<button class="name">Weekly</button>',
    "icon": '<button class="icon-button">x</button>',
    "avatar": '<button class="avatar">AA</button>',
    "page": '<nav class="nav"><a class="rt-Link">Analytics</a></nav>',
    "page that is shown": '<nav class="nav"><a class="rt-Link on">Analytics</a></nav>',
    "tab": '<nav class="tabs"><a class="rt-Link">Members</a></nav>',
    "tab that is shown": '<nav class="tabs"><a class="rt-Link on">Members</a></nav>',
    "link-button": '<button class="link-button">Copy</button>',
    "link-button in a warning": (
        '<div class="box warn"><b>Paused</b> x <button class="link-button">Copy</button></div>'
    ),
    "link-button in an error": (
        '<div class="box bad"><b>Failed</b> x <button class="link-button">Copy</button></div>'
    ),
    "link-button in a notice": (
        '<div class="box info">x <button class="link-button">Copy</button></div>'
    ),
    "sort": '<table class="list"><tr><th><button class="sort">Name</button></th></tr></table>',
    "sort that is on": (
        '<table class="list"><tr><th><button class="sort on">Name</button></th></tr></table>'
    ),
    "option": '<button class="option">Berlin <span class="muted">+1</span></button>',
    "command": '<ul class="palette"><li>Weekly <span class="muted">Berlin</span></li></ul>',
    "command that is marked": (
        '<ul class="palette"><li aria-selected="true">A <span class="muted">B</span></li></ul>'
    ),
    "command's actions": '<span class="palette-more">x</span>',
    "tag": '<button class="tag">monthly</button>',
    "template": '<button class="template"><b>Weekly</b><span class="muted">Mail</span></button>',
    "folded": (
        '<details class="fold"><summary><h2 class="section">More</h2>'
        '<span class="hint">3 set</span></summary></details>'
    ),
    **{
        f"chip {look}": f'<span class="chip {look}"><button>ann</button><button>x</button></span>'
        for look in ("", "bad", "warn")
    },
    **{
        f"status {look}": f'<button class="status {look}">Word</button>'
        for look in ("completed", "partial", "failed", "pending", "skipped", "never")
    },
}
ROWS = {".list tbody tr[data-hover]", ".list tbody tr.note[data-hover]"}
"""Their grounds are among GROUNDS."""
LINKS = {"a.plain[data-hover]"}
"""They look as what is around them."""
STATES = {"rest": "", "hover": "data-hover", "focus": "data-focus"}
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")


def _style_sheet() -> str:
    """Without what depends on the window, and with states that a static page can have."""
    css = re.sub(r"/\*.*?\*/", "", (ROOT / "assets/ui.css").read_text(), flags=re.DOTALL)
    css = "".join(rule for rule in _rules(css) if not rule.lstrip().startswith("@"))
    css = re.sub(r":is\(([^)]*)\)", lambda m: m[1].split(",")[0], css)
    for state in ("hover", "focus-visible", "focus-within"):
        css = css.replace(f":{state}", f"[data-{state.split('-')[0]}]")
    return ".rt-Link { color: var(--accent-text); }" + css


def _rules(css: str) -> Iterator[str]:
    depth = begin = 0
    for at, character in enumerate(css):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "}" and depth == 0:
            yield css[begin : at + 1]
            begin = at + 1


CSS = _style_sheet()


def _variables(theme: str, brand: str) -> dict[str, str]:
    own = {}
    for rule in _rules(CSS):
        selector, _, body = rule.partition("{")
        names = [name.strip() for name in selector.split(",")]
        if ":root" in names or f".{theme}" in names:
            own |= dict(re.findall(r"(--[\w-]+):\s*([^;]+);", body))
    return own | brand_colors.scale(brand)


def _color(value: str, variables: dict[str, str]) -> str:
    """#RRGGBB; empty where it is none, or as what is around."""
    while found := _VARIABLE.search(value):
        value = value.replace(found[0], variables[found[1]])
    found_color = re.search(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b", value)
    if not found_color:
        return ""
    text = found_color[0]
    return text if len(text) == 7 else "#" + "".join(2 * digit for digit in text[1:])


class _Seen(HTMLParser):
    """Texts with their colours, and the controls with their borders and rings, of inlined HTML."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__()
        self._variables = variables
        self._around: list[dict[str, str]] = [{"color": variables["--text"], "ground": "#FFFFFF"}]
        self.texts: list[tuple[str, str]] = []
        self.rings: list[tuple[str, str]] = []
        self.borders: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = dict(re.findall(r"([\w-]+):\s*([^;]+);", f"{dict(attrs).get('style') or ''};"))
        around = self._around[-1]
        ground = self._find(style, "background") or around["ground"]
        color = self._find(style, "color") or around["color"]
        if tag == "section":
            pass
        elif border := self._find(style, "border"):
            self.borders.append((border, around["ground"]))
        elif ground != around["ground"]:
            self.borders.append((ground, around["ground"]))
        if ring := self._find(style, "outline"):
            self.rings.append((ring, around["ground"]))
        if tag not in {"input", "br"}:
            self._around.append({"color": color, "ground": ground})

    def _find(self, style: dict[str, str], name: str) -> str:
        found = ""
        for key, value in style.items():
            if key in {name, f"{name}-color"}:
                found = _color(value, self._variables) or found
        return found

    def handle_endtag(self, tag: str) -> None:
        self._around.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(
                (_color(self._around[-1]["color"], self._variables), self._around[-1]["ground"])
            )


def _inlined() -> dict[tuple[str, str, str], str]:
    """By control, state and ground."""
    every = list(product(CONTROLS, STATES, GROUNDS))
    parts = []
    for name, state, ground in every:
        control = re.sub(r"^<(\w+)", rf"<\1 {STATES[state]}", CONTROLS[name])
        # The state is the innermost control's: around it, it changes nothing
        control = re.sub(r"<(a|button|li|summary|select)\b", rf"<\1 {STATES[state]}", control)
        control = re.sub(r"(data-\w+) \1", r"\1", control)
        parts.append(f'<section style="background: var({ground});">{control}</section>')
    inliner = CSSInliner(extra_css=CSS, load_remote_stylesheets=False)
    whole = inliner.inline(f"<body>{''.join(parts)}</body>")
    return dict(zip(every, re.findall(r"<section.*?</section>", whole), strict=True))


@pytest.fixture(scope="module")
def inlined() -> dict[tuple[str, str, str], str]:
    return _inlined()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("brand", BRANDS)
def test_every_control_is_readable_and_shows_its_focus(
    inlined: dict[tuple[str, str, str], str], theme: str, brand: str
) -> None:
    variables, low = _variables(theme, brand), set[str]()
    for (name, state, ground), html in inlined.items():
        seen = _Seen(variables)
        seen.feed(html)
        what = f"{name}, {state}, on {ground}"
        low |= {f"{what}: text {pair}" for pair in seen.texts if contrast(*pair) < TEXT}
        if state == "focus" and not _any_shows(seen.rings):
            low.add(f"{what}: ring {seen.rings}")
        # No field is in a selected row but its switch
        if name in FIELDS and ground != "--accent-soft" and not _any_shows(seen.borders):
            low.add(f"{what}: border {seen.borders}")
    assert not low, "\n".join(sorted(low))


def _any_shows(pairs: list[tuple[str, str]]) -> bool:
    return any(contrast(*pair) >= SHAPE for pair in pairs)


def test_every_rule_of_a_hovered_control_is_among_them() -> None:
    selectors = {
        selector.strip()
        for rule in _rules(CSS)
        for selector in rule.partition("{")[0].split(",")
        if "[data-hover]" in selector
    }
    assert len(selectors) > 10
    tested = " ".join(CONTROLS.values())
    known = {
        selector
        for selector in selectors
        if all(name in tested for name in re.findall(r"\.([\w-]+)", selector))
    }
    assert selectors - known <= ROWS | LINKS


@pytest.mark.parametrize("theme", THEMES)
def test_the_shades_are_computed_for_the_colours_of_the_style_sheet(theme: str) -> None:
    of_sheet, of_code = _variables(theme, ""), brand_colors.THEMES[theme]
    for name in ("panel", "sub", "muted"):
        assert of_sheet[f"--{name}"].lower() == getattr(of_code, name).lower()
    begin = CSS[: CSS.index(".light")]
    for name, shade in brand_colors.scale("").items():
        assert f"{name}: {shade.lower()};" in begin.lower()


def test_links_get_their_colours_from_the_style_sheet_alone() -> None:
    """Those of Reflex change under the pointer whatever is behind them."""
    own = ROOT / "exports_app/ui/components/controls.py"
    pages = [path for path in (ROOT / "exports_app/ui").rglob("*.py") if path != own]
    assert [path.name for path in pages if "rx.link(" in path.read_text()] == []
    assert "accent" not in str(link("Save", href="/", class_name="btn primary").render()).lower()
    assert "accent" in str(rx.link("Save", href="/").render()).lower()
