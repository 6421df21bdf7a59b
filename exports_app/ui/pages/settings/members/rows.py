"""A member, as the page shows them."""

from dataclasses import dataclass

from exports_app.domain.humanize import counted
from exports_app.services.core.records import Member


@dataclass
class MemberRow:
    id: str
    name: str
    email: str
    role: str
    owns: str
    """How many scheduled exports, in words; empty for none."""
    active: bool


def row(one: Member) -> MemberRow:
    owns = counted(one.schedules, "scheduled export") if one.schedules else ""
    return MemberRow(
        one.user.id, one.user.name, one.user.email, str(one.role), owns, one.user.is_active
    )
