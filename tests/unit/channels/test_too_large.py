"""Which refusals say that the message is too large: a smaller one might be accepted."""

import pytest
from aiosmtplib.errors import SMTPResponseException

from exports_app.channels._smtp import replies
from exports_app.domain.errors import MessageTooLarge

TOO_LARGE = [
    (552, "5.3.4 Message size exceeds fixed limit"),
    (552, "5.3.4 Error: message file too big"),
    (552, "Message size exceeds maximum permitted"),
    (552, "Requested mail action aborted: exceeded storage allocation"),
    (552, ""),
    (552, "5.3.4 Your message exceeded the limits.\n5.3.4 See our help"),
    (552, "sorry, that message size exceeds my databytes limit (#5.3.4)"),
    (550, "5.3.4 ROUTING.SizeLimit; message size exceeds fixed maximum size for route"),
    (554, "5.3.4 Message too big for system"),
    (550, "5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient"),
    (552, "5.2.3 message length exceeds administrative limit"),
]
ORDINARY = [
    (552, "5.2.2 Mailbox full"),
    (552, "5.2.0 Mailbox unavailable"),
    (552, "5.2.2 The email account is over quota; the message size is 10 MB"),
    (552, "user is over quota (#5.2.2)"),
    (552, "Mailbox full"),
    (552, "Mailbox is full"),
    (552, "Quota exceeded"),
    (552, "5.7.0 This message was blocked because its content presents a security issue"),
    (552, "5.3.1 mail system full"),
    (552, "5.3.40 something else"),
    (550, "5.1.1 no such user"),
    (554, "5.7.1 refused: see 5.3.4 in our rules"),
]
TEMPORARY = [(452, "4.3.1 Insufficient system storage"), (452, "4.3.4 too big now"), (451, "")]


@pytest.mark.parametrize(("code", "text"), TOO_LARGE)
def test_a_message_that_is_too_large_is_told_from_other_refusals(code: int, text: str) -> None:
    error = replies.refused(SMTPResponseException(code, text))
    assert isinstance(error, MessageTooLarge)
    assert error.code == "message_too_large"
    assert error.permanent
    assert error.message.startswith(str(code))


@pytest.mark.parametrize(("code", "text"), ORDINARY + TEMPORARY)
def test_a_full_mailbox_and_the_like_are_ordinary_refusals(code: int, text: str) -> None:
    error = replies.refused(SMTPResponseException(code, text))
    assert not isinstance(error, MessageTooLarge)
    assert error.permanent is (code >= 500)


@pytest.mark.parametrize(
    ("extensions", "limit"),
    [
        ({"size": "10485760"}, 10_485_760),
        ({"size": " 1000 "}, 1000),
        ({"size": "0"}, None),
        ({"size": ""}, None),
        ({"size": "much"}, None),
        ({"size": "-1"}, None),
        ({"size": "²"}, None),
        ({}, None),
    ],
)
def test_the_limit_that_a_server_names(extensions: dict[str, str], limit: int | None) -> None:
    assert replies.size_limit(extensions) == limit
