"""A document as a script: its bash blocks are run in order, in one shell. A json block right after
one is its answer, a text block what it prints; … stands for any text."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.paths import ROOT

DOCUMENT = ROOT / "docs" / "api.md"
INTEGRATIONS = ROOT / "docs" / "integrations"
COMMANDS, ANSWER, PRINTED = "bash", "json", "text"
_BLOCK = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
ANY = "…"


@dataclass(frozen=True)
class Block:
    """follows: with nothing between it and the block before."""

    language: str
    text: str
    follows: bool

    def check(self, said: str) -> None:
        """said: by the commands before."""
        if self.language == ANSWER:
            wrong = differences(json.loads(self.text), json.loads(said))
            assert not wrong, f"{wrong} in {self.text}"
        else:
            pattern = ".*".join(map(re.escape, self.text.strip().split(ANY)))
            assert re.fullmatch(pattern, said.strip()), f"{said} is not {self.text}"


def blocks(document: Path) -> list[Block]:
    """Without those of the integrations, which are files."""
    text, found, end = document.read_text(encoding="utf-8"), list[Block](), 0
    for match in _BLOCK.finditer(text):
        if match[2] not in integrations().values():
            found.append(Block(match[1], match[2], not text[end : match.start()].strip()))
        end = match.end()
    return found


def integrations() -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in INTEGRATIONS.iterdir()}


def differences(shown: Any, real: Any, at: str = "") -> list[str]:
    """Where an answer has other fields or types than the document shows. Of a list, its first item
    counts."""
    if isinstance(shown, dict) and isinstance(real, dict):
        found = [f"{at}/{key}" for key in shown.keys() ^ real.keys()]
        both = shown.keys() & real.keys()
        return found + [d for k in both for d in differences(shown[k], real[k], f"{at}/{k}")]
    if isinstance(shown, list) and isinstance(real, list):
        return differences(shown[0], real[0], f"{at}/0") if shown and real else []
    same = type(shown) is type(real) or None in {shown, real}
    return [] if same else [f"{at}: {real!r}"]


def walk(folder: Path, env: Mapping[str, str], document: Path = DOCUMENT) -> None:
    """Runs all blocks in the folder; fails at the first that fails or prints something else."""
    steps = list[tuple[Block, list[Block]]]()
    for block in blocks(document):
        if block.language == COMMANDS:
            steps.append((block, []))
        else:
            assert block.language in {ANSWER, PRINTED}, block
            assert block.follows, f"of which command is this? {block.text}"
            steps[-1][1].append(block)
    script = "".join(
        f"echo {number} >step\n{{\n{block.text}}} >{number}.out\n"
        for number, (block, _) in enumerate(steps)
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    reached, _ = steps[int((folder / "step").read_text())]
    assert done.returncode == 0, f"{reached.text}{done.stderr}"
    for number, (_, expected) in enumerate(steps):
        for block in expected:
            block.check((folder / f"{number}.out").read_text(encoding="utf-8"))
