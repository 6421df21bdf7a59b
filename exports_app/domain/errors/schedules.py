"""Scheduled exports and saved views that do not allow what was asked."""

from exports_app.domain.errors.requests import Conflict


class NotDeleted(Conflict):
    """This scheduled export is not deleted: there is nothing to restore"""

    code = "not_deleted"
    title = "It is not deleted"
    about = "Only a deleted scheduled export can be restored."
    fix = "Nothing is left to do: it is there."


class TooManyTags(Conflict):
    """Its tags do not fit: remove some from others first"""

    code = "too_many_tags"
    title = "Too many different tags"
    about = "With the tags of the restored scheduled export the tenant would have too many."
    fix = "Remove tags from other scheduled exports, then restore it."


class SlugTaken(Conflict):
    """Another scheduled export has its slug: change that one's first"""

    code = "slug_taken"
    title = "The slug is taken"
    about = "Since it was deleted, another scheduled export of the tenant got its slug."
    fix = "Change the slug of the other one, then restore it."


class PlanOutdated(Conflict):
    """The scheduled exports or their tenant changed since this plan was made: plan again"""

    code = "plan_outdated"
    title = "The plan is outdated"
    about = "Scheduled exports or settings of the tenant changed since the plan was made."
    fix = "Plan again, look at the new plan, then apply it."


class TooManySchedules(Conflict):
    """The tenant has more scheduled exports than a definition can hold: delete those that are no
    longer needed, or change them by the other routes"""

    code = "too_many_schedules"
    title = "Too many scheduled exports"
    about = "The tenant has more scheduled exports than a definition can hold."
    fix = "Change them with the other routes, or delete those that are no longer needed."


class NoSlugYet(Conflict):
    """Some scheduled exports have no slug yet after an upgrade: try again in a minute"""

    code = "no_slug_yet"
    title = "Slugs are still being made"
    about = "After an upgrade, scheduled exports get their slugs within minutes."
    fix = "Send the request again in a minute."


class NameTaken(Conflict):
    """You already have a view with this name: choose another name"""

    code = "name_taken"
    title = "The name is taken"
    about = "Another saved view of the caller, or destination of the tenant, has this name."
    fix = "Choose another name."
    pointer = "/name"


class DestinationInUse(Conflict):
    """Scheduled exports deliver there: remove it from them first"""

    code = "destination_in_use"
    title = "The destination is in use"
    about = "Scheduled exports, which the message names, deliver to the destination."
    fix = "Remove it from them, or switch it off. Then delete it."


class NoMailbox(Conflict):
    """This API key is a tenant's and has no mailbox: name the recipients"""

    code = "no_mailbox"
    title = "The caller has no mailbox"
    about = "The run was to be sent to the caller, and a tenant's API key has no email address."
    fix = "Name the recipients."


class DomainNotAllowed(Conflict):
    """Your own address is outside the domains that this tenant sends to: allow its domain first"""

    code = "domain_not_allowed"
    title = "The tenant does not send to this domain"
    about = "The run was to be sent to the caller, whose address the tenant does not send to."
    fix = "Add the domain to the tenant's recipient domains, or name other recipients."
