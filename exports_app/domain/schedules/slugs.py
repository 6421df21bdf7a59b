"""Slugs of scheduled exports: names for programs and files, which stay when the name changes."""

import re
from collections.abc import Collection
from itertools import count

from slugify import slugify

from exports_app.domain import bounds

RULE = f"use up to {bounds.SLUG} lower-case letters, digits and single hyphens"
UNNAMED = "export"
NUMBERED = 10
"""Characters that a number at the end takes at most."""
FORM = "[a-z0-9]+(-[a-z0-9]+)*"
_FORM = re.compile(FORM)


def is_valid(slug: str) -> bool:
    return len(slug) <= bounds.SLUG and _FORM.fullmatch(slug) is not None


def of_name(name: str) -> str:
    """In ASCII, whatever the script of the name."""
    return slugify(name, max_length=bounds.SLUG) or UNNAMED


def beginning(slug: str) -> str:
    """With which it begins, also with a number at its end."""
    return slug[: bounds.SLUG - NUMBERED]


def numbered(slug: str, taken: Collection[str]) -> str:
    """The slug, or with the first free number from 2 on at its end."""
    if slug not in taken:
        return slug
    for number in count(2):
        ending = f"-{number}"
        free = slug[: bounds.SLUG - len(ending)].rstrip("-") + ending
        if free not in taken:
            return free
    raise AssertionError
