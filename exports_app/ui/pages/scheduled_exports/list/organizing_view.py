"""The dialogs for tags and owners of several schedules, and what opens them."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, posted_form
from exports_app.ui.components.question import question
from exports_app.ui.pages.scheduled_exports.list.choices import Choices
from exports_app.ui.pages.scheduled_exports.list.organizing import (
    ADD,
    FIELD,
    REMOVE,
    TRANSFER,
    Organizing,
)

NAMES, OWNER = "bulk-tag-names", "new-owner"
WORDS = ((ADD, "tag", "Add tags …"), (REMOVE, "tags", "Remove tags …"))


def organizing_menu() -> rx.Component:
    """Of the bar above the list."""
    items = [*WORDS, (TRANSFER, "user-round-cog", "Transfer …")]
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            button("More", rx.icon("chevron-down", size=13, aria_hidden="true"), kind="small")
        ),
        rx.dropdown_menu.content(
            *[
                rx.dropdown_menu.item(
                    rx.icon(icon, size=14), words, on_select=Organizing.ask(what, "")
                )
                for what, icon, words in items
            ],
            align="start",
        ),
        modal=False,
    )


def organizing_dialogs() -> rx.Component:
    adds = Organizing.asking == ADD
    return rx.fragment(
        question(
            _tags(),
            is_open=adds | (Organizing.asking == REMOVE),
            title=rx.cond(
                adds, f"Add tags to {Organizing.what}", f"Remove tags from {Organizing.what}"
            ),
            text="Separate several tags with commas.",
            confirm=rx.cond(adds, "Add tags", "Remove tags"),
            on_confirm=Organizing.confirm,
            on_cancel=Organizing.dismiss,
            danger=False,
            disabled=Organizing.typed == "",
            focus=FIELD,
        ),
        question(
            _owner(),
            is_open=Organizing.asking == TRANSFER,
            title=f"Transfer {Organizing.what}",
            text="Future runs use the new owner's permissions. Emails about failures go to them.",
            confirm="Transfer",
            on_confirm=Organizing.confirm,
            on_cancel=Organizing.dismiss,
            danger=False,
            disabled=Organizing.owner == "",
            focus=OWNER,
        ),
    )


def _tags() -> rx.Component:
    names = rx.foreach(Choices.tags, lambda tag: rx.el.option(value=tag, key=tag))
    field = browser.text(
        id=FIELD,
        name=FIELD,
        value=Organizing.typed,
        on_change=Organizing.type_tags,
        delay=0,
        auto_complete="off",
        class_name="control",
        list=NAMES,
    )
    label = rx.el.label("Tags", html_for=FIELD)
    labelled = rx.el.div(label, field, rx.el.datalist(names, id=NAMES), class_name="field")
    return posted_form(labelled, on_submit=Organizing.submit, reset_on_submit=False)


def _owner() -> rx.Component:
    people = rx.foreach(
        Organizing.people, lambda one: rx.el.option(one.name, value=one.id, key=one.id)
    )
    choice = rx.el.select(
        rx.el.option("Choose …", value=""),
        people,
        value=Organizing.owner,
        on_change=Organizing.choose_owner,
        id=OWNER,
        class_name="control",
    )
    return rx.el.div(rx.el.label("New owner", html_for=OWNER), choice, class_name="field")
