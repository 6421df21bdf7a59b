"""The top of each settings page: its title, and tabs to the others."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components.tabs import grouped_tabs
from exports_app.ui.framework.session import DESTINATIONS, SETTINGS, SessionState, may

OWN_KEYS = f"{SETTINGS}/keys"
FEEDS = f"{SETTINGS}/feeds"
TENANT_KEYS = f"{SETTINGS}/tenant-keys"
MEMBERS = f"{SETTINGS}/members"
TENANT = f"{SETTINGS}/tenant"
DATA = f"{SETTINGS}/data"
AUDIT = f"{SETTINGS}/audit"
EMAIL = f"{SETTINGS}/email"
USERS = f"{SETTINGS}/users"


def top(here: str, intro: rx.Component) -> rx.Component:
    """here: the page's route. intro: what it is about."""
    delivers, writes, manages, operates = (
        may(permission)
        for permission in (
            *(Permission.WRITE, Permission.CAMPAIGNS),
            *(Permission.MANAGE, Permission.OPERATE),
        )
    )
    groups = [
        (
            "You",
            [("Account", SETTINGS, True), ("API keys", OWN_KEYS, True), ("Feeds", FEEDS, True)],
        ),
        (
            SessionState.tenant_name,
            [
                ("Members", MEMBERS, manages),
                ("Tenant", TENANT, manages),
                ("Data", DATA, writes),
                ("Destinations", DESTINATIONS, delivers),
                ("API keys", TENANT_KEYS, manages),
                ("Audit log", AUDIT, manages),
            ],
        ),
        ("Installation", [("Email", EMAIL, operates), ("Users", USERS, operates)]),
    ]
    return rx.el.div(
        rx.el.h1("Settings"),
        rx.el.p(intro, class_name="muted"),
        grouped_tabs("Settings", here, groups),
    )
