"""The dialog with the YAML of a scheduled export."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import icon_button
from exports_app.ui.pages.scheduled_exports.as_code.state import YamlState

COPY = "copy-yaml"
TEXT = "yaml-text"


def yaml_dialog() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            browser.return_focus(),
            rx.el.div(
                rx.dialog.title(rx.el.bdi(YamlState.name), " as YAML", class_name="grow"),
                icon_button("x", "Close the YAML", on_click=YamlState.close),
                class_name="dialog-head",
            ),
            rx.el.div(
                _about(),
                rx.el.pre(YamlState.text, class_name="mail-text", id=TEXT),
                class_name="dialog-body",
                padding="14px 20px 20px",
                custom_attrs={"tabIndex": 0},
            ),
            browser.focus(target=COPY),
            class_name="dialog narrow",
            custom_attrs={"aria-describedby": ""},
        ),
        open=YamlState.is_open,
        on_open_change=lambda _: YamlState.close,
    )


def _about() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            *("For a file that the commands ", rx.el.code("plan"), " and ", rx.el.code("apply")),
            " read. Fields that have their default are left out.",
            class_name="muted grow",
        ),
        browser.copy_button(text=YamlState.text, label="Copy", id=COPY),
        class_name="row",
        gap="16px",
        margin_bottom="12px",
    )
