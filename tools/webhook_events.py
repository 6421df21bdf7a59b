"""`python -m tools.webhook_events`: write the events of docs/webhooks.md again, from the models."""

import json
from pathlib import Path

from exports_app.services.events import examples
from exports_app.services.events.kinds import MEANINGS, EventType

DOCUMENT = Path(__file__).parents[1] / "docs" / "webhooks.md"


def section(kind: EventType) -> str:
    """Of one event, with its example."""
    example = json.dumps(examples.of(kind), indent=2, ensure_ascii=False)
    return f"### `{kind}`\n\n{MEANINGS[kind].when}\n\n```json\n{example}\n```\n"


def main() -> None:
    before, _, _ = DOCUMENT.read_text().partition("\n### `export.")
    DOCUMENT.write_text("\n".join([before, *map(section, EventType)]))


if __name__ == "__main__":
    main()
