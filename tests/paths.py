"""Where things lie in the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CRON_CASES = Path(__file__).with_name("cron_cases.json")
