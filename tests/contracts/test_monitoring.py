"""The alerts and the dashboard of docs/deploy, and the table of metrics in docs/monitoring.md."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exports_app import metrics_text
from exports_app.services.core.interfaces import Usage
from exports_app.wiring import Services
from tests.paths import ROOT
from tests.programs import program

ALERTS = ROOT / "docs" / "deploy" / "alerts.yml"
DASHBOARD = ROOT / "docs" / "deploy" / "grafana-dashboard.json"
OF_PROMETHEUS = {"up"}
NAMES = re.compile(r"\b(?:exports_[a-z_]+|process_[a-z_]+|up)\b(?=[\s{\[)]|$)")


def promtool(*arguments: str, given: bytes = b"", cwd: Path = ROOT) -> None:
    done = subprocess.run(
        [program("promtool", "prometheus"), *arguments],
        input=given,
        cwd=cwd,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b""), (done.stdout + done.stderr).decode()


@pytest.fixture
def scraped(services: Services, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """With all that a scrape can have."""
    monkeypatch.setattr(services.retention, "_measured", Usage(1, 2, 3))
    return metrics_text.of_server(services, healthy=True)


@pytest.fixture
def names(scraped: bytes) -> set[str]:
    """As queries write them."""
    found = set()
    for family in text_string_to_metric_families(scraped.decode()):
        if family.type == "histogram":
            found |= {f"{family.name}_{part}" for part in ("bucket", "count", "sum")}
        else:
            found.add(f"{family.name}_total" if family.type == "counter" else family.name)
    return found


def expressions(node: Any) -> list[str]:
    """All queries of the dashboard."""
    if isinstance(node, dict):
        own = [node["expr"]] if "expr" in node else []
        return own + [e for value in node.values() for e in expressions(value)]
    return [e for value in node for e in expressions(value)] if isinstance(node, list) else []


def test_metrics_are_named_by_prometheus_rules(services: Services, scraped: bytes) -> None:
    promtool("check", "metrics", given=scraped)
    promtool("check", "metrics", given=metrics_text.of_worker(services, healthy=False))


def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    promtool("check", "rules", str(ALERTS))
    shutil.copy(ALERTS, tmp_path / "alerts.yml")
    shutil.copy(Path(__file__).with_name("alerts_test.yml"), tmp_path)
    promtool("test", "rules", "alerts_test.yml", cwd=tmp_path)


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(names: set[str]) -> None:
    rules = re.sub(r"(?m)#.*$|^ *(summary|description|- alert):.*$", "", ALERTS.read_text())
    used = set(NAMES.findall(rules)) - OF_PROMETHEUS
    shown = {n for e in expressions(json.loads(DASHBOARD.read_text())) for n in NAMES.findall(e)}
    assert len(used) >= 12
    assert len(shown) >= 20
    assert used - names == set()
    assert shown - names == set()


def test_dashboard_queries_can_be_read(tmp_path: Path) -> None:
    queries = expressions(json.loads(DASHBOARD.read_text()))
    rules = [{"record": f"panel_{i}", "expr": query} for i, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))  # JSON is YAML
    promtool("check", "rules", "--lint=none", str(file))


def test_every_metric_is_documented(scraped: bytes) -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text()
    section = text.partition("\n## Metrics for Prometheus\n")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`(exports_[a-z_]+)", section))
    families = {f.name for f in text_string_to_metric_families(scraped.decode())}
    own = {name for name in families if name.startswith("exports_")}
    assert {name.removesuffix("_total") for name in documented} == own
