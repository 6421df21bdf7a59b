"""The form's field for tags: what is chosen, and the tenant's tags as suggestions."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components import browser
from exports_app.ui.components.controls import field
from exports_app.ui.pages.scheduled_exports.editor import form
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import error
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.list.choices import Choices

NAMES = "tag-names"
"""Id of the suggestions."""


def tags_field() -> rx.Component:
    wrong = error(form.TAGS)
    chips = rx.el.div(
        rx.foreach(DraftState.tags, _chip),
        browser.chip_input(
            id=form.TAGS,
            label="Add tags",
            describedby=rx.cond(wrong != "", f"{form.TAGS}-error", f"{form.TAGS}-hint"),
            invalid=wrong != "",
            names=NAMES,
            placeholder="Add a tag",
            on_add=Fields.add_tags,
            on_drop=Fields.drop_last_tag,
        ),
        rx.el.datalist(
            rx.foreach(Choices.tags, lambda tag: rx.el.option(value=tag, key=tag)), id=NAMES
        ),
        class_name=rx.cond(wrong != "", "chips bad", "chips"),
    )
    hint = f"Up to {bounds.TAGS}. The list can be filtered by them."
    return field("Tags (optional)", chips, name=form.TAGS, error=wrong, hint=hint)


def _chip(tag: rx.Var[str]) -> rx.Component:
    remove = rx.el.button(
        rx.icon("x", size=12, aria_hidden="true"),
        type="button",
        on_click=Fields.drop_tag(tag),
        custom_attrs={"aria-label": f"Remove the tag {tag}"},
    )
    return rx.el.span(rx.el.span(rx.el.bdi(tag)), remove, class_name="chip", key=tag)
