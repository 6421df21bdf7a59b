"""docs/deploy/compose.yaml, as Docker Compose itself reads it: what each service gets."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from exports_app import environment, startup
from exports_app.channels.email import SmtpSettings
from exports_app.settings import Settings
from tests.build_context import DEPLOY
from tests.paths import ROOT
from tests.programs import of_packages

APP = ("web", "worker", "migrate")
FOLDER = "/mnt/exports"
HOST = "10.0.0.1"
SECRETS = ("database_password", "redis_password", "secret_key")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of a host, as the top of compose.yaml describes them."""
    shutil.copy(DEPLOY / "compose.yaml", tmp_path)
    shutil.copy(DEPLOY / "compose.env.example", tmp_path / "compose.env")
    (tmp_path / "secrets").mkdir()
    for name in SECRETS:
        (tmp_path / "secrets" / name).write_text(f"p@ss/w%rd of {name}, long enough for a key\n")
    return tmp_path


def config(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """variables: in `.env`."""
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    (folder / ".env").write_text(lines)
    return subprocess.run(
        [of_packages("docker-compose"), "--profile", "*", "config", "--format", "json"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def services(folder: Path, **variables: str) -> dict[str, dict[str, Any]]:
    done = config(folder, DATA_HOST=HOST, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    read: dict[str, dict[str, Any]] = json.loads(done.stdout)["services"]
    return read


@pytest.mark.parametrize("name", APP)
def test_the_app_takes_the_settings_of_the_example(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = services(folder, FILES_FOLDER=FOLDER)[name]["environment"]
    inside = {key: value.replace("/run/secrets", "secrets") for key, value in values.items()}
    monkeypatch.chdir(folder)
    (folder / ".env").unlink()  # it is not in the container
    monkeypatch.setattr(os, "environ", inside)
    settings: Settings = environment.read(Settings)
    smtp: SmtpSettings = environment.read(SmtpSettings, "SMTP_")
    assert environment.unknown_names() == {}
    assert environment.misspelt_variables() == []
    assert startup.proxy_warning(settings) == ""
    assert settings.url.startswith("postgresql://exports:p%40ss%2F")
    assert settings.url.endswith(f"@{HOST}:5432/exports")
    assert settings.redis.endswith(f"@{HOST}:6379/0")
    assert settings.secret_key.get_secret_value().endswith("secret_key, long enough for a key")
    assert settings.files_url == FOLDER
    assert settings.public_url == "https://exports.example.com"
    assert (smtp.host, smtp.from_) == ("smtp.example.com", "Exports <exports@example.com>")


def test_the_files_are_in_the_folder_that_is_mounted(folder: Path) -> None:
    for name in APP:
        service = services(folder, FILES_FOLDER=FOLDER)[name]
        (mount,) = [volume for volume in service["volumes"] if volume["type"] == "bind"]
        assert (mount["source"], mount["target"]) == (FOLDER, FOLDER)
        assert mount["bind"] == {"create_host_path": False}


def test_with_a_bucket_no_folder_of_the_host_is_mounted(folder: Path) -> None:
    for name in APP:
        service = services(folder, FILES_BUCKET="exports/production")[name]
        assert service["environment"]["FILES_URL"] == "s3://exports/production"
        (mount,) = [volume for volume in service["volumes"] if volume["type"] == "bind"]
        assert mount["source"] == "/dev/null"


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"DATA_HOST": HOST}, "set FILES_BUCKET=bucket/prefix or FILES_FOLDER=/mnt/exports"),
        ({"DATA_HOST": HOST, "FILES_URL": "/files"}, "set FILES_BUCKET=bucket/prefix"),
        ({"FILES_FOLDER": FOLDER}, "the private address of the host with the database"),
    ],
)
def test_what_is_missing_is_named(folder: Path, variables: dict[str, str], reason: str) -> None:
    done = config(folder, **variables)
    assert done.returncode != 0
    assert reason in done.stderr


@pytest.mark.parametrize("name", APP)
def test_the_app_cannot_write_where_it_need_not(folder: Path, name: str) -> None:
    service = services(folder, FILES_FOLDER=FOLDER)[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert int(service["mem_limit"]) > 0
    assert {volume["target"] for volume in service["volumes"]} == {"/data", FOLDER}
    assert service["tmpfs"] == ["/tmp:size=512m,mode=1777"]
    assert service["logging"]["options"]["max-size"]


def test_a_worker_that_hangs_is_seen(folder: Path) -> None:
    worker = services(folder, FILES_FOLDER=FOLDER)["worker"]
    port = worker["environment"]["WORKER_METRICS_PORT"]
    assert f'"http://127.0.0.1:{port}/live"' in worker["healthcheck"]["test"][-1]


def test_databases_have_exact_versions_and_the_private_address_only(folder: Path) -> None:
    for name in ("postgres", "redis"):
        service = services(folder, FILES_FOLDER=FOLDER)[name]
        assert re.search(r":\d+\.\d+", service["image"])
        assert [port["host_ip"] for port in service["ports"]] == [HOST]


def test_every_variable_of_compose_is_described() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    top, _, rest = text.partition("\nx-limits:")
    names = set(re.findall(r"\$\{([A-Z_]+)", rest))
    assert len(names) > 5
    assert {name for name in names if name not in top} == set()


def test_the_commands_of_the_document_make_a_folder_that_compose_accepts(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "deploying.md").read_text()
    commands = document.partition("**Containers.**")[2].split("```")[1].removeprefix("sh\n")
    docker = tmp_path / "bin" / "docker"  # Docker calls its plugin by this name
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\nshift\nexec {of_packages("docker-compose")} "$@"\n')
    docker.chmod(0o755)
    done = subprocess.run(
        ["bash", "-euc", commands.replace("/opt/exports/", f"{ROOT}/")],
        cwd=tmp_path,
        env={"PATH": f"{docker.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert all((tmp_path / "secrets" / name).stat().st_mode & 0o777 == 0o400 for name in SECRETS)
