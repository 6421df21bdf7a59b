"""Runs that do not allow what was asked, and why runs and deliveries fail."""

from exports_app.domain.errors.base import ExportsError
from exports_app.domain.errors.requests import Conflict, NotFound


class NoFile(NotFound):
    """This run has no file: wait until it has ended, or start another one"""

    code = "no_file"
    title = "The run has no file"
    about = "The run has not finished yet, failed before its file was made, or was skipped."
    fix = "Wait until the run has ended, or start another one."


class RunHasEnded(Conflict):
    """This run has already ended: there is nothing to cancel"""

    code = "run_ended"
    title = "The run has ended"
    about = "Only a run that is pending or processing can be cancelled."
    fix = "Get the run: its status says how it ended."


class RunHasNotEnded(Conflict):
    """This run has not finished yet: wait until it ends, then rerun it"""

    code = "run_not_ended"
    title = "The run has not ended"
    about = "Only a run that has ended can be run again."
    fix = "Wait until it has ended ('wait'), then send the request again."


class RunHasNotFailed(Conflict):
    """Only a failed or partial run allows this: to send everything again, rerun it"""

    code = "run_not_failed"
    title = "The run has not failed"
    about = "Only a run that failed, in whole or in part, can be resent or confirmed."
    fix = "Get the run and look at its status. To send everything again, rerun it."


class RunNotWaiting(Conflict):
    """This run is not waiting for a retry: load it again and check its status"""

    code = "run_not_waiting"
    title = "The run does not wait for a retry"
    about = "The run has ended, or its next attempt has begun."
    fix = "Get the run and look at its status."


class AlreadyResending(Conflict):
    """Someone else is already resending this run: wait until it has ended"""

    code = "already_resending"
    title = "The run is being resent"
    about = "Another request began to resend the run at the same moment."
    fix = "Wait until the run has ended, then look whether anything is left to send."


class AllDelivered(Conflict):
    """Every recipient of this run got its file: nothing to resend"""

    code = "all_delivered"
    title = "Every recipient got the file"
    about = "No message of the run is left to send."
    fix = "Nothing is left to do. To send everything again, rerun it."


class NothingUnknown(Conflict):
    """No message of this run is unknown: there is nothing to confirm"""

    code = "nothing_unknown"
    title = "No message is unknown"
    about = "It is known of every message of the run whether the mail server accepted it."
    fix = "Nothing is left to do."


class UnknownFirst(Conflict):
    """Other emails of this run may have arrived: mark them as delivered or resend the run first"""

    code = "unknown_first"
    title = "Other messages are unknown"
    about = "Other messages of the run may have arrived or not, and would be sent again."
    fix = "Mark them as delivered (accept-unknown), or resend the run first."


class NoDownloadLinks(Conflict):
    """This run sent no download links: there is nothing to revoke"""

    code = "no_download_links"
    title = "The run sent no download links"
    about = "The file was attached to the emails, or not sent."
    fix = "Nothing is left to do."


class ExporterLostAccess(Conflict):
    """The user that this run acts for can no longer export this tenant's data: rerun it, so that it
    acts for you"""

    code = "access_lost"
    title = "The run's user has lost access"
    about = "The owner, or the user who started the run, can no longer export the tenant's data."
    fix = "Rerun it: the new run acts for you."


class NotForTests(Conflict):
    """A test has recipients of its own: start another one to send it to another address"""

    code = "test_run"
    title = "Not for a test"
    about = "A test goes to its own recipients, which are not those of the scheduled export."
    fix = "Start another test for the other address."


class DeliveryNotFailed(Conflict):
    """The email to this address did not fail in this run: reload it"""

    code = "delivery_not_failed"
    title = "The message did not fail"
    about = "No message of the run to this address failed."
    fix = "Get the run again, and look at its deliveries."


class NoLongerRecipient(Conflict):
    """This address is no longer among the recipients: edit the scheduled export instead"""

    code = "not_a_recipient"
    title = "No longer a recipient"
    about = "The address that is to be replaced is not among the recipients any more."
    fix = "Update the scheduled export instead."


class AlreadySentThere(Conflict):
    """This run's file went to this address already: add it to the recipients in the form instead"""

    code = "already_sent_there"
    title = "The address got the file already"
    about = "The run's file was sent to the new address before."
    fix = "Add the address to the recipients of the scheduled export instead."


class IllegalTransition(ExportsError):
    """A run or delivery cannot move between these states"""

    code = "illegal_transition"


class RunError(ExportsError):
    """The run failed"""

    code = "run_failed"


class MessagesReserved(RunError):
    """Other runs have reserved the messages that this one needs, and may leave some of them"""

    code = "quota_reserved"
    permanent = False


class DeliveryError(ExportsError):
    """The message was not delivered"""

    code = "delivery_failed"


class MessageTooLarge(DeliveryError):
    """The message is too large for the mail server"""

    code = "message_too_large"

    def __init__(self, message: str | None = None, *, for_all: bool = False) -> None:
        super().__init__(message)
        self.for_all = for_all
        """The limit is the server's, whoever the recipient is."""


class DeliveryUnknown(DeliveryError):
    """The connection was lost while the message was being sent: it may have arrived, or not"""

    code = "delivery_unknown"
    permanent = False
