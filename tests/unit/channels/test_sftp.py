"""The SFTP channel against a server that fails in every way that servers do."""

import asyncio
import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from exports_app import plugins
from exports_app.channels import _sftp_connection
from exports_app.channels.sftp import Sftp
from exports_app.domain.errors import DeliveryError, DeliveryUnknown, Invalid
from exports_app.outbound.guard import Guard
from exports_app.services.core.extension_points import DestinationPaused
from exports_app.services.destinations import configs
from exports_app.services.destinations.calls import calling
from tests.contracts.other_sides import Side
from tests.sftp_server import PASSWORD, SftpServer
from tests.world import DEADLINE

plugins.load("exports_app.channels")
CONTENT = b"a,b\r\n1,2\r\n"
NAME = "weekly-numbers.csv"
ENCRYPTED = "-----BEGIN ENCRYPTED PRIVATE KEY-----AA-----END ENCRYPTED PRIVATE KEY-----"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


@pytest.fixture
def server(there: Path) -> Iterator[SftpServer]:
    with ExitStack() as stack:
        server = SftpServer(there)
        stack.callback(server.close)
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_bytes(CONTENT)
    return path


def side(server: SftpServer, **values: Any) -> Side:
    config = configs.checked(Sftp(), server.config(**values)).config
    return Side(Sftp(), server, (PASSWORD,), config)


def send(server: SftpServer, file: Path, **values: Any) -> Any:
    one = side(server, **values)
    with calling():
        return one.channel.send(one.delivery(file))


def refused(server: SftpServer, file: Path, **values: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        send(server, file, **values)
    assert PASSWORD not in error.value.message
    return error.value


def files(there: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(there)): path.read_bytes()
        for path in there.rglob("*")
        if path.is_file()
    }


def test_a_test_without_a_host_key_shows_it_and_signs_nobody_in(
    server: SftpServer, file: Path
) -> None:
    one = side(server, hostKey=None)
    result = one.channel.test(one.trial())
    assert result.proposed == {"hostKey": server.host_keys[0]}
    assert server.host_keys[0] in result.answer
    assert server.behaviour.sign_ins == 0
    assert isinstance(refused(server, file, hostKey=None), DestinationPaused)
    assert "hostKey" in side(server, **result.proposed).config.model_dump(by_alias=True)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
def test_another_host_key_pauses_before_the_password_is_sent(
    server: SftpServer, file: Path, kind: str
) -> None:
    other = f"{kind} SHA256:{'A' * 43}"
    error = refused(server, file, hostKey=other)
    assert isinstance(error, DestinationPaused)
    assert server.host_keys[0] in error.message
    assert server.behaviour.sign_ins == 0
    one = side(server, hostKey=other)
    with pytest.raises(DestinationPaused):
        one.channel.test(one.trial())
    assert server.behaviour.sign_ins == 0


def test_a_fingerprint_without_its_type_is_enough(server: SftpServer, file: Path) -> None:
    send(server, file, hostKey=server.host_keys[0].split()[1])


def test_each_key_of_a_server_can_be_the_confirmed_one(server: SftpServer, file: Path) -> None:
    for key in server.host_keys:
        send(server, file, hostKey=key)


def private_key(passphrase: bytes = b"") -> str:
    """In OpenSSH's format."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption)
        .decode()
    )


@pytest.mark.parametrize("one_line", [False, True])
def test_a_private_key_signs_in_also_one_that_lost_its_line_breaks(
    there: Path, file: Path, one_line: bool
) -> None:
    text = private_key()
    server = SftpServer(there, asyncssh.import_private_key(text))
    try:
        typed = text.replace("\n", "") if one_line else text
        send(server, file, password=None, privateKey=typed)
        error = refused(server, file, password=None, privateKey=private_key())
        assert error.permanent
        assert "private key" in error.message
    finally:
        server.close()
    assert files(there) == {NAME: CONTENT}


def pkcs8(key: Any) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return str(key.private_bytes(*form, serialization.NoEncryption()).decode())


def large_rsa_key() -> str:
    """A key of 12,000 bits, made of numbers that are not prime: to check that would take long."""
    p, q = (1 << 6_000) - 1, (1 << 5_999) + 1
    public = rsa.RSAPublicNumbers(65_537, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, 3, 3, 3, 3, public)
    return pkcs8(numbers.private_key(unsafe_skip_rsa_key_validation=True))


def test_a_wrong_password_is_refused_for_good(server: SftpServer, file: Path) -> None:
    error = refused(server, file, password="wrong horse")
    assert error.permanent
    assert "did not let ann sign in" in error.message
    assert "wrong horse" not in error.message


@pytest.mark.parametrize(
    ("values", "pointer", "words"),
    [
        ({"password": None}, "/config/password", "a password or a private key"),
        ({"privateKey": private_key(b"secret")}, "/config/privateKey", "passphrase"),
        ({"privateKey": large_rsa_key()}, "/config/privateKey", "up to 8192 bits"),
        ({"privateKey": pkcs8(X25519PrivateKey.generate())}, "/config/privateKey", "Ed25519"),
        (
            {"privateKey": ENCRYPTED},
            "/config/privateKey",
            "passphrase",
        ),
        ({"privateKey": "no key"}, "/config/privateKey", "OpenSSH or PEM"),
        ({"host": "127.1"}, "/config/host", "four numbers"),
        ({"host": "ann@example.com"}, "/config/host", "such as server.example.com"),
        ({"hostKey": "MD5:00:11"}, "/config/hostKey", "SHA256:"),
        ({"folder": "/in\nout"}, "/config/folder", "line breaks"),
        ({"port": 0}, "/config/port", "at least 1"),
    ],
)
def test_a_config_that_cannot_work_says_what_to_change(
    server: SftpServer, values: dict[str, Any], pointer: str, words: str
) -> None:
    with pytest.raises(Invalid) as invalid:
        configs.checked(Sftp(), server.config(**values))
    (error,) = invalid.value.errors
    assert error.pointer == pointer
    assert words in error.detail


def test_nothing_goes_to_a_private_address(server: SftpServer, file: Path) -> None:
    one = side(server)
    with pytest.raises(DeliveryError, match="ALLOWED_NETWORKS"), calling():
        one.channel.send(replace(one.delivery(file), guard=Guard()))


def test_the_name_appears_when_all_of_the_file_is_there(
    server: SftpServer, there: Path, file: Path
) -> None:
    at_rename: list[dict[str, bytes]] = []

    def before(operation: str, path: str) -> None:
        if operation == "rename":
            at_rename.append(files(there))

    server.behaviour.before = before
    receipt = send(server, file, folder="/", name="{tenant}/{schedule}.{format}")
    (draft,) = at_rename
    ((hidden, content),) = draft.items()
    assert Path(hidden).name.startswith(".")
    assert hidden.endswith(".part")
    assert content == CONTENT
    assert files(there) == {f"acme/{NAME}": CONTENT}
    assert receipt.location == f"127.0.0.1:{server.config()['port']}:/acme/{NAME}"


def test_another_file_of_the_name_stays_unless_it_is_to_be_replaced(
    server: SftpServer, there: Path, file: Path
) -> None:
    (there / NAME).write_bytes(b"another")
    error = refused(server, file)
    assert error.permanent
    assert "there is another file" in error.message
    assert files(there) == {NAME: b"another"}
    send(server, file, overwrite=True)
    assert files(there) == {NAME: CONTENT}


def test_a_server_that_cannot_replace_gets_another_name_once(
    server: SftpServer, there: Path, file: Path
) -> None:
    def before(operation: str, path: str) -> None:
        if operation == "posix_rename":
            raise asyncssh.SFTPOpUnsupported("not here")

    server.behaviour.before = before
    (there / NAME).write_bytes(b"another")
    first = send(server, file, overwrite=True)
    assert send(server, file, overwrite=True).location == first.location
    added = first.location.rpartition(":")[2]
    assert files(there) == {NAME: b"another", added: CONTENT}


def test_a_connection_that_is_lost_while_the_file_is_written_is_tried_again(
    server: SftpServer, there: Path, file: Path
) -> None:
    def before(operation: str, path: str) -> None:
        if operation == "close":
            server.drop()

    server.behaviour.before = before
    error = refused(server, file)
    assert not error.permanent
    assert not isinstance(error, DeliveryUnknown)
    assert NAME not in files(there)


def test_a_rename_without_an_answer_is_unknown_and_the_next_attempt_finds_the_file(
    server: SftpServer, there: Path, file: Path
) -> None:
    def before(operation: str, path: str) -> None:
        if operation == "rename":
            (draft,) = there.glob(".*.part")
            draft.rename(there / NAME)
            server.drop()

    server.behaviour.before = before
    assert isinstance(refused(server, file), DeliveryUnknown)
    assert files(there) == {NAME: CONTENT}
    server.behaviour.before = lambda operation, path: None
    assert send(server, file).location == f"127.0.0.1:{server.config()['port']}:{NAME}"
    assert files(there) == {NAME: CONTENT}


def test_less_than_was_sent_is_no_delivery(server: SftpServer, there: Path, file: Path) -> None:
    def before(operation: str, path: str) -> None:
        if operation == "stat":
            (draft,) = there.glob(".*.part")
            draft.write_bytes(CONTENT[:4])

    server.behaviour.before = before
    error = refused(server, file)
    assert not error.permanent
    assert "4 bytes of 10" in error.message
    assert files(there) == {}


def test_a_server_that_does_not_tell_sizes_can_be_used(
    server: SftpServer, there: Path, file: Path
) -> None:
    def before(operation: str, path: str) -> None:
        if "stat" in operation:
            raise asyncssh.SFTPPermissionDenied("no stat")

    server.behaviour.before = before
    assert refused(server, file).permanent
    send(server, file, checkSize=False)
    assert files(there) == {NAME: CONTENT}


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [(asyncssh.SFTPFailure("disk full"), False), (asyncssh.SFTPPermissionDenied("no"), True)],
)
def test_a_refused_write_says_what_the_server_said(
    server: SftpServer, file: Path, answer: asyncssh.SFTPError, permanent: bool
) -> None:
    def before(operation: str, path: str) -> None:
        if operation == "write":
            raise answer

    server.behaviour.before = before
    error = refused(server, file)
    assert error.permanent is permanent
    assert answer.reason in error.message


def test_a_missing_folder_is_named(server: SftpServer, file: Path) -> None:
    error = refused(server, file, folder="/nowhere")
    assert error.permanent
    assert "/nowhere/" in error.message
    assert "Check the folder" in error.message


def test_a_test_that_may_not_rename_leaves_nothing(server: SftpServer, there: Path) -> None:
    def before(operation: str, path: str) -> None:
        if operation == "rename":
            raise asyncssh.SFTPPermissionDenied("no")

    server.behaviour.before = before
    one = side(server)
    with pytest.raises(DeliveryError, match="cannot be renamed"):
        one.channel.test(one.trial())
    assert files(there) == {}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Accepts connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_server_that_says_nothing_is_given_up(
    server: SftpServer, listener: socket.socket, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sftp_connection, "ANSWER_SECONDS", 0.1)
    error = refused(server, file, port=listener.getsockname()[1])
    assert not error.permanent
    assert "did not answer in time" in error.message


def test_a_stop_ends_the_wait_for_a_server(
    server: SftpServer, listener: socket.socket, file: Path
) -> None:
    def stop() -> None:
        raise DeliveryError("stopped", permanent=False)

    one = side(server, port=listener.getsockname()[1])
    with pytest.raises(DeliveryError, match="stopped"):
        one.channel.send(one.delivery(file, stop))


def test_a_stop_does_not_wait_for_a_server_that_answers_nothing_more(
    server: SftpServer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sftp_connection, "CLOSING_SECONDS", 0.1)
    silent, over = threading.Event(), threading.Event()

    def before(operation: str, path: str) -> None:
        if operation == "close":
            silent.set()
            over.wait(DEADLINE)

    def stop() -> None:
        if silent.is_set():
            raise DeliveryError("stopped", permanent=False)

    server.behaviour.before = before
    one = side(server)
    try:
        with pytest.raises(DeliveryError, match="stopped"):
            one.channel.send(one.delivery(file, stop))
        assert not over.is_set()
    finally:
        over.set()


@pytest.mark.parametrize(
    ("error", "is_told"), [(asyncssh.SFTPConnectionLost("gone"), False), (ValueError("odd"), True)]
)
def test_requests_that_a_stop_leaves_under_way_are_not_logged(
    error: Exception, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise error

    async def work() -> None:
        left = asyncio.create_task(fail())
        await asyncio.wait({left})

    asyncio.run(_sftp_connection._watched(work(), lambda: None, time.monotonic() + DEADLINE))
    gc.collect()  # tells of tasks whose errors nobody asked for
    assert [one.name for one in caplog.records] == ["asyncio"] * is_told


def test_a_server_of_another_protocol_is_no_sftp_server(
    server: SftpServer, listener: socket.socket, file: Path
) -> None:
    def speak() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=speak)
    thread.start()
    error = refused(server, file, port=listener.getsockname()[1])
    thread.join()
    assert "ended the connection" in error.message


def test_a_server_chooses_no_numbers_for_the_exchange_of_keys() -> None:
    """Large ones would hold up the whole process."""
    options = asyncssh.SSHClientConnectionOptions(kex_algs=_sftp_connection.KEY_EXCHANGES)
    offered = {name.decode() for name in options.kex_algs}
    assert {"curve25519-sha256", "diffie-hellman-group14-sha256"} <= offered
    assert not [name for name in offered if "exchange" in name or "gex" in name]


def test_numbers_that_make_no_sense_are_the_servers_fault(
    server: SftpServer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise ValueError("Invalid DH parameters")

    monkeypatch.setattr(asyncssh, "connect", fail)
    assert "does not keep to the protocol" in refused(server, file).message


def test_the_password_has_to_be_entered_again_for_another_host(server: SftpServer) -> None:
    old = configs.checked(Sftp(), server.config())
    given = {**old.shown, "host": "sftp.example.com"}
    with pytest.raises(Invalid) as invalid:
        configs.checked(Sftp(), given, old.secrets, old.shown)
    assert [error.pointer for error in invalid.value.errors] == ["/config/password"]
