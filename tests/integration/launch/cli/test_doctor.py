"""What `doctor` finds."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

from tests.integration.launch.cli.process import Run, free_port, went_well
from tests.mailserver import mail_server
from tests.redis_server import redis_server


def test_doctor_changes_nothing_and_is_content_with_a_fresh_folder(
    run: Run, tmp_path: Path
) -> None:
    assert "BAD" not in went_well(run("doctor"))
    assert not (tmp_path / "data").exists()


def test_doctor_is_content_with_a_demo_and_tells_no_secret(run: Run) -> None:
    run("seed-demo")
    told = went_well(run("doctor", SECRET_KEY="s" * 40, SMTP_PASS="hush hush"))
    assert "BAD" not in told
    assert "ssss" not in told
    assert "hush" not in told


def test_doctor_finds_the_demos_password_where_others_may_use_it(run: Run) -> None:
    went_well(run("seed-demo"))
    for env in ({"PUBLIC_URL": "https://exports.example.com"}, {"HOST": "0.0.0.0"}, {"DEMO": "0"}):
        done = run("doctor", **env)
        assert done.returncode == 1
        assert "BAD  demo: admin@acme.test still has the public password" in done.stdout
    done = run("doctor", PUBLIC_URL="https://exports.example.com", DEMO="1")
    assert done.returncode == 1
    assert "BAD  demo: DEMO=1 does not go with PUBLIC_URL" in done.stdout
    assert "ok   demo: demo data with its public login is present" in went_well(run("doctor"))


def test_doctor_warns_of_a_proxy_that_is_not_trusted(run: Run) -> None:
    public = {"PUBLIC_URL": "https://exports.example.com"}
    assert "warn proxies: PUBLIC_URL is set without TRUSTED_PROXIES" in went_well(
        run("doctor", **public)
    )
    told = went_well(run("doctor", **public, TRUSTED_PROXIES="127.0.0.1"))
    assert (
        "ok   proxies: client addresses are read from X-Forwarded-For, set by 127.0.0.1/32" in told
    )
    assert "proxies" not in went_well(run("doctor"))


def test_doctor_warns_of_a_public_server_without_a_mail_server(run: Run) -> None:
    told = went_well(run("doctor", PUBLIC_URL="https://exports.example.com"))
    assert "warn email: not sent: no mail server is configured" in told
    assert "ok   email: not sent: no mail server is configured" in went_well(run("doctor"))


def test_doctor_looks_at_the_file_store_and_redis_where_they_are_set(
    run: Run, tmp_path: Path
) -> None:
    with redis_server() as redis:
        told = went_well(run("doctor", FILES_URL=str(tmp_path / "shared"), REDIS_URL=redis.url))
        assert "ok   files: " in told
        assert "Redis: reachable" in told
        redis.stop()
        done = run("doctor", REDIS_URL=redis.url)
    assert done.returncode == 1
    assert "BAD  Redis: cannot be reached: check REDIS_URL" in done.stdout


def test_doctor_finds_a_mail_server_that_is_not_there(run: Run) -> None:
    smtp = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port()), "SMTP_FROM": "me@example.com"}
    done = run("doctor", **smtp)
    assert done.returncode == 1
    assert "cannot be reached" in done.stdout


def test_doctor_signs_in_as_a_message_would_and_names_the_setting_that_is_wrong(run: Run) -> None:
    with mail_server(user="reports", password="right") as server:
        smtp = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(server.port),
            "SMTP_TLS": "none",
            "SMTP_USER": "reports",
        }
        smtp |= {"SMTP_FROM": "reports@example.com"}
        assert "accepts connections and the sign-in" in went_well(
            run("doctor", **smtp, SMTP_PASS="right")
        )
        done = run("doctor", **smtp, SMTP_PASS="wrong")
        assert server.messages == []
    assert done.returncode == 1
    assert "check SMTP_USER and SMTP_PASS" in done.stdout
    assert "wrong" not in done.stdout


def test_doctor_finds_a_clock_that_was_set_back(run: Run, tmp_path: Path) -> None:
    went_well(run("seed-demo"))
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection, connection:
        ahead = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.000000")
        assert (
            connection.execute("UPDATE scheduled_exports SET updated_at = ?", (ahead,)).rowcount > 0
        )
    done = run("doctor")
    assert done.returncode == 1
    assert "behind the newest time in the database: was it set back?" in done.stdout


def test_doctor_says_where_the_time_zones_are_read_from(run: Run) -> None:
    version = metadata.version("tzdata")
    assert f"package tzdata {version}" in went_well(run("doctor"))


def test_doctor_says_which_node_builds_the_pages(run: Run) -> None:
    assert "Node: 24." in went_well(run("doctor"))
