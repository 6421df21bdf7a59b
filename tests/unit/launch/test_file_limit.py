"""How many files a server may have open."""

import subprocess
import sys

from tests.paths import ROOT

CODE = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 512))
from exports_app.launch.file_limit import raise_file_limit
raise_file_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_the_limit_is_raised_as_far_as_the_system_lets_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "512 512\n"
