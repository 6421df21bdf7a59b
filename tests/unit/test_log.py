from exports_app import log


def test_errors_keep_their_words_and_lose_their_addresses() -> None:
    error = "1 of 2 messages was not delivered; to anna.b@example.com: 550 5.1.1 <anna.b@example.com>: no such user (b@x.example)"
    assert log.without_addresses(error) == (
        "1 of 2 messages was not delivered; to a***@example.com: 550 5.1.1 <a***@example.com>: no such user (b***@x.example)"
    )
    assert log.without_addresses("smtp.example.com:587 cannot be reached") == "smtp.example.com:587 cannot be reached"
