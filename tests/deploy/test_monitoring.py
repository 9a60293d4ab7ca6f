"""Alerts and dashboard: promtool agrees, every name in them is measured, every alert explained."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.local.databases import OWNERS
from deploy.local.processes import PROCESSES
from services.chassis import observability
from services.chassis.vitals import measures_of

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FOLDER = DEPLOY / "monitoring"
ALERTS = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
GAUGES = {"up", "outbox_waiting", "outbox_oldest_seconds", "queue_messages", "dead_letters"}
WORD = re.compile(r"[a-z]+(?:_[a-z]+)+\b(?=[\[{)\s]|$)|\bup\b")


def expressions() -> list[str]:
    shown = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return shown + [rule["expr"] for rule in ALERTS]


def measured() -> set[str]:
    names = {name for owner in OWNERS for name in measures_of(owner)} | GAUGES
    for family in observability.REGISTRY.collect():
        names |= {family.name, *(f"{family.name}_{end}" for end in ("total", "bucket", "count"))}
    return names


def test_whatever_is_asked_is_measured() -> None:
    for expression in expressions():
        asked = set(WORD.findall(re.sub(r'"[^"]*"', "", expression))) - {"histogram_quantile"}
        assert asked and asked <= measured(), expression


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not on this machine")
@pytest.mark.parametrize("check", [
    ["check", "rules", "alerts.yaml"], ["check", "config", "--syntax-only", "prometheus.yaml"],
    ["test", "rules", "alerts_test.yaml"],
])
def test_prometheus_agrees(check: list[str]) -> None:
    done = subprocess.run(
        ["promtool", *check], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_process_is_scraped() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    jobs = {item["job_name"] for item in config["scrape_configs"]}
    assert jobs == {f"festival-{process.name}" for process in PROCESSES}


def test_every_alert_is_explained_in_the_runbook() -> None:
    explained = re.findall(r"^### (\w+)$", (DEPLOY / "runbook.md").read_text(), re.MULTILINE)
    assert explained == [rule["alert"] for rule in ALERTS]
    assert {rule["labels"]["severity"] for rule in ALERTS} == {"page", "ticket"}
