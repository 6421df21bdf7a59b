"""The folded part of the form: the options, in sections."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components import browser
from exports_app.ui.pages.scheduled_exports.editor.bound_inputs import text, value
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.listeners import Listeners
from exports_app.ui.pages.scheduled_exports.editor.option_inputs import option_pair
from exports_app.ui.pages.scheduled_exports.editor.options import SECTIONS, Section


def folded() -> list[rx.Component]:
    return [_fold(section) for section in SECTIONS]


def for_programs() -> rx.Component:
    slug = value("slug")
    return browser.fold(
        text(
            "slug",
            "Slug",
            "Lower-case letters, digits and hyphens. Made from the name if left empty; files and "
            "programs that use it must follow a change",
            max_length=bounds.NAME,
        ),
        _listeners(),
        id="options-slug",
        unfold=DraftState.unfold.get("slug", "").to(str),
        title="For programs",
        hint=rx.cond(slug != "", slug, "Slug, made from the name"),
    )


def _listeners() -> rx.Component:
    names = rx.el.bdi(Listeners.names)
    text = rx.cond(Listeners.names != "", names, "none")
    return rx.el.p("Webhooks that get its events: ", text, class_name="hint", id="listeners")


def _fold(section: Section) -> rx.Component:
    """Folded, it says what is set; where all is as usual, what there is to set."""
    chosen = DraftState.chosen[section.key].to(str)
    return browser.fold(
        *[option_pair(*row) for row in section.rows],
        id=f"options-{section.key}",
        unfold=DraftState.unfold.get(section.key, "").to(str),
        title=section.title,
        hint=rx.cond(chosen != "", chosen, section.hint),
    )
