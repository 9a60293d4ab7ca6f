"""deploy/kubernetes, as kustomize renders it: valid for Kubernetes, and as strict as we promise."""

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from contracts.message import REGISTRY
from deploy.local.databases import OWNERS, variable
from deploy.local.processes import PREPARATIONS, PROCESSES

ROOT = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
CRDS = yaml.safe_load((Path(__file__).parent / "schemas" / "crds.yaml").read_text()).values()
OVERLAYS = ("single-node", "production")
VERSION = "1.37"
Resource = dict[str, Any]

pytestmark = pytest.mark.skipif(
    not (shutil.which("kubectl") or shutil.which("kustomize")),
    reason="neither kubectl nor kustomize is on this machine",
)


@functools.cache
def rendered(overlay: str) -> list[Resource]:
    tool = ["kubectl", "kustomize"] if shutil.which("kubectl") else ["kustomize", "build"]
    done = subprocess.run(
        [*tool, str(ROOT / "overlays" / overlay)], capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def every(overlay: str, *kinds: str) -> dict[str, Resource]:
    return {item["metadata"]["name"]: item for item in rendered(overlay) if item["kind"] in kinds}


def pods(overlay: str) -> dict[str, Resource]:
    """The pod template's spec of each Deployment and Job."""
    return {
        name: item["spec"]["template"]["spec"]
        for name, item in every(overlay, "Deployment", "Job").items()
    }


def settings(pod: Resource) -> dict[str, Any]:
    return {item["name"]: item for item in pod["containers"][0]["env"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_resource_is_valid(overlay: str) -> None:
    for item in rendered(overlay):
        own = [crd for crd in CRDS if (crd["apiVersion"], crd["kind"]) ==
               (item["apiVersion"], item["kind"])]
        if own:
            jsonschema.validate(item["spec"], own[0]["spec"])
        else:
            kubernetes_validate.validate(item, VERSION, strict=True)


def test_a_wrong_resource_is_found_out() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"prots": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_process_has_its_deployment_and_every_service_its_job(overlay: str) -> None:
    names = {process.name for process in PROCESSES}
    assert set(every(overlay, "Deployment")) == names
    assert set(every(overlay, "PodDisruptionBudget")) == names
    assert set(every(overlay, "Job")) == {f"prepare-{item.name}" for item in PREPARATIONS}
    for name in names:
        assert pods(overlay)[name]["containers"][0]["args"] == [name]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_is_root_and_nothing_can_be_written(overlay: str) -> None:
    for name, pod in pods(overlay).items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert not pod["automountServiceAccountToken"], name
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"], name
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert "privileged" not in context, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_limits_and_probes_are_set(overlay: str) -> None:
    for name, pod in pods(overlay).items():
        for container in pod["containers"]:
            for kind in ("requests", "limits"):
                assert {"cpu", "memory"} <= set(container["resources"][kind]), name
            if not name.startswith("prepare-"):
                for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                    assert container[probe]["httpGet"]["port"] == "vitals", name
    for item in every(overlay, "Cluster", "RabbitmqCluster").values():
        assert set(item["spec"]["resources"]["limits"]) == {"cpu", "memory"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_process_knows_its_own_database_and_no_secret_is_written_down(overlay: str) -> None:
    owners = {process.name: process.database for process in PROCESSES}
    owners |= {f"prepare-{item.name}": item.database for item in PREPARATIONS}
    for name, pod in pods(overlay).items():
        told = {item for item in settings(pod) if item.endswith("_DATABASE_URL")}
        owner = owners[name]
        assert told == ({variable(owner)} if owner else set()), name
        for setting, item in settings(pod).items():
            if setting.endswith(("_URL", "_PASSWORD", "_SECRET")):
                assert "secretKeyRef" in item["valueFrom"], f"{name} {setting}"
    assert not every(overlay, "Secret")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_the_doors_are_reachable_and_each_database_by_its_own_service(overlay: str) -> None:
    policies = every(overlay, "NetworkPolicy")
    nothing = policies.pop("nothing")["spec"]
    assert nothing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    outside = [
        name for name, item in policies.items() for rule in item["spec"].get("ingress", ())
        for peer in rule.get("from", [{}])
        if "ingress-nginx" in str(peer) or not peer
    ]
    assert outside == ["doors"]
    assert policies["doors"]["spec"]["podSelector"]["matchExpressions"][0]["values"] == [
        "gateway", "terminal"]
    for owner in OWNERS:
        peers = [
            peer["podSelector"]["matchLabels"]
            for rule in policies[f"{owner}-postgres"]["spec"]["ingress"]
            for peer in rule["from"] if "podSelector" in peer
        ]
        assert peers == [{"festival/database": owner}, {"cnpg.io/cluster": f"{owner}-postgres"}]
    published = {
        path["path"] for rule in every(overlay, "Ingress")["festival"]["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    assert published == {"/v1", "/docs", "/openapi.json", "/terminal"}


def test_production_has_three_of_each_server_and_loses_no_commit() -> None:
    clusters = every("production", "Cluster")
    assert set(clusters) == {f"{owner}-postgres" for owner in OWNERS}
    for item in clusters.values():
        assert item["spec"]["instances"] == 3 and item["spec"]["minSyncReplicas"] == 1
        assert item["spec"]["bootstrap"]["initdb"]["database"] + "-postgres" in clusters
    assert every("production", "RabbitmqCluster")["rabbitmq"]["spec"]["replicas"] == 3
    backed_up = {item["spec"]["cluster"]["name"]
                 for item in every("production", "ScheduledBackup").values()}
    assert backed_up == set(clusters)


def test_everything_scales_once_and_on_queues_that_exist() -> None:
    scaled = [
        item["spec"]["scaleTargetRef"]["name"]
        for item in every("production", "HorizontalPodAutoscaler").values()
    ] + list(every("production", "ScaledObject"))
    assert sorted(scaled) == sorted(process.name for process in PROCESSES)
    queues = {item.queue(who) for item in REGISTRY.values() for who in item.consumers}
    queues |= {f"rpc.{process.name.replace('-', '_')}" for process in PROCESSES}
    for item in every("production", "ScaledObject").values():
        for trigger in item["spec"]["triggers"]:
            if trigger["type"] == "rabbitmq":
                assert trigger["metadata"]["queueName"] in queues
