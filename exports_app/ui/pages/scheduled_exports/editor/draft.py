"""The form's content while it is open. It has no handlers of its own: fields, pickers and the
dialog write into it."""

from collections.abc import Iterable, Sequence
from typing import Any

import reflex as rx

from exports_app.domain.schedules.tags import merged
from exports_app.domain.timing import cron
from exports_app.domain.timing.frequency import Frequency, frequency
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.recipients import Recipient, warning
from exports_app.ui.framework.internal import internal
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.editor import form, merge, options
from exports_app.ui.pages.scheduled_exports.editor.form import Chip
from exports_app.ui.pages.scheduled_exports.editor.merge import Content

CHOSEN = 300
"""Characters of what is set in a section, while it is folded."""


class DraftState(rx.State):
    is_open: bool = False
    tenant_id: str = ""
    """The tenant in which it is saved, even if the tab shows another one by then."""
    schedule_id: str = ""
    """Empty: a new one."""
    values: dict[str, str] = form.EMPTY
    campaign_ids: list[str] = []  # noqa: RUF012 (Reflex copies defaults)
    chips: list[Chip] = []  # noqa: RUF012
    destination_ids: list[str] = []  # noqa: RUF012
    is_active: bool = True
    errors: dict[str, str] = {}  # noqa: RUF012
    unsettled: bool = False
    """Someone else changed the same fields, and nobody chose yet which version to keep."""
    paused: str = ""
    """Why it was paused automatically."""
    unfold: dict[str, str] = {}  # noqa: RUF012
    """Opens a folded section, by its key, whenever it changes; those not in it begin closed."""
    usual: dict[str, str] = {}  # noqa: RUF012
    """What the server is set to, where a field may be empty."""
    focus: str = ""
    unfinished: str = ""
    """A recipient that was being typed when the server went away."""
    to_fix: str = ""
    """A wrong recipient that goes back into the field."""
    _version: int = 0
    _saved: Content = {}  # noqa: RUF012
    """What is stored, as far as it is known here; empty in a restored form with changes."""
    _count: int = 0

    @rx.var
    def dirty(self) -> bool:
        return self.is_open and self.content() != self._saved

    @rx.var
    def doubts(self) -> dict[str, str]:
        """What looks wrong with the addresses of options, by option."""
        doubts = {name: warning(self.values.get(name, "").strip()) for name in options.ADDRESSES}
        return {name: doubt for name, doubt in doubts.items() if doubt}

    @rx.var
    def tags(self) -> list[str]:
        return list(merged(self.values[form.TAGS].split(",")))

    @rx.var
    def chosen(self) -> dict[str, str]:
        """By section: which of its options are not as usual."""
        return {
            section.key: options.chosen(section, self.values)[:CHOSEN]
            for section in options.SECTIONS
        }

    @rx.var
    def frequency(self) -> str:
        """How much is sent in a day, where that is many."""
        return self._frequency().words

    @rx.var
    def too_often(self) -> bool:
        """Whether that is a warning."""
        return self._frequency().is_often

    def _frequency(self) -> Frequency:
        recipients = sum(not chip.error for chip in self.chips)
        try:
            of = cron.parse(self.values["schedule"])
            return frequency(of, recipients, len(self.destination_ids))
        except cron.CronError:
            return Frequency()

    @rx.var
    def kept(self) -> str:
        """What the browser keeps while it is open."""
        if not self.is_open:
            return ""
        identity = {
            "tenant": self.tenant_id,
            "id": self.schedule_id,
            # None that is stored: a restored form asks again
            "version": 0 if self.unsettled else self._version,
            "active": self.is_active,
            "destinations": self.destination_ids,
        }
        return form.pack(
            self.values, self.campaign_ids, self.chips, identity | {"dirty": self.dirty}
        )

    @internal
    def content(self) -> Content:
        """All that is set in the form."""
        return dict(self.values) | {
            merge.CAMPAIGNS: list(self.campaign_ids),
            merge.RECIPIENTS: [chip.text for chip in self.chips],
            merge.DESTINATIONS: list(self.destination_ids),
            merge.ACTIVE: self.is_active,
        }

    @internal
    def base(self) -> Content:
        """What the changes in the form are changes of; empty where it is not known."""
        return self._saved

    @internal
    def rebase(self, stored: Content, version: int) -> None:
        """They are changes of this version from now on."""
        self._saved, self._version = stored, version

    @internal
    def take(self, values: Content) -> None:
        """Set fields, by their names in a content."""
        texts = {name: value for name, value in values.items() if name in self.values}
        self.values = self.values | texts
        self.campaign_ids = values.get(merge.CAMPAIGNS, self.campaign_ids)
        self.destination_ids = values.get(merge.DESTINATIONS, self.destination_ids)
        self.is_active = values.get(merge.ACTIVE, self.is_active)
        if merge.RECIPIENTS in values:
            self.chips = form.chips(values[merge.RECIPIENTS])
        self.errors = {k: v for k, v in self.errors.items() if k not in values}

    @internal
    def version(self) -> int:
        """Of the stored schedule that is changed here."""
        return self._version

    @internal
    def set_version(self, version: int) -> None:
        self._version = version

    @internal
    def fill(
        self,
        tenant_id: str,
        schedule_id: str,
        values: dict[str, str],
        like: Schedule | None = None,
        *,
        is_active: bool = True,
    ) -> None:
        self.tenant_id = tenant_id
        self.schedule_id = schedule_id
        self.values = form.EMPTY | values
        self.is_active = is_active
        self.campaign_ids = list(Filters.from_json(like.filters).campaign_ids) if like else []
        self.chips = form.chips(like.recipients) if like else []
        self.destination_ids = list(like.destination_ids) if like else []
        self.errors = {}
        self.to_fix = ""
        self.unfinished = ""
        self.paused = run_errors.readable(like.paused_reason) if like and schedule_id else ""
        self.unfold = {}
        self._unfold(key for key, words in self.chosen.items() if words)
        self._saved, self.is_open = self.content(), True

    @internal
    def restore(self, fields: dict[str, Any], recipients: Sequence[Recipient]) -> None:
        """What `form.unpack` gave; recipients: its chips, read."""
        self.fill(fields["tenant"], fields["id"], fields["values"], is_active=fields["active"])
        self._version = fields["version"]
        self.campaign_ids = fields["campaigns"]
        self.destination_ids = fields["destinations"]
        self.unfinished = fields["unfinished"]
        self.add_recipients(recipients)
        self._saved = {} if fields["dirty"] else self.content()

    @internal
    def show_saved(self, saved: Schedule) -> None:
        self.schedule_id = saved.id
        self._version = saved.version
        self.errors = {}
        self.values = self.values | {"slug": saved.slug or ""}
        self.chips = form.chips(saved.recipients)
        self.destination_ids = list(saved.destination_ids)
        self.paused = run_errors.readable(saved.paused_reason)
        self._saved = self.content()

    @internal
    def add_recipients(self, recipients: Sequence[Recipient]) -> bool:
        """False where they were too many, and the last ones are left out."""
        chips = {chip.text.lower(): chip for chip in self.chips}
        for recipient in recipients:
            chip = form.chip(recipient)
            chips.setdefault(chip.text.lower(), chip)
        self.chips = list(chips.values())[: form.MOST_CHIPS]
        return len(chips) <= form.MOST_CHIPS

    @internal
    def put(self, name: str, value: str) -> None:
        self.values = self.values | {name: value[: form.LONGEST]}
        self.clear_error(name)

    @internal
    def clear_error(self, name: str) -> None:
        if name in self.errors:
            self.errors = {k: v for k, v in self.errors.items() if k != name}

    @internal
    def show_errors(self, errors: dict[str, str]) -> None:
        """Show what is wrong; the first wrong field gets the focus."""
        self.errors = errors
        self._unfold(s.key for s in options.SECTIONS if not errors.keys().isdisjoint(s.names))
        self._unfold({"slug"} & errors.keys())
        self.focus_on(form.first_wrong(errors))

    def _unfold(self, keys: Iterable[str]) -> None:
        self._count += 1
        self.unfold = self.unfold | dict.fromkeys(keys, str(self._count))

    @internal
    def focus_on(self, name: str) -> None:
        self._count += 1
        self.focus = f"{name}#{self._count}"

    @internal
    def edit_again(self, text: str) -> None:
        self._count += 1
        self.chips = [chip for chip in self.chips if chip.text != text]
        self.to_fix = f"{text}#{self._count}"
