"""Forms: what the browser does with them before the page's scripts are there."""

import reflex as rx

from exports_app.ui.components.controls import posted_form
from tests.paths import ROOT


def test_no_form_would_put_its_fields_into_the_address() -> None:
    assert 'method:"post"' in str(posted_form(rx.el.input(name="password")))
    sources = (ROOT / "exports_app" / "ui").rglob("*.py")
    others = [
        file.name
        for file in sources
        if any(form in file.read_text() for form in ("rx.form(", "rx.el.form(", "rx.form.root("))
    ]
    assert others == ["controls.py"]
    assert '"form"' not in (ROOT / "assets" / "ui.js").read_text()
