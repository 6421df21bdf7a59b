"""Accounts, members and keys that do not allow what was asked."""

from exports_app.domain.errors.requests import Conflict


class AlreadyMember(Conflict):
    """This person is already a member of this tenant: no invitation is needed"""

    code = "already_member"
    title = "Already a member"
    about = "The person who is invited, or accepts, is a member of the tenant already."
    fix = "Nothing is left to do. To change the role, update the member."


class AlreadyInvited(Conflict):
    """This address is already invited: resend the invitation, or revoke it"""

    code = "already_invited"
    title = "Already invited"
    about = "An invitation for this address is open."
    fix = "Resend it, or revoke it and invite again."


class MailboxNotProven(Conflict):
    """This email address is not confirmed yet. Ask a super admin to send the invitation"""

    code = "mailbox_not_proven"
    title = "The email address is not confirmed"
    about = "The account has never proven that it receives mail at this address."
    fix = "Ask a super admin to send the invitation."


class AccountDeactivated(Conflict):
    """This account is deactivated: ask a super admin of this installation"""

    code = "account_deactivated"
    title = "The account is deactivated"
    about = "The invitation is for an account that a super admin deactivated."
    fix = "Ask a super admin to activate the account."


class AccountExists(Conflict):
    """An account with this address was just created: sign in, then open the link again"""

    code = "account_exists"
    title = "The account exists already"
    about = "Someone created an account with this address at the same moment."
    fix = "Sign in to it, then accept the invitation."


class NotForOwnAccount(Conflict):
    """This cannot be done to your own account: ask another super admin"""

    code = "own_account"
    title = "Not for your own account"
    about = "Super admins deactivate, reset and unlock the accounts of others, not their own."
    fix = "Use the routes under /api/account, or ask another super admin."


class DemoPassword(Conflict):
    """This account has the public password of the demo: set another one first"""

    code = "demo_password"
    title = "The account has the demo's password"
    about = "An account with the public password of the demo is activated on its own machine only."
    fix = "Set another password with a link for a new password, then activate it."


class LimitReached(Conflict):
    """There are as many as there can be: remove one first"""

    code = "limit_reached"
    title = "The maximum number is reached"
    about = (
        "There are as many API keys, feeds, saved views, destinations or open invitations as there"
        " can be."
    )
    fix = "Revoke or delete one that is no longer needed."


class LastAdmin(Conflict):
    """A tenant needs an admin: make someone else an admin first"""

    code = "last_admin"
    title = "The last admin stays"
    about = "The member is the tenant's last active admin."
    fix = "Make another member an admin first."


class OwnsSchedules(Conflict):
    """This member owns scheduled exports: specify their new owner"""

    code = "owns_schedules"
    title = "The member owns scheduled exports"
    about = "Scheduled exports need an owner, and the member who leaves owns some."
    fix = "Specify the new owner as 'schedulesTo'."


class OnlyRecipient(Conflict):
    """Some scheduled exports have no other recipient: add another one first"""

    code = "only_recipient"
    title = "The only recipient"
    about = "Some scheduled exports have no recipient but the member who leaves."
    fix = "Add another recipient to those that the detail names."


class SecondFactorOff(Conflict):
    """Two-factor authentication is not on: set it up first"""

    code = "second_factor_off"
    title = "Two-factor authentication is off"
    about = "The account does not use two-factor authentication."
    fix = "Set it up first."


class SecondFactorOn(Conflict):
    """Two-factor authentication is already on: turn it off first"""

    code = "second_factor_on"
    title = "Two-factor authentication is on"
    about = "The account uses two-factor authentication already."
    fix = "Turn it off, then set it up again."


class SecondFactorNotBegun(Conflict):
    """Start the setup first: no code is expected yet"""

    code = "second_factor_not_begun"
    title = "The setup was not started"
    about = "No setup of two-factor authentication waits for a code."
    fix = "Start the setup, then confirm it with a code."


class OwnSecondFactorFirst(Conflict):
    """Set up two-factor authentication for yourself first, under Settings, Account: otherwise you
    would lose access here"""

    code = "own_second_factor_first"
    title = "Set up your own two-factor authentication first"
    about = "Who requires two-factor authentication in a tenant without using it loses access."
    fix = "Set it up for your own account, then change the tenant."


class WebhookInactive(Conflict):
    """This webhook is switched off: activate it first"""

    code = "webhook_inactive"
    title = "The webhook is switched off"
    about = "Nothing is sent to a webhook that is switched off, but for tests."
    fix = "Activate the webhook, then send the request again."


class WebhookBeingSent(Conflict):
    """This message is being sent at this moment: wait for its result"""

    code = "webhook_being_sent"
    title = "The message is being sent"
    about = "An attempt at this delivery is under way."
    fix = "Get the delivery again in a few seconds, and look at its status."
