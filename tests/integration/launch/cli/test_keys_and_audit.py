"""Keys, second factors and the audit by the command line."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.launch.cli.process import Run, refused, went_well


def test_rotate_keys_makes_a_new_key_and_forgets_the_old_one_when_told_to(
    run: Run, tmp_path: Path
) -> None:
    current, previous = tmp_path / "data" / "secret_key", tmp_path / "data" / "secret_key.previous"
    went_well(run("seed-demo"))
    went_well(run("rotate-keys"))
    first = current.read_text()
    told = went_well(run("rotate-keys"))
    assert "still accepted" in told
    assert current.read_text() != first
    assert previous.read_text().splitlines()[0] == first
    assert first not in told
    second = current.read_text()
    assert "Removed" in went_well(run("rotate-keys", "--forget-previous"))
    assert current.read_text() == second
    assert not previous.exists()


@pytest.mark.usefixtures("migrated")
def test_rotate_keys_says_what_may_be_removed_from_the_settings(run: Run, tmp_path: Path) -> None:
    keys = {
        "SECRET_KEY": "n" * 40,
        "SECRET_KEY_PREVIOUS": "o" * 40,
        "ENCRYPTION_KEY_PREVIOUS": "p" * 40,
    }
    told = went_well(run("rotate-keys", **keys))
    assert "You can remove ENCRYPTION_KEY_PREVIOUS now" in told
    assert "You can remove SECRET_KEY_PREVIOUS when everything signed with it has expired" in told
    assert not [key for key in keys.values() if key in told]
    assert not (tmp_path / "data" / "secret_key").exists()
    assert "SECRET_KEY_PREVIOUS" in refused(
        run("rotate-keys", "--forget-previous", SECRET_KEY="n" * 40)
    )


def test_reset_second_factor_names_who_is_not_there(run: Run) -> None:
    went_well(run("seed-demo"))
    assert "does not use two-factor authentication" in went_well(
        run("reset-second-factor", "super@admin.com")
    )
    assert "no user" in refused(run("reset-second-factor", "nobody@example.com"))


def test_the_audit_is_checked_exported_and_the_file_is_checked_too(
    run: Run, tmp_path: Path
) -> None:
    assert "create one with 'python -m exports_app migrate'" in refused(run("audit", "verify"))
    went_well(run("create-tenant", "acme", "--name", "Acme"))
    file = tmp_path / "audit.jsonl"
    assert "tenant acme: 1 entry, positions 1 to 1, hash" in went_well(
        run("audit", "export", str(file))
    )
    assert "ok   tenant acme: 1 entry" in went_well(run("audit", "verify"))
    assert "ok   tenant acme: 1 entry" in went_well(
        run("audit", "verify", "--tenant", "acme", SECRET_KEY="")
    )
    assert "ok   tenant acme: 1 entry" in went_well(run("audit", "verify", "--file", str(file)))
    elsewhere = {"DATA_DIR": str(tmp_path / "elsewhere")}
    assert "not checked: there is no SECRET_KEY" in went_well(
        run("audit", "verify", "--file", str(file), **elsewhere)
    )
    done = run("audit", "verify", "--file", str(file), SECRET_KEY="x" * 40)
    assert "see the line that begins with BAD" in refused(done)
    assert "BAD  the file was not signed with this server's SECRET_KEY" in done.stdout
    assert "name a new file" in refused(run("audit", "export", str(file)))
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection, connection:
        connection.execute("DROP TRIGGER audit_entries_are_not_changed")
        connection.execute(
            "UPDATE audit_entries SET actor_name = 'Nobody' WHERE subject_name = 'Acme'"
        )
    done = run("audit", "verify")
    assert "see the lines that begin with BAD" in refused(done)
    (bad,) = [line for line in done.stdout.splitlines() if line.startswith("BAD  ")]
    assert re.match(
        "BAD  tenant acme: entry .* at position 1 was changed, or put in another's place", bad
    )


def test_a_fault_of_no_single_chain_is_on_stdout_too(run: Run, tmp_path: Path) -> None:
    went_well(run("create-tenant", "acme", "--name", "Acme"))
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection, connection:
        connection.execute("DELETE FROM audit_unsealed")
    done = run("audit", "verify")
    assert "the audit log failed verification" in refused(done)
    assert re.search("^BAD  entry .* was inserted beside the chain", done.stdout, re.MULTILINE)


def test_an_audit_that_was_exported_stays_whole_when_the_key_is_rotated(
    run: Run, tmp_path: Path
) -> None:
    went_well(run("create-tenant", "acme", "--name", "Acme"))
    went_well(run("audit", "export", str(tmp_path / "audit.jsonl")))
    assert "Signed 1 audit checkpoint with the newest key" in went_well(run("rotate-keys"))
    assert "Signed 0 audit checkpoints" in went_well(run("rotate-keys", "--forget-previous"))
    assert "BAD" not in went_well(run("audit", "verify"))


def test_each_rotation_is_in_the_audit_of_the_installation(run: Run, tmp_path: Path) -> None:
    went_well(run("create-tenant", "acme", "--name", "Acme"))
    went_well(run("rotate-keys"))
    went_well(run("rotate-keys", "--forget-previous"))
    own = {
        "SECRET_KEY": "n" * 40,
        "SECRET_KEY_PREVIOUS": (tmp_path / "data/secret_key").read_text(),
    }
    went_well(run("rotate-keys", **own))
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection:
        noted = connection.execute(
            "SELECT tenant_id, actor_name, subject_name FROM audit_entries"
            " WHERE action = 'installation.keys_rotated' ORDER BY at"
        ).fetchall()
    subjects = ["new generated key", "earlier generated keys forgotten", "keys of the settings"]
    assert noted == [(None, "the command line", subject) for subject in subjects]
