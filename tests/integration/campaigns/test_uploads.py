"""Files for an import: their codes, over both databases."""

import pytest

from exports_app.domain.errors import NotFound
from exports_app.services.campaigns.uploads import OF_SESSION
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import Cast, sign_in


def arrive(services: Services, cast: Cast, session_id: str, content: bytes) -> str:
    """Returns the file's code."""
    code = services.uploads.begin(
        cast.admin.who, session_id, cast.acme.id, "march.csv", len(content)
    )
    with services.uploads.receive(code, session_id) as incoming:
        incoming.path.write_bytes(content)
        services.uploads.keep(incoming)
    return code


def test_a_session_keeps_its_newest_files(services: Services, cast: Cast, clock: FakeClock) -> None:
    mine, other = sign_in(services, cast.admin.user), sign_in(services, cast.admin.user)
    theirs = arrive(services, cast, other, b"other")
    codes = []
    for number in range(OF_SESSION + 2):
        codes.append(arrive(services, cast, mine, b"%d" % number))
        clock.advance(seconds=1)
    for code in codes[:2]:
        with pytest.raises(NotFound):
            services.uploads.find(cast.admin.who, mine, code)
    contents = [
        services.uploads.find(cast.admin.who, mine, code).path.read_bytes() for code in codes[2:]
    ]
    assert contents == [b"2", b"3", b"4"]
    assert services.uploads.find(cast.admin.who, other, theirs).path.read_bytes() == b"other"


def test_a_code_that_waits_counts_too(services: Services, cast: Cast, clock: FakeClock) -> None:
    session_id = sign_in(services, cast.admin.user)
    first = arrive(services, cast, session_id, b"first")
    clock.advance(seconds=1)
    waiting = [
        services.uploads.begin(cast.admin.who, session_id, cast.acme.id, "a.csv", 1)
        for _ in range(OF_SESSION)
    ]
    with pytest.raises(NotFound):
        services.uploads.find(cast.admin.who, session_id, first)
    for code in waiting:
        with services.uploads.receive(code, session_id):
            pass  # the code is good, and used up
        with pytest.raises(NotFound), services.uploads.receive(code, session_id):
            pass
