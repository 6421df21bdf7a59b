"""The snapshot that a run goes by, as it is stored: older rows and newer servers' rows are read."""

import json

from exports_app.domain.schedules.run_spec import VERSION, RunSpec

FIRST = {
    "name": "Weekly numbers",
    "export_type": "campaigns",
    "format": "xml",
    "filters": {"period": "yesterday"},
    "timezone": "Europe/Berlin",
    "recipients": ["ann@example.com"],
    "when_empty": "skip",
    "owner_id": "ann",
}
"""What the first servers stored."""


def test_what_is_stored_is_read_again() -> None:
    spec = RunSpec(name="Weekly numbers", recipients=["ann@example.com"], retry_attempts=3)
    stored = json.loads(json.dumps(spec.to_json()))
    assert RunSpec.from_json(stored) == spec
    assert stored["version"] == VERSION


def test_the_first_rows_have_no_version_and_no_options() -> None:
    spec = RunSpec.from_json(FIRST)
    assert spec.version == 1
    assert {name: getattr(spec, name) for name in FIRST} == FIRST
    assert (spec.delivery, spec.link_days, spec.time_limit) == ("auto", 7, 3600)
    assert (spec.on_unknown, spec.retry_attempts, spec.retry_base_seconds) == ("resend", None, None)


def test_what_a_newer_server_stored_is_read_as_far_as_it_is_known() -> None:
    spec = RunSpec.from_json(FIRST | {"version": 9, "colour": "green"})
    assert spec == RunSpec(**FIRST, version=9)


def test_older_servers_find_the_keys_that_they_read() -> None:
    read = {*FIRST, "delivery", "link_days", "time_limit", "on_unknown"}
    assert read | {"retry_attempts", "retry_base_seconds"} <= RunSpec().to_json().keys()
