"""What of the list a saved view keeps: search, filters and order, as the list has them and as the
service has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exports_app.domain import bounds
from exports_app.services.schedules.service import SORTS
from exports_app.services.schedules.view_filters import ME, WITHOUT_ACCESS, ViewFilters
from exports_app.ui.pages.scheduled_exports.list import filters as of_list

DEFAULT_SORT = "-createdAt"
STATES = {
    "yes": "active",
    "no": "paused",
    "stopped": "paused_automatically",
    "failing": "failing",
}
OWNERS = {of_list.ME: ME, of_list.NOBODY: WITHOUT_ACCESS}
PLAIN = ("type", "format", "status")


@dataclass(frozen=True)
class Content:
    q: str = ""
    filters: dict[str, str] = field(default_factory=dict)
    sort: str = DEFAULT_SORT


BUILT_IN = {
    "failing": Content(filters={"active": "failing"}),
    "paused": Content(filters={"active": "no"}),
    "mine": Content(filters={"owner": of_list.ME}),
}
"""Views that all have. They are filters like those that a person sets."""


def asked_content(asked: Mapping[str, str]) -> Content:
    """What an address's parameters name; what they name wrongly is left out."""
    filters = {k: asked[k] for k in of_list.FILTERS if of_list.allowed(k, asked.get(k, ""))}
    if of_list.is_deleted(filters):
        return Content(filters={"active": of_list.DELETED})
    sort = asked.get("sort", "")
    known = sort.removeprefix("-") in SORTS
    return Content(asked.get("q", "")[: bounds.SEARCH], filters, sort if known else DEFAULT_SORT)


def asked_page(asked: Mapping[str, str]) -> int:
    number = asked.get("page", "1")
    is_number = number.isascii() and number.isdecimal() and 0 < len(number) <= bounds.PAGE_DIGITS
    return max(1, int(number)) if is_number else 1


def parameters_of(
    content: Content, tenant: str, view: tuple[str, bool], page: int
) -> dict[str, str]:
    """Of an address, what differs from the plain list. tenant: a slug. view: the id of the saved
    view that is shown, and whether it is modified; then its order is always named."""
    name, modified = view
    given = {"tenant": tenant, "view": name}
    if modified or not name:
        sort = content.sort if modified or content.sort != DEFAULT_SORT else ""
        given |= {"q": content.q, **content.filters, "sort": sort}
    given["page"] = "" if page == 1 else str(page)
    return {name: value for name, value in given.items() if value}


def stored(content: Content) -> ViewFilters:
    given = content.filters
    owner = given.get("owner", "")
    return ViewFilters(
        q=content.q,
        state=STATES.get(given.get("active", ""), ""),
        **{of_list.COLUMNS[name]: given.get(name, "") for name in PLAIN},
        tags=tuple(tag for tag in given.get("tags", "").split(",") if tag),
        owner=OWNERS.get(owner, owner),
        sort="" if content.sort == DEFAULT_SORT else content.sort,
    )


def shown(view: ViewFilters) -> Content:
    state = next((name for name, key in STATES.items() if key == view.state), "")
    owner = next((name for name, key in OWNERS.items() if key == view.owner), view.owner)
    given = {
        "active": state,
        **{name: getattr(view, of_list.COLUMNS[name]) for name in PLAIN},
        "owner": owner,
        "tags": ",".join(view.tags),
    }
    filters = {name: value for name, value in given.items() if value}
    return Content(view.q, filters, view.sort or DEFAULT_SORT)
