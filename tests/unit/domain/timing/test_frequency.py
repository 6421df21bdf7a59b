"""How many emails a day, in words."""

import pytest

from exports_app.domain.timing import cron
from exports_app.domain.timing.frequency import Frequency, frequency


@pytest.mark.parametrize(
    ("expression", "recipients", "words", "is_often"),
    [
        ("0 9 * * 1", 24, "", False),
        ("0 9 * * *", 25, "This sends 25 emails a day to 25 people.", False),
        ("0 9 * * 1", 50, "This sends 50 emails on each day that it runs to 50 people.", False),
        ("0 * * * *", 1, "", False),
        ("0 * * * *", 2, "This sends 48 emails a day to 2 people.", False),
        ("*/5 * * * *", 0, "", False),
        ("*/5 * * * *", 1, "This sends 288 emails a day to 1 person.", False),
        ("*/4 * * * *", 1, "This runs every 4 minutes: 360 emails a day to 1 person.", True),
        ("* * * * *", 3, "This runs every minute: 4,320 emails a day to 3 people.", True),
        ("* * * * *", 0, "This runs every minute: 1,440 runs a day.", True),
        (
            "* 9 * * 1-5",
            1,
            "Some runs are only 1 minute apart: 60 emails on each day that it runs to 1 person.",
            True,
        ),
        (
            "2,58 0,23 * * *",
            1,
            "Some runs are only 4 minutes apart: 4 emails a day to 1 person.",
            True,
        ),
        ("0,30 9 * * *", 1, "", False),
    ],
)
def test_many_emails_are_counted_and_very_frequent_runs_warned_about(
    expression: str, recipients: int, words: str, is_often: bool
) -> None:
    assert frequency(cron.parse(expression), recipients) == Frequency(words, is_often)


@pytest.mark.parametrize(
    ("expression", "recipients", "destinations", "words"),
    [
        ("0 * * * *", 1, 1, ""),
        ("0 * * * *", 0, 2, "This sends 48 deliveries a day to 2 destinations."),
        (
            "*/30 * * * *",
            1,
            1,
            "This sends 48 emails a day to 1 person, and 48 deliveries to 1 destination.",
        ),
        (
            "0 9 * * *",
            25,
            1,
            "This sends 25 emails a day to 25 people, and 1 delivery to 1 destination.",
        ),
        ("* * * * *", 0, 1, "This runs every minute: 1,440 deliveries a day to 1 destination."),
    ],
)
def test_deliveries_to_destinations_are_counted_beside_the_emails(
    expression: str, recipients: int, destinations: int, words: str
) -> None:
    assert frequency(cron.parse(expression), recipients, destinations).words == words
