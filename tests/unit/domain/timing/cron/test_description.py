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
        ("0 9 1 * *", "At 09:00 on day 1 of the month"),
        ("0 9 1,15,L * *", "At 09:00 on days 1 and 15 and the last day of the month"),
        ("0 9 L * *", "At 09:00 on the last day of the month"),
        ("0 9 LW * *", "At 09:00 on the last weekday (Monday to Friday) of the month"),
        ("0 9 * * 1#2", "At 09:00 on the second Monday of the month"),
        ("0 9 * * 5L", "At 09:00 on the last Friday of the month"),
        ("0 0 13 * 5", "At 00:00 on day 13 of the month or on Friday"),
        ("0 0 */10 * 1", "At 00:00 on Monday, if that is day 1, 11, 21 or 31 of the month"),
        ("0 0 1-31 * 1", "Every day at 00:00"),
        ("@yearly", "At 00:00 on day 1 of the month in January"),
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
            "Every 30 minutes during hours 8, 10, 12 and 14 on day 1 of the month",
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
    assert words.startswith(("Every ", "At "))
    assert "  " not in words
