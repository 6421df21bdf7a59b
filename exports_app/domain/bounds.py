"""How long and how many any input may be. The one place that says so: the API, the pages, the
command line and the import use it.

A length is looked at before anything else reads the text. Normalising, parsing or matching a text
may cost the square of its length, and nobody may make others wait by sending a long one. Lengths
are counted in characters (code points).
"""

import re
from typing import Annotated, TypeAlias

from annotated_types import MaxLen

ID = 36
"""A UUID as text."""
NAME = 200
"""Of a scheduled export, a tenant, a person or a campaign."""
DESCRIPTION = 2_000
ADDRESS = 320
"""An email address as it is sent. A valid one has at most 254 characters (RFC 5321); composed
letters may be sent in parts."""
TYPED_ADDRESS = 400
"""An email address in a field of a page: longer than any, so that one that is too long is refused
and not cut."""
PASSWORD = 1_000
CRON = 200
ASKED_CRON = 10_000
"""An expression that is only judged: one that is too long is answered as not valid."""
ZONE = 64
KEY = 50
"""One of a few words: an export type, a format, a policy, a role, a sort key."""
CHANNEL = 100
STATUS = 50
CURRENCY_CODE = 3
CURRENCY = COLOR = 20
"""Longer than any, so that what is wrong is answered in words of its own."""
URL = 2_000
SEARCH = 200
WRITTEN = 40
"""A date, an instant or an amount as text."""
OTP = 100
"""A code of a second factor, as people type it."""
TOKEN = 2_000
LINK_TOKEN = 1_000
"""Of a link to an account or an invitation; ours have about 250."""
CODE = 200
SIGNATURE = 128

RECIPIENTS = 50
DOMAIN = 255
"""``*.`` and a domain, which has at most 253 characters (RFC 1035)."""
DOMAINS = 100
"""That a tenant's files may be sent to."""
SENT_RECIPIENTS = 1_000
"""Recipients looked at before the same ones are merged."""
CAMPAIGNS = 1_000
METRIC_DAYS = 10_000
BULK = 200

KEEP_DAYS = 36_500
"""How long files are kept, at most."""

FORM_TEXT = 4_000
"""A text of the form of a scheduled export: longer than any, so that one that is too long is
refused and not cut."""
TYPED_RECIPIENT = 1_000
"""Of a list of recipients, as it was typed."""
PASTED = 50_000
"""A list of recipients as people paste it."""
KEPT_FORM = 200_000
"""A form that the browser kept while the server was away."""

Id: TypeAlias = Annotated[str, MaxLen(ID)]
Name: TypeAlias = Annotated[str, MaxLen(NAME)]
Description: TypeAlias = Annotated[str, MaxLen(DESCRIPTION)]
Address: TypeAlias = Annotated[str, MaxLen(ADDRESS)]
Password: TypeAlias = Annotated[str, MaxLen(PASSWORD)]
Otp: TypeAlias = Annotated[str, MaxLen(OTP)]
LinkToken: TypeAlias = Annotated[str, MaxLen(LINK_TOKEN)]
Domain: TypeAlias = Annotated[str, MaxLen(DOMAIN)]
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

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def too_long(text: str, most: int) -> bool:
    """Whether a text is longer than it may be. Costs nothing, however long the text is."""
    return len(text) > most


def at_most(most: int) -> str:
    """What to do about a text that is too long."""
    return f"use at most {most:,} characters"


def turns_text(text: str) -> bool:
    """Whether the text holds a character that turns the direction of what stands after it (UAX #9:
    embeddings, overrides and isolates, U+202A to U+202E and U+2066 to U+2069).

    In a name they make the words beside it read as something else. The marks U+200E, U+200F and
    U+061C turn nothing but the signs next to them; names in Hebrew, Arabic and Persian need them,
    and so they are not counted here.
    """
    return _BIDI.search(text) is not None


def without_turns(text: str) -> str:
    """The text without the characters of `turns_text`."""
    return _BIDI.sub("", text)
