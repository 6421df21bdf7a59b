"""Starting runs as a person does: ask, choose to whom, confirm."""

from typing import Any

from exports_app.domain.runs.send_to import SendTo
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion
from tests.ui.conftest import Tab


async def confirmed(
    tab: Tab, handler: Any, *values: Any, to: SendTo = SendTo.RECIPIENTS
) -> SendQuestion:
    """Call the handler that asks, and confirm. Returns the question's State."""
    await tab.do(handler, *values)
    question = await tab.state(SendQuestion)
    assert question.is_open
    await tab.do(SendQuestion.choose, to)
    await tab.do(SendQuestion.type_number, question.expected)
    await tab.do(SendQuestion.confirm)
    assert not question.is_open
    return question
