"""The form of a destination: its fields are those that the channel's config declares."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds, name_templates
from exports_app.ui.components import browser
from exports_app.ui.components.controls import (
    button,
    described,
    field,
    form_input,
    posted_form,
    submit,
    wrong_box,
)
from exports_app.ui.pages.settings.destinations.config_form import (
    CLEAR,
    PREFIX,
    ConfigField,
    FieldKind,
)
from exports_app.ui.pages.settings.destinations.state import (
    CHANNEL,
    NAME,
    DestinationsState,
    Kind,
)

PARTS = " ".join(f"{{{one}}}" for one in name_templates.FIELDS)
"""What a template may contain."""


def destination_form() -> rx.Component:
    state = DestinationsState
    new = state.editing == ""
    form = posted_form(
        wrong_box(state.error),
        rx.cond(new, _channel()),
        form_input(
            NAME,
            "Name",
            state.name_error,
            "As scheduled exports and runs name it",
            default_value=state.title,
            max_length=bounds.DESTINATION_NAME,
            auto_complete="off",
        ),
        rx.foreach(state.fields, _field),
        rx.el.div(
            submit("Save"),
            button("Cancel", on_click=state.close),
            browser.focus(target=state.focus),
            class_name="row",
        ),
        on_submit=state.save,
        reset_on_submit=False,
        key=state.made.to_string(),
        custom_attrs={"aria-label": "Destination"},
    )
    return rx.el.section(
        browser.return_focus(),
        rx.el.h2(rx.cond(new, "New destination", f"Edit “{state.title}”")),
        form,
        class_name="card settings-card",
    )


def _channel() -> rx.Component:
    state = DestinationsState

    def choice(kind: Kind) -> rx.Component:
        return rx.el.option(
            kind.label, value=kind.key, disabled=kind.unavailable != "", key=kind.key
        )

    def chosen(kind: Kind) -> rx.Component:
        about = rx.el.span(kind.description, " ", key=kind.key)
        return rx.cond((kind.key == state.channel) & (kind.unavailable == ""), about)

    def lacking(kind: Kind) -> rx.Component:
        why = rx.el.span(f"{kind.label}: {kind.unavailable}. ", key=kind.key)
        return rx.cond(kind.unavailable != "", why)

    control = rx.el.select(
        rx.foreach(state.kinds, choice),
        id=CHANNEL,
        name=CHANNEL,
        value=state.channel,
        on_change=state.choose,
        class_name="control",
        **described(CHANNEL, rx.Var.create("")),
    )
    hint = rx.fragment(rx.foreach(state.kinds, chosen), rx.foreach(state.kinds, lacking))
    return field("Channel", control, name=CHANNEL, error=rx.Var.create(""), hint=hint)


def _field(one: ConfigField) -> rx.Component:
    return rx.el.div(
        rx.cond(one.kind == FieldKind.FLAG, _flag(one), _labelled(one)),
        rx.cond(one.is_set & ~one.needed, _clear(one)),
        key=f"{DestinationsState.channel} {one.name}",
    )


def _flag(one: ConfigField) -> rx.Component:
    name = f"{PREFIX}{one.name}"
    tick = rx.el.input(
        type="checkbox",
        id=name,
        name=name,
        default_checked=one.value != "",
        class_name="tick",
    )
    text = rx.el.span(one.label, rx.el.span(one.hint, class_name="muted"))
    return rx.el.label(tick, text, html_for=name, class_name="ticked")


def _clear(one: ConfigField) -> rx.Component:
    name = f"{PREFIX}{one.name}{CLEAR}"
    tick = rx.el.input(type="checkbox", id=name, name=name, class_name="tick")
    words = rx.el.span(f"Remove the {one.label.to(str).lower()} that is set")
    return rx.el.label(tick, words, html_for=name, class_name="ticked")


def _labelled(one: ConfigField) -> rx.Component:
    name: Any = f"{PREFIX}{one.name}"
    hint = rx.fragment(
        one.hint,
        rx.cond(one.is_set, rx.el.b(" It is set: leave this empty to keep it."), ""),
        rx.cond(one.kind == FieldKind.TEMPLATE, _template(one)),
    )
    label: Any = one.label
    return field(label, _control(one, name), name=name, error=one.error.to(str), hint=hint)


def _template(one: ConfigField) -> rx.Component:
    example = rx.el.span(
        "Example: ", rx.el.code(one.preview, overflow_wrap="anywhere"), role="status"
    )
    return rx.el.span(
        rx.el.br(),
        rx.cond(one.preview != "", example, "There is a mistake in it: save to see which."),
        rx.el.br(),
        f"It may contain {PARTS}, dates with a format such as {{tick:%Y-%m-%d}}.",
    )


def _control(one: ConfigField, name: Any) -> rx.Component:
    common: dict[str, Any] = {
        "id": name,
        "name": name,
        "class_name": "control",
        **described(name, one.error.to(str)),
    }
    plain = common | {"auto_complete": "off", "spell_check": False, "max_length": one.most}
    kept = rx.cond(one.is_set, "Set", "")
    choices = rx.foreach(
        one.choices, lambda key: rx.el.option(rx.cond(key == "", "None", key), value=key, key=key)
    )
    template = browser.text(
        value=one.value,
        on_change=lambda text: DestinationsState.type_template(one.name, text),
        **plain,
    )
    secret = plain | {"placeholder": kept, "auto_complete": "new-password"}
    lines = {"rows": "4", "class_name": "control lines"}
    return rx.match(
        one.kind,
        (FieldKind.CHOICE.value, rx.el.select(choices, default_value=one.value, **common)),
        (FieldKind.TEMPLATE.value, template),
        (FieldKind.SECRET.value, rx.el.input(type="password", **secret)),
        (
            FieldKind.SECRET_LINES.value,
            rx.el.textarea(**(secret | {"auto_complete": "off"} | lines)),
        ),
        (
            FieldKind.LINES.value,
            rx.el.textarea(default_value=one.value, **(plain | lines)),
        ),
        (
            FieldKind.NUMBER.value,
            rx.el.input(input_mode="numeric", default_value=one.value, **plain),
        ),
        rx.el.input(default_value=one.value, **plain),
    )
