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


def row(member: Member) -> MemberRow:
    owns = counted(member.schedules, "scheduled export") if member.schedules else ""
    return MemberRow(
        member.user.id,
        member.user.name,
        member.user.email,
        str(member.role),
        owns,
        member.user.is_active,
    )
