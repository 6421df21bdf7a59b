"""Around every page: the header, what is shown in place of a page without a signed-in user, and the
browser's effects."""

from collections.abc import Sequence

import reflex as rx

from exports_app.domain.access import OF_INSTALLATION, Permission
from exports_app.ui.components import browser
from exports_app.ui.components.controls import icon_button, link, message
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.downloads import DownloadState
from exports_app.ui.framework.page import RegisteredPage
from exports_app.ui.framework.session import HOME, SessionState, TenantChoice, may
from exports_app.ui.framework.undo import UndoState
from exports_app.ui.layout.palette.view import palette

PRODUCT = "Exports"


def shell(page: RegisteredPage, entries: Sequence[RegisteredPage]) -> rx.Component:
    """entries: the pages that the header names, in their order."""
    common = rx.fragment(
        browser.effects(
            notices=BrowserCommands.items,
            goto=BrowserCommands.goto,
            fetch=BrowserCommands.fetch,
            colors=SessionState.colors,
            address=BrowserCommands.address,
            way=BrowserCommands.way,
            base=page.link,
            on_file=DownloadState.start,
            on_open=rx.redirect,
            on_undo=UndoState.undo,
            **({"on_step": page.step} if page.step else {}),
        ),
        browser.connection(),
    )
    if page.public:
        # Not pushed to pages without a user: it is there once the page has loaded, or not at all
        head = rx.fragment()
        if page.framed:
            skip = browser.skip_link(target="content")
            head = rx.cond(SessionState.ready, rx.fragment(skip, _header(page, entries)))
        maintenance = rx.cond(SessionState.maintenance, _maintenance())
        return rx.fragment(common, head, maintenance, page.view())
    content = page.view()
    if page.needs is not None:
        content = rx.cond(may(page.needs), content, _no_access(page.needs))
    return rx.fragment(
        common,
        browser.skip_link(target="content"),
        _header(page, entries),
        _maintenance(),
        rx.cond(SessionState.ready & SessionState.is_demo, _demo_banner()),
        rx.el.main(
            rx.cond(
                SessionState.failed != "",
                _failed(),
                rx.cond(SessionState.ready, content, page.loading()),
            ),
            id="content",
            tab_index=-1,
        ),
    )


def logo() -> rx.Component:
    mark = rx.el.span(rx.icon("timer", size=15, aria_hidden="true"), class_name="logo-mark")
    return rx.el.span(mark, rx.el.span(PRODUCT), class_name="logo")


def _header(page: RegisteredPage, entries: Sequence[RegisteredPage]) -> rx.Component:
    return rx.el.header(
        logo(),
        rx.el.nav(
            *[_allowed_entry(entry, here=_is_within(page, entry)) for entry in entries],
            class_name="nav",
            custom_attrs={"aria-label": "Pages"},
        ),
        rx.cond(SessionState.tenants.length() > 1, _tenants()),
        rx.cond(SessionState.ready, palette()),
        _theme(),
        rx.cond(SessionState.ready, _account()),
        class_name="app-header",
    )


def _allowed_entry(page: RegisteredPage, *, here: bool) -> rx.Component:
    """Only for those who may see the page. Until that is known it takes its place, so that the
    others stay where they are."""
    if page.needs is None or page.needs is Permission.READ:
        return _entry(page, here=here)
    later = _entry(page, here=here, visibility="hidden")
    return rx.cond(SessionState.ready, rx.cond(may(page.needs), _entry(page, here=here)), later)


def _entry(page: RegisteredPage, *, here: bool, **props: str) -> rx.Component:
    return link(
        rx.icon(page.icon, size=16, aria_hidden="true"),
        rx.el.span(page.nav),
        href=page.link,
        class_name="on" if here else "",
        underline="none",
        custom_attrs={"aria-label": page.nav} | ({"aria-current": "page"} if here else {}),
        **props,
    )


def _is_within(page: RegisteredPage, entry: RegisteredPage) -> bool:
    return entry.link in {page.link, page.under} or page.link.startswith(f"{entry.link}/")


def _tenants() -> rx.Component:
    def item(tenant: TenantChoice) -> rx.Component:
        return rx.dropdown_menu.item(
            tenant.name,
            rx.cond(tenant.id == SessionState.tenant_id, rx.icon("check", size=14)),
            on_select=SessionState.switch(tenant.id),
        )

    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                rx.el.span(SessionState.tenant_name),
                rx.icon("chevron-down", size=14, aria_hidden="true"),
                type="button",
                class_name="picker-button",
                custom_attrs={"aria-label": f"Tenant: {SessionState.tenant_name}"},
            )
        ),
        rx.dropdown_menu.content(rx.foreach(SessionState.tenants, item), align="end"),
        modal=False,
    )


def _theme() -> rx.Component:
    # One label for both ways: what is prerendered does not know the reader's theme yet
    return icon_button(
        "sun-moon", "Switch between light and dark", on_click=rx.toggle_color_mode, id="theme"
    )


def _account() -> rx.Component:
    who = rx.el.div(
        rx.el.div(SessionState.name, font_weight="570"),
        rx.el.div(SessionState.email, class_name="muted"),
        rx.el.div(SessionState.role, class_name="muted"),
        padding="6px 12px 8px",
        max_width="260px",
        overflow_wrap="anywhere",
    )
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                SessionState.initials,
                type="button",
                class_name="avatar",
                id="account",
                title=SessionState.name,
                custom_attrs={"aria-label": f"Account: {SessionState.name}"},
            )
        ),
        rx.dropdown_menu.content(
            who,
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item(
                rx.icon("settings", size=14), "Settings", on_select=rx.redirect("/settings")
            ),
            rx.dropdown_menu.item(
                rx.icon("book-open", size=14),
                "API documentation",
                on_select=rx.redirect("/api/docs", is_external=True),
            ),
            rx.dropdown_menu.item(
                rx.icon("log-out", size=14), "Sign out", on_select=SessionState.logout
            ),
            align="end",
        ),
        modal=False,
    )


def _demo_banner() -> rx.Component:
    return rx.el.aside(
        "This is a demo. Its data is made up and its password is public. Nothing here is private.",
        class_name="demo",
        custom_attrs={"aria-label": "Demo"},
    )


def _maintenance() -> rx.Component:
    """Its place is always there: what comes into it is then read out."""
    reason = rx.el.span(": ", SessionState.maintenance_reason)
    text = rx.el.div(
        rx.el.b("Maintenance"),
        rx.cond(SessionState.maintenance_reason != "", reason),
        rx.el.div("Runs wait until it is over. You can keep working."),
        class_name="maintenance",
    )
    return rx.el.div(
        rx.cond(SessionState.maintenance, text),
        role="status",
        custom_attrs={"aria-label": "Maintenance"},
    )


def _failed() -> rx.Component:
    return message(
        "triangle-alert",
        "The page could not be loaded",
        f"{SessionState.failed}.",
        browser.reload_button(),
        level="h1",
    )


def _no_access(needs: Permission) -> rx.Component:
    role = "You need the Admin role to see this page. Ask an admin of "
    if needs is Permission.READ:
        role = "Your role does not let you see this page. Ask an admin of "
    ask = rx.cond(
        SessionState.tenant_id != "",
        rx.fragment(role, SessionState.tenant_name, "."),
        "You do not belong to a tenant yet. Ask an admin of your organisation to invite you.",
    )
    return message(
        "lock",
        "No access to this page",
        rx.fragment(
            "You are signed in as ",
            rx.el.b(SessionState.email),
            " (",
            SessionState.role,
            "). ",
            "Only super admins of the installation can see this page."
            if needs in OF_INSTALLATION
            else ask,
        ),
        rx.el.div(
            rx.cond(
                may(Permission.READ),
                link("Go to scheduled exports", href=HOME, class_name="btn", underline="none"),
            ),
            rx.el.button("Sign out", type="button", class_name="btn", on_click=SessionState.logout),
            class_name="row wrap",
            justify_content="center",
        ),
        level="h1",
    )
