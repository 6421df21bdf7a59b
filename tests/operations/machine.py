"""One machine with SQLite behind nginx with TLS, laid out from the files of docs/deploy as a
host of the documents."""

import shutil
import socket
import ssl
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
from tests.operations.host import PATIENCE, Host
from tests.operations.installed import Installed
from tests.paths import ROOT
from tests.programs import program
from tests.proxies import HOST

PERSON = {"email": "ann@acme.example", "password": "Correct horse 9 battery"}
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
class Machine(Host):
    """port: nginx's, for 443."""

    post: Post = field(kw_only=True)
    port: int = field(default_factory=free_port)
    authority: trustme.CA = field(default_factory=trustme.CA)
    is_small: bool = False
    """Whether the data folder has a small disk of its own, which only root may mount."""

    @property
    def data(self) -> Path:
        return self.root / "var/lib/exports"

    def app(self, arguments: str) -> str:
        """A command of the app, as the user with the settings."""
        command = f".venv/bin/python -m exports_app {arguments}"
        return self.done(f"set -a; . /etc/exports.env; set +a; cd /opt/exports; {command}")

    def people(self) -> None:
        """Ann, who is admin of the tenant acme."""
        self.app('create-tenant acme --name "Acme" --timezone Europe/Berlin')
        ann = f"create-user {PERSON['email']} --name Ann --tenant acme --role admin"
        self.app(f"{ann} --password-stdin <<<'{PERSON['password']}'")

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

    def stop(self) -> None:
        for unit in ("exports-web", "nginx"):
            self.done(f"systemctl stop {unit}")

    def build(self) -> None:
        self.lay_out("one-machine.env", "exports-web.service")
        for folder in ("etc/nginx/conf.d", "var/log/nginx"):
            (self.root / folder).mkdir(parents=True)
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
        assert "listen 443 ssl" in site
        site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
        folder = self.root / "etc/nginx"
        (folder / "conf.d/exports.conf").write_text(self.here(site))
        (folder / "nginx.conf").write_text(NGINX.format(self.root))
        configuration = ["-p", str(self.root), "-e", "stderr", "-c", str(folder / "nginx.conf")]
        self.command("nginx", program("nginx"), *configuration)
        unit = f"WorkingDirectory={self.root}\nExecStart={self.root}/bin/nginx\n"
        (self.root / "etc/systemd/system/nginx.service").write_text(unit)

    def _configure_app(self) -> None:
        file = self.root / "etc/systemd/system/exports-web.service"
        # No pages: nothing here needs them, and building them needs Node
        file.write_text(file.read_text().replace("_app serve", "_app serve --backend-only"))
        self.set(
            DATA_DIR="/var/lib/exports",
            PORT=str(self.app_port),
            DRAIN_SECONDS="0",
            RETRY_BASE_SECONDS="1",
            **self.post.settings(),
        )


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
        made = Machine(root, installed, post=post)
        made.build()
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
