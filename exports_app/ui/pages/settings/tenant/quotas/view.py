"""The card of the quotas, on the page of the tenant."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components.controls import button, field, text_input
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.tenant.quotas.rows import QuotaRow
from exports_app.ui.pages.settings.tenant.quotas.state import FIELDS, LONGEST, QuotasState


def card() -> rx.Component:
    rows = rx.el.ul(rx.foreach(QuotasState.rows, _row), class_name="plain-list", id="quotas")
    return rx.el.section(
        rx.el.h2("Quotas"),
        rx.el.p("Usage and limit", class_name="muted"),
        rows,
        rx.cond(SessionState.may.contains(str(Permission.OPERATE)), _form()),
        class_name="card settings-card",
    )


def _row(quota: QuotaRow) -> rx.Component:
    bar = rx.el.progress(
        value=quota.percent, max="100", custom_attrs={"aria-label": f"{quota.label}: {quota.words}"}
    )
    return rx.el.li(
        rx.el.div(
            quota.label,
            rx.cond(quota.mark != "", rx.el.span(" ", quota.mark, class_name="tag")),
            class_name="grow",
        ),
        bar,
        rx.el.span(quota.words, class_name="muted num"),
        class_name="entry",
        key=quota.name,
    )


def _form() -> rx.Component:
    state = QuotasState
    return rx.el.div(
        *[_field(name, label) for name, label in FIELDS.items()],
        rx.el.div(
            button(
                "Save quotas",
                kind="primary",
                once=True,
                on_click=state.save,
                disabled=~state.dirty,
                id="save-quotas",
            ),
            rx.cond(state.dirty, button("Discard changes", on_click=state.undo)),
            class_name="row",
        ),
        class_name="fields",
    )


def _field(name: str, label: str) -> rx.Component:
    wrong = QuotasState.errors.get(name, "").to(str)
    control = text_input(
        f"quota-{name}",
        QuotasState.typed[name],
        lambda text: QuotasState.put(name, text),
        wrong,
        input_mode="numeric",
        max_length=LONGEST,
    )
    return field(
        label, control, name=f"quota-{name}", error=wrong, hint="Leave empty for the default"
    )
