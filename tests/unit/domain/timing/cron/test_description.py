"""A schedule in plain words."""

import pytest
from hypothesis import given, settings

from exports_app.domain.timing import cron
from exports_app.domain.timing.cron import parse
from tests.unit.domain.timing.cron.strategies import parsed_or_none, schedules


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 9 * * 1", "Every Monday at 09:00"),
        ("0 8 * * *", "Every day at 08:00"),
        ("0 9,17 * * *", "Every day at 09:00 and 17:00"),
        ("0 9 * * MON-FRI", "Every Monday to Friday at 09:00"),
        ("0 9 * * FRI-MON", "Every Monday and Friday to Sunday at 09:00"),
        ("0 9 1 * *", "Monthly on the 1st at 09:00"),
        ("0 9 1,15,L * *", "Monthly on the 1st and 15th and the last day at 09:00"),
        ("0 9 L * *", "Monthly on the last day at 09:00"),
        ("0 9 LW * *", "Monthly on the last weekday (Monday to Friday) at 09:00"),
        ("0 9 * * 1#2", "Monthly on the second Monday at 09:00"),
        ("0 9 * * 5L", "Monthly on the last Friday at 09:00"),
        ("0 0 13 * 5", "On the 13th of the month or on Friday at 00:00"),
        ("0 0 */10 * 1", "On Monday if it is the 1st, 11th, 21st or 31st of the month at 00:00"),
        ("0 0 1-31 * 1", "Every day at 00:00"),
        ("@yearly", "On the 1st of January at 00:00"),
        ("0 9 2,3,12-14 3 *", "On the 2nd, 3rd and 12th to 14th of March at 09:00"),
        ("0 9 * 3 5L", "On the last Friday of March at 09:00"),
        ("0 9 * * 1,5L", "On Monday and the last Friday of the month at 09:00"),
        ("0 8 * 6-8 *", "Every day at 08:00 in June to August"),
        ("* * * * *", "Every minute"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("*/90 * * * *", "Every hour"),
        ("@hourly", "Every hour"),
        ("15 * * * *", "Every hour at minute 15"),
        ("0 */3 * * *", "Every 3 hours"),
        ("15 */6 * * *", "Every 6 hours at minute 15"),
        ("0 */5 * * *", "Every day at 00:00, 05:00, 10:00, 15:00 and 20:00"),
        ("*/7 * * * *", "At minute 0, 7, 14, 21, 28, 35, 42, 49 and 56 past every hour"),
        ("* 9 * * *", "Every minute from 09:00 to 09:59"),
        ("*/15 9-17 * * 1-5", "Every 15 minutes from 09:00 to 17:45, Monday to Friday"),
        ("30 9-17 * * 1", "Every hour from 09:30 to 17:30 on Monday"),
        (
            "*/30 8,10,12,14 1 * *",
            "Every 30 minutes during hours 8, 10, 12 and 14 on the 1st of the month",
        ),
        ("5,20,35 8-10 * * *", "At minute 5, 20 and 35 past hour 8 to 10"),
    ],
)
def test_a_schedule_is_told_in_plain_words(expression, words):
    assert cron.describe(expression) == words
    assert cron.describe(parse(expression)) == words


@settings(max_examples=100, deadline=None)
@given(schedules())
def test_words_are_found_for_every_schedule(schedule):
    parsed = parsed_or_none(schedule[0])
    if parsed is None:
        return
    words = cron.describe(parsed)
    assert words.startswith(("Every ", "At ", "On ", "Monthly "))
    assert "  " not in words
