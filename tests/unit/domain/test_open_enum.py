"""Enumerations with values of a newer version."""

import copy
import pickle

import pytest

from exports_app.domain.access import Permission, Principal, Role
from exports_app.domain.errors import IllegalTransition
from exports_app.domain.open_enum import Words
from exports_app.domain.runs.states import (
    FINISHED,
    UNFINISHED,
    DeliveryStatus,
    RunStatus,
    move_run,
    outcome,
)

NEWER = RunStatus.of("archived")


def test_a_known_text_is_its_member() -> None:
    assert RunStatus.of("failed") is RunStatus.FAILED
    assert RunStatus.of("failed").is_known


def test_an_unknown_text_stays_as_it_is_and_is_no_member() -> None:
    assert (NEWER, str(NEWER), NEWER.value, f"{NEWER}") == ("archived",) * 4
    assert isinstance(NEWER, RunStatus)
    assert not NEWER.is_known
    assert NEWER not in list(RunStatus)
    assert NEWER not in FINISHED | UNFINISHED
    assert RunStatus.of("archived") == NEWER


def test_input_is_still_refused() -> None:
    with pytest.raises(ValueError, match="archived"):
        RunStatus("archived")


def test_it_can_be_copied_and_pickled() -> None:
    for again in (copy.copy(NEWER), copy.deepcopy(NEWER), pickle.loads(pickle.dumps(NEWER))):
        assert again == NEWER
        assert type(again) is RunStatus
    assert pickle.loads(pickle.dumps(RunStatus.FAILED)) is RunStatus.FAILED


def test_words_of_an_unknown_value_are_its_text() -> None:
    assert Words({RunStatus.FAILED: "Failed"})[NEWER] == "archived"


@pytest.mark.parametrize("to", RunStatus)
def test_no_run_leaves_an_unknown_state(to: RunStatus) -> None:
    with pytest.raises(IllegalTransition):
        move_run(NEWER, to)


def test_a_message_in_an_unknown_state_may_have_arrived() -> None:
    assert outcome([DeliveryStatus.of("read"), DeliveryStatus.FAILED]) is RunStatus.PARTIAL


def test_an_unknown_role_permits_nothing() -> None:
    who = Principal("u", roles={"t": Role.of("auditor")})
    assert not any(who.can(permission, "t") for permission in Permission)
    assert who.tenants(Permission.READ) == frozenset()
