"""The commands backup, restore and hold-restored."""

from pathlib import Path

import pytest

from tests.integration.launch.cli.process import PASSWORD, Run, refused


@pytest.fixture
def filled(migrated: None, run: Run) -> None:
    assert migrated is None
    run("create-tenant", "acme", "--name", "Acme")
    user = ("create-user", "ann@acme.example", "--name", "Ann", "--tenant", "acme")
    done = run(*user, "--password-stdin", typed=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("filled")
def test_there_and_back(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    made = run("backup", str(folder))
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(f"{folder}: 0 runs, 0 files, ")
    assert made.stderr.splitlines() == ["copying the database…", "verifying…"]
    assert "already exists" in refused(run("backup", str(folder)))

    restored = run("restore", str(folder), DATA_DIR=str(tmp_path / "new"))
    assert restored.returncode == 0, restored.stderr
    first, *more = restored.stdout.splitlines()
    assert first.startswith(f"Restored {folder} from 20")
    assert more[0].startswith("Held: nothing. ")
    assert more[-1].startswith("Now start the server")
    again = run("create-tenant", "acme", "--name", "Acme", DATA_DIR=str(tmp_path / "new"))
    assert again.returncode != 0  # it is there

    kept = run("restore", str(folder), "--force")
    assert kept.returncode == 0, kept.stderr
    assert f"The previous data is in {tmp_path / 'data'}.before-" in kept.stdout


@pytest.mark.usefixtures("filled")
def test_what_cannot_be_restored_is_one_line(run: Run, tmp_path: Path) -> None:
    assert "is not a folder" in refused(run("restore", str(tmp_path / "none")))
    folder = tmp_path / "backup"
    run("backup", str(folder))
    line = run("restore", str(folder)).stderr.splitlines()[-1]
    assert "add --force" in line
    (folder / "manifest.json").unlink()
    assert "has no manifest.json" in refused(run("restore", str(folder), "--force"))


@pytest.mark.usefixtures("filled")
def test_a_key_of_the_settings_is_named(run: Run, tmp_path: Path) -> None:
    key, other = "k" * 40, "o" * 40
    made = run("backup", str(tmp_path / "backup"), SECRET_KEY=key)
    assert "SECRET_KEY is not in this backup: store it elsewhere" in made.stderr
    for number, (env, words) in enumerate(
        (
            ({}, "the secret key is not in this backup: set SECRET_KEY"),
            ({"SECRET_KEY": other}, "SECRET_KEY is not the one that the server had"),
            ({"SECRET_KEY": key}, ""),
        )
    ):
        place = {"DATA_DIR": str(tmp_path / f"data-{number}")}
        done = run("restore", str(tmp_path / "backup"), **place, **env)
        assert done.returncode == 0, done.stderr
        notes = [line for line in done.stderr.splitlines() if line.startswith("exports_app: ")]
        assert [words in note for note in notes] == ([True] if words else [])


@pytest.mark.usefixtures("filled")
def test_hold_restored_says_what_it_held(run: Run) -> None:
    done = run("hold-restored", "--backup", "Monday's")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Held: nothing. ")
    assert done.stdout.endswith("What is due from now on runs\n")
    assert run("maintenance", "on").returncode == 0
    assert run("hold-restored").stdout.endswith(
        "runs once you end maintenance: python -m exports_app maintenance off\n"
    )
