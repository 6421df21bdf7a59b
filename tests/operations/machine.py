"""One machine with SQLite behind nginx with TLS, laid out from the files of docs/deploy in a folder
that stands for its root. Everything runs as a user other than root."""

import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import trustme

from tests.e2e.client import wait_until
from tests.e2e.server import free_port
from tests.faults.full_disk import small_disk
from tests.faults.post import Post
from tests.operations.api import Api
from tests.operations.installed import Installed
from tests.paths import ROOT
from tests.programs import program
from tests.proxies import HOST

PATIENCE = 60.0
PERSON = {"email": "ann@acme.example", "password": "Correct horse 9 battery"}
COMMANDS = Path(__file__).parent / "commands"
NGINX = """
daemon off; pid {0}/run/nginx.own; error_log stderr; events {{}}
http {{
    access_log off;
    client_body_temp_path {0}/tmp/body; proxy_temp_path {0}/tmp/proxy;
    fastcgi_temp_path {0}/tmp/fastcgi; uwsgi_temp_path {0}/tmp/uwsgi; scgi_temp_path {0}/tmp/scgi;
    include {0}/etc/nginx/conf.d/exports.conf;
}}
"""


@dataclass
class Machine:
    """root: the folder that stands for /. port: nginx's, for 443."""

    root: Path
    installed: Installed
    post: Post
    port: int = field(default_factory=free_port)
    app_port: int = field(default_factory=free_port)
    authority: trustme.CA = field(default_factory=trustme.CA)
    is_small: bool = False
    """Whether the data folder has a small disk of its own, which only root may mount."""

    @property
    def data(self) -> Path:
        return self.root / "var/lib/exports"

    def here(self, text: str) -> str:
        """Where the paths of the documents and of docs/deploy are in the sandbox."""
        text = text.replace("/opt/exports", str(self.installed.project))
        return re.sub(r"(?<![\w/.-])/(?=(etc|var|backup)\b)", f"{self.root}/", text)

    def there(self, text: str) -> str:
        """The other way round."""
        text = text.replace(str(self.installed.project), "/opt/exports")
        return text.replace(f"{self.root}/", "/")

    def shell(self, script: str) -> "subprocess.CompletedProcess[str]":
        """Run it with paths of the documents. stderr is in stdout."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(script)],
            cwd=self.root,
            env=self.installed.env | self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE * 3,
            check=False,
            **self.installed.user,
        )
        return subprocess.CompletedProcess(script, done.returncode, self.there(done.stdout))

    def done(self, script: str) -> str:
        """As `shell`, of what must succeed. Returns its output."""
        done = self.shell(script)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{self.log('exports-web')}"
        return done.stdout

    def app(self, arguments: str) -> str:
        """A command of the app, as the user with the settings."""
        command = f".venv/bin/python -m exports_app {arguments}"
        return self.done(f"set -a; . /etc/exports.env; set +a; cd /opt/exports; {command}")

    def people(self) -> None:
        """Ann, who is admin of the tenant acme."""
        self.app('create-tenant acme --name "Acme" --timezone Europe/Berlin')
        ann = f"create-user {PERSON['email']} --name Ann --tenant acme --role admin"
        self.app(f"{ann} --password-stdin <<<'{PERSON['password']}'")

    def log(self, unit: str) -> str:
        file = self.root / "log" / unit
        return file.read_text(errors="replace") if file.exists() else ""

    def pid(self, unit: str) -> int:
        return int((self.root / "run" / f"{unit}.pid").read_text())

    def start(self, unit: str = "exports-web") -> None:
        self.done(f"systemctl start {unit}")
        if unit == "exports-web":
            wait_until("it is ready", lambda: self.answers("/api/ready"), PATIENCE)

    def stop_app(self) -> None:
        self.done("systemctl stop exports-web")

    def restart(self) -> None:
        self.stop_app()
        self.start()

    def answers(self, path: str) -> bool:
        with self.client() as client:
            return client.get(path).status_code == 200

    def client(self, *, expired: bool = False) -> httpx.Client:
        """Of a browser, which trusts the authority. expired: it takes any certificate."""
        tls = ssl.create_default_context()
        self.authority.configure_trust(tls)
        if expired:
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        base = f"https://127.0.0.1:{self.port}"
        client = httpx.Client(
            verify=tls, base_url=base, headers={"Host": HOST}, timeout=PATIENCE, trust_env=False
        )
        client.event_hooks = {"request": [_name_the_host]}
        return client

    @contextmanager
    def signed_in(self) -> Iterator[Api]:
        with self.client() as client:
            api = Api(client)
            token = api.call("POST", "/api/auth/login", json=PERSON)["accessToken"]
            client.headers["Authorization"] = f"Bearer {token}"
            yield api

    def certify(self, path: str, until: datetime | None = None) -> None:
        """A certificate and its key in the files with this path, and .pem and .key."""
        issued = self.authority.issue_cert(HOST, not_after=until)
        key, certificate = Path(self.here(f"{path}.key")), Path(self.here(f"{path}.pem"))
        key.parent.mkdir(parents=True, exist_ok=True)
        issued.private_key_pem.write_to_path(key)
        certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        self.installed.give(key.parent)

    def set(self, **settings: str) -> None:
        """In /etc/exports.env."""
        file = self.root / "etc/exports.env"
        kept = [
            line for line in file.read_text().splitlines() if line.partition("=")[0] not in settings
        ]
        given = [f"{name}='{self.here(value)}'" for name, value in settings.items() if value]
        file.write_text("\n".join([*kept, *given]) + "\n")

    def command(self, name: str, *runs: str) -> None:
        """What a command of the documents runs here."""
        file = self.root / "bin" / name
        file.write_text(f'#!/bin/sh\nexec {shlex.join(runs)} "$@"\n')
        file.chmod(0o755)

    def stop(self) -> None:
        for unit in ("exports-web", "nginx"):
            self.done(f"systemctl stop {unit}")

    def lay_out(self) -> None:
        for folder in (
            *("etc/nginx/conf.d", "etc/systemd/system", "etc/exports", "var/lib/exports"),
            *("var/log/nginx", "backup", "bin", "log", "run", "tmp", "home"),
        ):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self._configure_nginx()
        self._configure_app()
        (self.root / "home/.curlrc").write_text(
            f"connect-to = {HOST}:443:127.0.0.1:{self.port}\ncacert = {self.root}/etc/ca.pem\n"
        )
        self.authority.cert_pem.write_to_path(self.root / "etc/ca.pem")
        self.installed.give(self.root)
        self.certify("/etc/ssl/exports")

    def _configure_nginx(self) -> None:
        site = (ROOT / "docs/deploy/nginx.conf").read_text()
        for old, new in {
            "127.0.0.1:3720": f"127.0.0.1:{self.app_port}",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
        }.items():
            assert old in site
            site = site.replace(old, new)
        folder = self.root / "etc/nginx"
        (folder / "conf.d/exports.conf").write_text(self.here(site))
        (folder / "nginx.conf").write_text(NGINX.format(self.root))
        configuration = ["-p", str(self.root), "-e", "stderr", "-c", str(folder / "nginx.conf")]
        self.command("nginx", program("nginx"), *configuration)
        unit = f"WorkingDirectory={self.root}\nExecStart={self.root}/bin/nginx\n"
        (self.root / "etc/systemd/system/nginx.service").write_text(unit)

    def _configure_app(self) -> None:
        unit = (ROOT / "docs/deploy/exports-web.service").read_text()
        # No pages: nothing here needs them, and building them needs Node
        unit = unit.replace("exports_app serve", "exports_app serve --backend-only")
        (self.root / "etc/systemd/system/exports-web.service").write_text(self.here(unit))
        shutil.copy(ROOT / "docs/deploy/one-machine.env", self.root / "etc/exports.env")
        self.set(
            DATA_DIR="/var/lib/exports",
            PORT=str(self.app_port),
            DRAIN_SECONDS="0",
            RETRY_BASE_SECONDS="1",
            **self.post.settings(),
        )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.root}/bin:{COMMANDS}:{os.environ['PATH']}:/usr/sbin",
            "HOME": str(self.root / "home"),
            "MACHINE": str(self.root),
            "LANG": "C.UTF-8",
        }


def _name_the_host(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = HOST


@contextmanager
def machine(installed: Installed, post: Post, megabytes: int = 0) -> Iterator[Machine]:
    """Everything runs, and Ann is admin of the tenant acme. megabytes: of the disk of the data
    folder; 0: it has none of its own."""
    root = Path(tempfile.mkdtemp(prefix="exports-machine-"))
    root.chmod(0o755)
    with ExitStack() as held:
        held.callback(shutil.rmtree, root)
        made = Machine(root, installed, post)
        made.lay_out()
        if megabytes:
            made.is_small = held.enter_context(small_disk(made.data, megabytes))
            installed.give(made.data)
        made.people()
        held.callback(made.stop)
        made.start("nginx")
        _wait_for_port(made.port)
        made.start()
        yield made


def _wait_for_port(port: int) -> None:
    def is_open() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    wait_until("nginx listens", is_open, PATIENCE)
