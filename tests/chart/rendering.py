"""Render the chart as `helm template` does, in a process of its own: Helm's library is Go."""

import json
import os
import subprocess
import sys
from typing import Any

import yaml

from portal.parts.helm import FOLDER
from portal.parts.places import ROOT

CHART = ROOT / "deploy" / "chart"
RELEASE, NAMESPACE = "sluice", "portal"
LEAST: dict[str, Any] = {
    "host": "sluice.example.org",
    "settings": {"SLUICE_S3_BUCKET": "results"},
}
"""Without which nothing is made."""
WHOLE: dict[str, Any] = {
    **LEAST,
    "adminSecret": "first-admin",
    "trusted": "certificates",
    "image": {"repository": "registry.example/sluice/portal", "pullSecrets": ["login"]},
    "postgres": {"enabled": True, "storageClass": "fast"},
    "redis": {"enabled": True},
    "ingress": {"className": "nginx", "annotations": {"cert-manager.io/cluster-issuer": "own"}},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "teaching", "operator": "Exists"}],
    "sessions": {"seesNodes": True},
}
"""With all that it can make."""
SECONDS = 60
PROGRAM = """
import json, sys
import helm_python as helm
asked = json.load(sys.stdin)
if asked["lint"]:
    print(json.dumps(helm.lint(asked["chart"], asked["values"], strict=True)))
    sys.exit()
try:
    with helm.Chart.load(asked["chart"]) as chart:
        chart.validate_schema(asked["values"])
        names = {"name": asked["release"], "namespace": asked["namespace"]}
        print(json.dumps({"made": chart.render(asked["values"], **names)}))
except (helm.HelmValuesError, helm.HelmRenderError) as error:
    print(json.dumps({"refused": str(error)}))
"""

Part = dict[str, Any]


class Refused(Exception):
    """Helm takes no such values; what it says."""


def ask(values: dict[str, Any], *, lint: bool = False, release: str = RELEASE) -> dict[str, Any]:
    """What Helm answers."""
    asked = {"chart": str(CHART), "values": values, "lint": lint, "release": release}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(asked | {"namespace": NAMESPACE}).encode(),
        capture_output=True,
        check=True,
        timeout=SECONDS,
        env={**os.environ, "PYTHONPATH": str(FOLDER)},
    )
    return dict(json.loads(done.stdout))


def manifests(values: dict[str, Any], release: str = RELEASE) -> str:
    """All that it makes, as YAML. Raises Refused."""
    answer = ask(values, release=release)
    if "refused" in answer:
        raise Refused(answer["refused"])
    made = answer["made"]
    return "\n---\n".join(made[name] for name in sorted(made) if name.endswith(".yaml"))


def parts(values: dict[str, Any], release: str = RELEASE) -> list[Part]:
    """The same, part by part. Raises Refused."""
    return [each for each in yaml.safe_load_all(manifests(values, release)) if each]


def one(made: list[Part], kind: str, name: str) -> Part:
    """The part of that name."""
    (found,) = (each for each in made if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


def templates_of_pods(made: list[Part]) -> dict[str, Part]:
    """The specification of each kind of pod, by what makes it."""
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in made
        if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job")
    }
