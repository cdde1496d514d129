"""The kubernetes runtime as settings make it."""

from pathlib import Path

import environ
import pytest
from django.utils.module_loading import import_string

from portal import pods
from portal.engine.runtimes.kubernetes.pod import Operator

ADDRESSES = "10.0.0.0/8,10.9.0.0/16"
LABELS = "app=sluice,tier=runner"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> environ.Env:
    """An environment that names a namespace."""
    monkeypatch.setenv("SLUICE_KUBERNETES", "classes")
    return environ.Env()


def test_there_is_none_unless_a_namespace_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_KUBERNETES", raising=False)
    assert pods.runtimes(environ.Env(), Path("/run"), "local") == {}


def test_it_is_made_from_what_an_operator_says(
    env: environ.Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_KUBERNETES_REGISTRY", "registry.example/")
    monkeypatch.setenv("SLUICE_KUBERNETES_RUNNERS", LABELS)
    monkeypatch.setenv("SLUICE_KUBERNETES_RUNNER_ADDRESSES", ADDRESSES)
    chosen = pods.runtimes(env, Path("/run"), "local")["kubernetes"]
    made = import_string(chosen["BACKEND"])(images={}, **chosen["OPTIONS"])
    assert made.api.namespace == "classes"
    assert made.operator == Operator(
        registry="registry.example/",
        runners={"app": "sluice", "tier": "runner"},
        runner_addresses=("10.0.0.0/8", "10.9.0.0/16"),
    )


def test_each_host_has_sessions_of_its_own(env: environ.Env) -> None:
    marks = {
        pods.runtimes(env, Path("/run"), host)["kubernetes"]["OPTIONS"]["mark"]
        for host in ("one", "two")
    }
    assert len(marks) == 2
