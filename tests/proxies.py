"""nginx and Caddy for the tests, on loopback, with the configurations of docs/deploy."""

import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx
import trustme

from tests.paths import ROOT
from tests.programs import program

HOST = "exports.example.com"
AUTHORITY = "authority.pem"
NONE: Mapping[str, str] = MappingProxyType({})
PATIENCE = 30.0
"""Seconds that a proxy may take to start or to stop."""
NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
CADDY = """{
	admin off
	auto_https disable_redirects
"""


@dataclass(frozen=True)
class _Names:
    """Files of docs/deploy, and the app's addresses in them."""

    nginx: str
    caddy: str
    addresses: tuple[str, ...]


ONE = _Names("nginx.conf", "Caddyfile", ("127.0.0.1:3720",))
TWO = _Names(
    "nginx-two-servers.conf", "Caddyfile-two-servers", ("10.0.0.11:3720", "10.0.0.12:3720")
)


@dataclass(frozen=True)
class Front:
    """A proxy on 127.0.0.1:port, which has HOST's certificate."""

    port: int
    tls: ssl.SSLContext
    """Trusts the certificate, as a browser would."""
    authority: Path
    """The certificate of who issued it."""
    logs: tuple[Path, ...]

    @property
    def site(self) -> str:
        """Of a Host header."""
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"https://{self.site}"

    def log(self) -> str:
        """All that it has written: errors, and each request."""
        return "".join(file.read_text() for file in self.logs)

    def client(self, address: str) -> httpx.Client:
        """Connects from this address of loopback, and asks for HOST."""
        transport = httpx.HTTPTransport(verify=self.tls, local_address=address)
        client = httpx.Client(
            transport=transport,
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"Host": self.site},
            timeout=PATIENCE,
        )
        client.event_hooks = {"request": [_name_the_host]}
        return client

    def socket(self, address: str) -> dict[str, Any]:
        """The same for a websocket: what `connect` of websockets needs beside the URL."""
        return {
            "ssl": self.tls,
            "address": ("127.0.0.1", self.port),
            "source_address": (address, 0),
        }


def _name_the_host(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = HOST


@contextmanager
def front(
    name: str, folder: Path, apps: str | Sequence[str], port: int, limits: Mapping[str, str] = NONE
) -> Iterator[Front]:
    """The proxy (``nginx`` or ``caddy``) before the app at this address, or before two at these,
    with the file of docs/deploy.

    In it only ports, addresses and paths are others. limits: text of the file that is replaced as
    well, so that a test reaches them.
    """
    folder.mkdir()
    tls = ssl.create_default_context()
    places = [apps] if isinstance(apps, str) else apps
    names = ONE if len(places) == 1 else TWO
    at = {name: urlsplit(place).netloc for name, place in zip(names.addresses, places, strict=True)}
    make = _nginx if name == "nginx" else _caddy
    command = make(folder, port, names, _certificate(folder, tls) | at | limits)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | home, start_new_session=True
        )
    try:
        _until_open(process, port, folder / "log")
        yield Front(port, tls, folder / AUTHORITY, tuple(folder.glob("*log")))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def _nginx(folder: Path, port: int, names: "_Names", values: dict[str, str]) -> list[str]:
    logs = {"/var/log/nginx/": f"{folder}/"}
    site = documented(names.nginx, values | logs | {"listen 443": f"listen 127.0.0.1:{port}"})
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    return [program("nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", "stderr"]


def _caddy(folder: Path, port: int, names: "_Names", values: dict[str, str]) -> list[str]:
    ours = {f"\n{HOST} {{": f"\n{HOST}:{port} {{\n\tbind 127.0.0.1", "\n{\n": f"\n{CADDY}"}
    (folder / "Caddyfile").write_text(documented(names.caddy, values | ours))
    file = str(folder / "Caddyfile")
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", file]


def documented(file: str, replacements: dict[str, str]) -> str:
    """A file of docs/deploy with a test's own values in the place of these."""
    text = (ROOT / "docs/deploy" / file).read_text()
    for old, new in replacements.items():
        assert old in text, f"{file} has no {old}"
        text = text.replace(old, new)
    return text


def _certificate(folder: Path, tls: ssl.SSLContext) -> dict[str, str]:
    """A new one for HOST, which `tls` trusts. Where its files are, by the paths of docs/deploy."""
    ca = trustme.CA()
    ca.configure_trust(tls)
    ca.cert_pem.write_to_path(folder / AUTHORITY)
    issued = ca.issue_cert(HOST)
    certificate, key = folder / "exports.pem", folder / "exports.key"
    issued.private_key_pem.write_to_path(key)
    for part in issued.cert_chain_pems:
        part.write_to_path(certificate, append=True)
    return {"/etc/ssl/exports.pem": str(certificate), "/etc/ssl/exports.key": str(key)}


def _until_open(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
