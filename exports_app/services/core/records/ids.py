"""The ids of records."""

import uuid


def new_id() -> str:
    return str(uuid.uuid4())
