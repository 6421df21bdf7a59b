"""The operator's documents as scripts. A section's shell blocks (```sh) are run in their order; a
```text block right after one is what it prints.

Each block runs in a shell of its own, after those of SETUP. In what is
printed, numbers and ids differ from run to run and are not compared.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.operations.host import Host
from tests.paths import ROOT

DOCS = ROOT / "docs"
SETUP = ("recovery.md", "Before you begin")
_BLOCK = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
_VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT?[\d:+Z-]*|\d{8}T\d{6}Z|\d[\d.,]*( [kKMG]?B\b)?"
)


@dataclass(frozen=True)
class Block:
    """language: as it is written behind the fence; empty where it is not. printed: by a shell
    block; None where the document does not show it."""

    language: str
    text: str
    printed: str | None = None


def sections(document: str) -> dict[str, str]:
    """The text below each heading of a document of docs/, up to the next one of any level."""
    text = (DOCS / document).read_text(encoding="utf-8")
    # A line of a block may begin with #, as a heading does
    shielded = _BLOCK.sub(lambda found: found[0].replace("\n#", "\n\0#"), text)
    parts = re.split(r"(?m)^#{1,4} (.*)$", shielded)[1:]
    return {
        title: body.replace("\0", "") for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


def blocks(document: str, section: str) -> list[Block]:
    """The section's blocks; those with what a shell block prints are part of it."""
    body = sections(document)[section]
    found: list[Block] = []
    end = None
    for match in _BLOCK.finditer(body):
        block = Block(match[1], match[2])
        follows = end is not None and not body[end : match.start()].strip()
        if block.language == "text" and follows and found[-1].language == "sh":
            found[-1] = Block("sh", found[-1].text, block.text)
        else:
            found.append(block)
        end = match.end()
    return found


def scripts(document: str, section: str) -> list[Block]:
    """The section's shell blocks."""
    return [block for block in blocks(document, section) if block.language == "sh"]


class Walk:
    """Through one section. `next` runs its next block; at the end none may be left."""

    def __init__(self, host: Host, document: str, section: str) -> None:
        self._host = host
        self._left = scripts(document, section)
        self._setup = "".join(block.text for block in scripts(*SETUP))
        self.name = f"{document}, {section}"
        assert self._left, f"{self.name} has no shell block"

    def next(self, *, code: int = 0, **placeholders: str) -> str:
        """What the next block prints. code: with which it ends. placeholders: NAME=value of text in
        the block that stands for a value."""
        assert self._left, f"{self.name} has no block left"
        block = self._left.pop(0)
        script = block.text
        for name, value in placeholders.items():
            assert name in script, f"{self.name} has no {name} in {script}"
            script = script.replace(name, value)
        print(f"\n--- {self.name}\n{script}", end="")
        done = self._host.shell(self._setup + script)
        said = done.stdout
        print(said, end="")
        assert done.returncode == code, f"{self.name} ends with {done.returncode}:\n{said}"
        if block.printed is not None:
            assert constant(said) == constant(block.printed), f"{self.name} prints now:\n{said}"
        return said

    def rest(self) -> None:
        while self._left:
            self.next()

    def end(self) -> None:
        assert not self._left, f"{self.name}: not run: {self._left[0].text}"


def constant(printed: str) -> str:
    """What is the same in each run."""
    return _VARYING.sub("#", printed).strip()


@contextmanager
def walk(host: Host, document: str, section: str) -> Iterator[Walk]:
    """All shell blocks of the section are run within, in their order."""
    walking = Walk(host, document, section)
    yield walking
    walking.end()
