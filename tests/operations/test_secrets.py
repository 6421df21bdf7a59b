"""docs/secrets.md, walked as an operator would."""

import pytest
import redis

from tests.conftest import SECRET_KEY
from tests.e2e.client import wait_until
from tests.faults.post import Post
from tests.mailserver import MailServer, mail_server
from tests.operations.handbook import walk
from tests.operations.installed import Installed
from tests.operations.machine import PATIENCE, Machine
from tests.operations.machine import machine as running
from tests.postgres import Postgres, postgres_server, programs
from tests.programs import program
from tests.redis_server import Redis, redis_server

pytestmark = pytest.mark.long
DOCUMENT = "secrets.md"
OLD, NEW = "the-old-password", "the-new-password"


def test_keys_are_rotated_and_tokens_stay_valid_until_the_old_one_goes(machine: Machine) -> None:
    first = _token(machine)
    with walk(machine, DOCUMENT, "A generated key") as keys:
        keys.next()
        assert _is_valid(machine, first)
        keys.next()
    assert not _is_valid(machine, first)

    # As in deploy/exports.env
    settings = machine.root / "etc/exports.env"
    settings.write_text(f"SECRET_KEY=\n{settings.read_text()}SECRET_KEY=\n")
    second = _token(machine)
    with walk(machine, DOCUMENT, "From a generated key to one of your own") as keys:
        keys.rest()
    _wait(machine)
    assert settings.read_text().count("SECRET_KEY=") == 1
    assert _is_valid(machine, second)

    third = _token(machine)
    with walk(machine, DOCUMENT, "A key of your own") as keys:
        keys.next()
        _wait(machine)
        assert _is_valid(machine, third)
        assert _is_valid(machine, second), "the keys before the last one are lost"
        keys.next()
    _wait(machine)
    assert not _is_valid(machine, third)
    assert not _is_valid(machine, second)
    assert "BAD" not in machine.app("audit verify")
    with machine.signed_in() as api:
        api.run(api.schedule("Weekly", "ok@example.com"))


def _wait(machine: Machine) -> None:
    wait_until("it is ready", lambda: machine.answers("/api/ready"), PATIENCE)


def _token(machine: Machine) -> str:
    with machine.signed_in() as api:
        return str(api.http.headers["Authorization"])


def _is_valid(machine: Machine, token: str) -> bool:
    with machine.client() as client:
        answer = client.get("/api/auth/me", headers={"Authorization": token})
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


def test_passwords_change_while_everything_runs(installed: Installed) -> None:
    with (
        postgres_server() as postgres,
        redis_server() as counts,
        mail_server(user="exports", password=OLD) as mails,
        running(installed, Post()) as machine,
    ):
        _give_passwords(machine, postgres, counts, mails)
        server = machine.pid("exports-web")
        with machine.signed_in() as api:
            weekly = api.schedule("Weekly", "ann@acme.example")
            api.run(weekly)

            mails.password = NEW
            with walk(machine, DOCUMENT, "The mail server's") as passwords:
                passwords.next(**{"NEW-PASSWORD": NEW})
            with walk(machine, DOCUMENT, "The database's") as passwords:
                passwords.next(**{"NEW-PASSWORD": NEW})
                passwords.next()
            with walk(machine, DOCUMENT, "Redis's") as passwords:
                passwords.next(**{"NEW-PASSWORD": NEW, "OLD-PASSWORD": OLD})

            wait_until("it is well", lambda: machine.answers("/api/health"), PATIENCE)
            with redis.Redis(port=counts.port, password=NEW) as client:
                client.flushall()
                api.run(weekly)
                assert client.keys("LIMITS*"), "limits are not counted in Redis"
            assert [run["status"] for run in api.history(weekly)] == ["completed", "completed"]
        assert len(mails.messages) == 2
        assert machine.pid("exports-web") == server


def _give_passwords(machine: Machine, postgres: Postgres, counts: Redis, mails: MailServer) -> None:
    """PostgreSQL, Redis and a mail server ask for the old one, which files have."""
    for name in ("database", "redis", "smtp"):
        (machine.root / f"etc/exports/{name}_password").write_text(OLD)
    machine.installed.give(machine.root / "etc/exports")
    _guard_postgres(machine, postgres)
    _guard_redis(machine, counts)
    machine.done("systemctl stop exports-web")
    machine.set(
        DATABASE_HOST="127.0.0.1",
        DATABASE_PORT=str(postgres.port),
        DATABASE_PASSWORD_FILE="/etc/exports/database_password",
        REDIS_URL=counts.url,
        REDIS_PASSWORD_FILE="/etc/exports/redis_password",
        SECRET_KEY=SECRET_KEY,
        SMTP_HOST=mails.host,
        SMTP_PORT=str(mails.port),
        SMTP_USER="exports",
        SMTP_PASS_FILE="/etc/exports/smtp_password",
    )
    machine.app("migrate")
    machine.people()
    machine.start()


def _guard_postgres(machine: Machine, postgres: Postgres) -> None:
    postgres.sql("CREATE DATABASE exports")
    postgres.sql("CREATE ROLE admin SUPERUSER LOGIN")
    postgres.sql(f"ALTER ROLE exports PASSWORD '{OLD}'")
    hba = postgres.data / "pg_hba.conf"
    rules = hba.read_text()
    hba.write_text(f"host all exports 127.0.0.1/32 scram-sha-256\n{rules}")
    postgres.sql("SELECT pg_reload_conf()")
    where = ["-h", str(postgres.folder), "-p", str(postgres.port), "-U", "admin", "-d", "postgres"]
    machine.command("psql", str(programs() / "psql"), *where)


def _guard_redis(machine: Machine, counts: Redis) -> None:
    with redis.Redis(port=counts.port) as client:
        client.execute_command("ACL", "SETUSER", "admin", "on", ">admin", "~*", "&*", "+@all")
        client.execute_command("ACL", "SETUSER", "default", "resetpass", f">{OLD}")
    who = ["-p", str(counts.port), "--user", "admin", "--pass", "admin", "--no-auth-warning"]
    machine.command("redis-cli", program("redis-cli", "redis-tools"), *who)
