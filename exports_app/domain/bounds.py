"""Limits of all input: lengths of texts and numbers of items, for the API, the pages, the command
line and the import.

Check a length before anything else reads the text: normalising, parsing or matching may take time
quadratic in the length. Lengths are in characters (code points).
"""

import re
from typing import Annotated, TypeAlias

from annotated_types import MaxLen

ID = 36
"""A UUID as text."""
NAME = 200
SLUG = 80
"""Of a scheduled export, a tenant, a person or a campaign."""
DESCRIPTION = 2_000
ADDRESS = 320
"""An email address as it is sent. A valid one has at most 254 characters (RFC 5321); composed
letters may be sent in parts."""
TYPED_ADDRESS = 400
"""An email address in a field of a page: longer than any valid one, so that a long one is refused
and not cut."""
PASSWORD = 1_000
REASON = 200
"""Why there is maintenance: one line on each page."""
CRON = 200
ASKED_CRON = 10_000
"""An expression in a validation request: a longer one than CRON gets the answer "not valid"."""
ZONE = 64
KEY = 50
"""One of a few words: an export type, a format, a policy, a role, a sort key."""
CHANNEL = 100
STATUS = 50
CURRENCY_CODE = 3
CURRENCY = COLOR = 20
"""Longer than any valid value, so that a wrong one gets its specific error."""
URL = 2_000
SEARCH = 200
CURSOR = 2_000
"""Where a page of a list ended: a sorted value, an id and a signature, as base64."""
FARTHEST = 10_000
"""Rows of a list before a page that is asked for by its number."""
PAGE_DIGITS = 6
"""Of a page's number in the address of a page."""
WRITTEN = 40
"""A date, an instant or an amount as text."""
TIME_OF_DAY = 10
"""``17:30`` or ``05:30 p.m.``, in a field of a page: what is cut off must not make another time."""
TYPED_NUMBER = 7
"""Of emails, in a question."""
OTP = 100
"""A code of a second factor, as people type it."""
TOKEN = 2_000
LINK_TOKEN = 1_000
"""The token of an account link; valid ones have about 250 characters."""
CODE = 200
SIGNATURE = 128

RECIPIENTS = 50
DOMAIN = 255
"""``*.`` and a domain, which has at most 253 characters (RFC 1035)."""
DOMAINS = 100
"""Allowed domains of a tenant."""
SENT_RECIPIENTS = 1_000
"""Recipients that are read before duplicates are merged."""
CAMPAIGNS = 1_000
TAG = 40
TAGS = 10
"""Of a scheduled export."""
SENT_TAGS = 100
"""Tags that are read before equal ones are merged."""
TENANT_TAGS = 200
"""Different tags of a tenant's scheduled exports."""
VIEW_NAME = 80
VIEWS = 50
"""Saved views of a person in a tenant."""
KEY_NAME = 100
"""Of an API key."""
USER_KEYS = 50
"""API keys of a person that can be used."""
TENANT_KEYS = 100
"""API keys of a tenant that can be used."""
KEY_SCHEDULES = 100
"""Scheduled exports to which an API key is limited."""
KEY_TENANTS = 100
"""Tenants to which an API key is limited."""
KEY_DAYS = 366
"""The latest expiry of an API key, in days from now."""
FEEDS = 20
"""Feeds of a person."""
FEED_DAYS = 90
"""How far ahead a calendar looks, in days."""
FEED_EVENTS = 500
"""Events of a calendar."""
FEED_EVENTS_OF_EACH = 100
"""Events of a scheduled export in a calendar of several."""
FEED_RUNS = 50
"""Entries of a feed of runs."""
KEPT_REQUESTS = 50_000
"""Requests of an account that are kept so that they can be repeated, within 24 hours."""
KEPT_ANSWERS = 50 * 2**20
"""The answers to them, in bytes as they are stored."""
KEPT_ANSWER = 2**20
"""One of these answers, in bytes."""
WEBHOOKS = 20
"""Webhooks of a tenant."""
WEBHOOK_NAME = 100
WEBHOOK_EVENTS = 20
"""Types of events of a webhook that are read before duplicates are merged."""
WEBHOOK_SCHEDULES = 100
"""Scheduled exports of which a webhook gets the events, where it does not get those of all."""
WEBHOOK_REPLAY = 1_000
"""Deliveries that are sent again at once."""
DESTINATIONS = 10
"""Of a scheduled export."""
SENT_DESTINATIONS = 100
"""Destinations that are read before equal ones are merged."""
TENANT_DESTINATIONS = 100
DESTINATION_NAME = 100
CONFIG_FIELDS = 50
"""Of a destination's config."""
LOCATION = 2_000
"""Where a channel put a file, as text."""
METRIC_DAYS = 10_000
BULK = 1_000
"""Scheduled exports that one action is done to, at once."""

KEEP_DAYS = 36_500
"""The longest time to keep files, or the history, in days."""
LEAST_KEEP_RUNS_DAYS = 31
"""The shortest time to keep the history: the analytics of exports cover 30 days."""

CONFIG_TEXT = 16_000
"""A field of the form of a destination, such as a private key."""
FORM_TEXT = 4_000
"""A text field of the form of a scheduled export: longer than any valid text, so that a long one
is refused and not cut."""
TYPED_RECIPIENT = 1_000
"""An entry of a list of recipients, as typed."""
PASTED = 50_000
"""A list of recipients as people paste it."""
KEPT_FORM = 200_000
"""A form that the browser kept while the server could not be reached."""

Id: TypeAlias = Annotated[str, MaxLen(ID)]
Name: TypeAlias = Annotated[str, MaxLen(NAME)]
Slug: TypeAlias = Annotated[str, MaxLen(SLUG)]
Description: TypeAlias = Annotated[str, MaxLen(DESCRIPTION)]
Address: TypeAlias = Annotated[str, MaxLen(ADDRESS)]
Password: TypeAlias = Annotated[str, MaxLen(PASSWORD)]
Otp: TypeAlias = Annotated[str, MaxLen(OTP)]
LinkToken: TypeAlias = Annotated[str, MaxLen(LINK_TOKEN)]
DestinationName: TypeAlias = Annotated[str, MaxLen(DESTINATION_NAME)]
Tag: TypeAlias = Annotated[str, MaxLen(TAG)]
WebhookName: TypeAlias = Annotated[str, MaxLen(WEBHOOK_NAME)]
ViewName: TypeAlias = Annotated[str, MaxLen(VIEW_NAME)]
KeyName: TypeAlias = Annotated[str, MaxLen(KEY_NAME)]
Domain: TypeAlias = Annotated[str, MaxLen(DOMAIN)]
Cursor: TypeAlias = Annotated[str, MaxLen(CURSOR)]
CurrencyCode: TypeAlias = Annotated[str, MaxLen(CURRENCY_CODE)]
CronText: TypeAlias = Annotated[str, MaxLen(CRON)]
AskedCron: TypeAlias = Annotated[str, MaxLen(ASKED_CRON)]
Zone: TypeAlias = Annotated[str, MaxLen(ZONE)]
Key: TypeAlias = Annotated[str, MaxLen(KEY)]
Channel: TypeAlias = Annotated[str, MaxLen(CHANNEL)]
Status: TypeAlias = Annotated[str, MaxLen(STATUS)]
Currency: TypeAlias = Annotated[str, MaxLen(CURRENCY)]
Color: TypeAlias = Annotated[str, MaxLen(COLOR)]
Url: TypeAlias = Annotated[str, MaxLen(URL)]
Search: TypeAlias = Annotated[str, MaxLen(SEARCH)]
Pasted: TypeAlias = Annotated[str, MaxLen(PASTED)]
KeptForm: TypeAlias = Annotated[str, MaxLen(KEPT_FORM)]

TURNS = "\u202a-\u202e\u2066-\u2069"
"""The characters of `turns_text`, as ranges of a regular expression."""
_TURNS = re.compile(f"[{TURNS}]")


def too_long(text: str, most: int) -> bool:
    """Whether a text is longer than `most`, in constant time."""
    return len(text) > most


def at_most(most: int) -> str:
    """The error of a text that is too long."""
    return f"use at most {most:,} characters"


def turns_text(text: str) -> bool:
    """Whether the text has a character that changes the direction of the text after it (UAX #9:
    embeddings, overrides and isolates, U+202A to U+202E and U+2066 to U+2069).

    In a name they change how the words around it are displayed. The marks U+200E, U+200F and U+061C
    affect only adjacent signs; names in Hebrew, Arabic and Persian need them, so they are allowed.
    """
    return _TURNS.search(text) is not None


def without_turns(text: str) -> str:
    """The text without the characters of `turns_text`."""
    return _TURNS.sub("", text)
