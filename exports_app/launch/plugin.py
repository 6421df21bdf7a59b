"""A Reflex build plugin: pages call the origin they were loaded from, so any host and port work."""

import re
from pathlib import Path
from typing import Any

from reflex.plugins import Plugin

_URL = re.compile(r"""(["'`])(?P<scheme>http|ws)s?://[^/"'`]+(?P<path>/[^"'`]*)\1""")
# Prerendering runs in Node, where there is no window
_ORIGIN = '(typeof window>"u"?"http://localhost":window.location.origin)'


def same_origin(script: str) -> tuple[str, int]:
    """Replace absolute http and ws addresses in a script by expressions on the page's own origin.

    Returns the new script and the number of addresses.
    """

    def expression(address: re.Match[str]) -> str:
        origin = f"{_ORIGIN}.replace(/^http/,`ws`)" if address["scheme"] == "ws" else _ORIGIN
        return f"({origin}+`{address['path']}`)"

    return _URL.subn(expression, script)


class SameOrigin(Plugin):
    def post_build(self, **context: Any) -> None:
        """Rewrite the file with the addresses. Raises RuntimeError if it is not in the build."""
        files = list(Path(context["static_dir"]).glob("assets/reflex-env-*.js"))
        if len(files) != 1:
            raise RuntimeError(
                f"expected one assets/reflex-env-*.js in the build, found {len(files)}: has"
                " Reflex changed its build?"
            )
        script, count = same_origin(files[0].read_text(encoding="utf-8"))
        if count < 2:
            raise RuntimeError(
                f"{files[0].name} holds no addresses to rewrite: has Reflex changed its build?"
            )
        files[0].write_text(script, encoding="utf-8")
