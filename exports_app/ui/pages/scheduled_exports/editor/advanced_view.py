"""The folded part of the form: what happens with overlaps, downtime, failures."""

import reflex as rx

from exports_app.ui.components import browser
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.option_inputs import option_pair


def advanced() -> rx.Component:
    return browser.fold(
        option_pair("overlap", "on_unknown"),
        option_pair("catch_up", "catch_up_hours"),
        option_pair("retry_attempts", "retry_base_seconds"),
        option_pair("pause_after", "jitter_seconds"),
        id="advanced",
        unfold=DraftState.unfold,
        title="Advanced",
        hint="Overlaps, downtime, retries, automatic pausing",
    )
