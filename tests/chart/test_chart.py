"""What the chart makes, and how it says what is wrong with an operator's values."""

import copy
from typing import Any

import pytest
import yaml

from portal.engine.lab.parse import load_lab
from portal.engine.runtimes.kubernetes.pod import CONFINED, PORT, Operator, policy
from portal.parts.places import ROOT, known
from portal.pods import RUNNERS
from tests.chart.rendering import LEAST, WHOLE, Part, Refused, ask, one, parts, templates_of_pods
from tests.kubernetes.sessions import MANIFEST


@pytest.fixture(scope="module")
def made() -> list[Part]:
    return parts(WHOLE)


@pytest.fixture(scope="module")
def least() -> list[Part]:
    return parts(LEAST)


def containers(pod: Part) -> list[Part]:
    """All of a pod's."""
    return [*pod.get("initContainers", ()), *pod["containers"]]


def variables(container: Part) -> dict[str, Any]:
    """Those that are named one by one."""
    named = container.get("env", ())
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in named}


@pytest.mark.parametrize("values", [LEAST, WHOLE])
def test_helms_own_lint_finds_nothing(values: dict[str, Any]) -> None:
    found = ask(values, lint=True)
    assert found["errors"] == []
    assert {each["error"] for each in found["messages"]} <= {"icon is recommended"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"host": ""}, "host is missing: give the name that people type"),
        ({"host": "https://a.org"}, 'host is "https://a.org": give the name alone'),
        ({"hots": "a.org"}, "additional properties 'hots' not allowed"),
        ({"web": {"replicas": "2"}}, "at '/web/replicas': got string, want integer"),
        ({"web": {"replicas": 9}}, "web.maxReplicas is 6, fewer than the 9 of web.replicas"),
        ({"sessions": {"memoryShare": 50}}, "at '/sessions/memoryShare': maximum: got 50, want 1"),
        (
            {"sessions": {"namespace": "portal"}},
            'sessions.namespace is "portal", the portal\'s own',
        ),
        (
            {"sessions": {"registry": "r.example"}},
            'sessions.registry is "r.example": it goes before',
        ),
        ({"settings": {}}, "Results have no place that web and runners share"),
        ({"settings": {"SLUICE_POOL": 3}}, "at '/settings/SLUICE_POOL': got number, want string"),
        ({"settings": {"POOL": "3"}}, "settings.POOL is no setting of Sluice's"),
        ({"settings": {"SLUICE_HOSTS": "x"}}, "settings.SLUICE_HOSTS is made of other values"),
        (
            {"settings": {"EMAIL_URL": "x"}},
            "settings.EMAIL_URL is a secret: put it into the Secret",
        ),
        ({"settings": {"SLUICE_PORT": "1"}}, "settings.SLUICE_PORT is the chart's own to say"),
        ({"network": {"callers": []}}, "at '/network/callers': minItems: got 0, want 1"),
    ],
)
def test_what_is_wrong_with_a_value_is_said(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused) as refused:
        parts(LEAST | change)
    assert words in str(refused.value)


def test_every_pod_is_as_the_strictest_standard_wants_it(made: list[Part]) -> None:
    pods = templates_of_pods(made)
    assert len(pods) == 6
    for name, pod in pods.items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == CONFINED["seccompProfile"]
        for each in containers(pod):
            confined = {"allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem"}
            assert each["securityContext"] == {key: CONFINED[key] for key in confined}
            assert each["resources"]["limits"]["memory"]
            assert each["resources"]["requests"].keys() == {"cpu", "memory"}


def test_services_are_not_told_of_by_variables(made: list[Part]) -> None:
    # One called sluice would make SLUICE_PORT an address, and web end at its start.
    assert not any(pod["enableServiceLinks"] for pod in templates_of_pods(made).values())


def test_only_a_runner_can_talk_to_the_api(made: list[Part]) -> None:
    pods = templates_of_pods(made)
    runner = pods.pop("sluice-runner")
    assert runner["serviceAccountName"] == "sluice-runner"
    assert not any(pod["automountServiceAccountToken"] for pod in pods.values())


def test_its_rights_and_its_namespace_are_those_of_the_manifest(made: list[Part]) -> None:
    told = {each["kind"]: each for each in yaml.safe_load_all(MANIFEST.read_text())}
    assert one(made, "Role", "sluice-runner")["rules"] == told["Role"]["rules"]
    assert one(made, "ResourceQuota", "sessions")["spec"] == told["ResourceQuota"]["spec"]
    labels = one(made, "Namespace", "sluice-sessions")["metadata"]["labels"]
    assert told["Namespace"]["metadata"]["labels"].items() <= labels.items()
    (subject,) = one(made, "RoleBinding", "sluice-runner")["subjects"]
    assert (subject["name"], subject["namespace"]) == ("sluice-runner", "portal")


def test_runners_see_nodes_only_where_an_operator_lets_them(
    least: list[Part], made: list[Part]
) -> None:
    of_all = {"ClusterRole", "ClusterRoleBinding"}
    assert [each for each in least if each["kind"] in of_all] == []
    rules = one(made, "ClusterRole", "portal-sluice-nodes")["rules"]
    assert rules == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]
    (subject,) = one(made, "ClusterRoleBinding", "portal-sluice-nodes")["subjects"]
    assert (subject["name"], subject["namespace"]) == ("sluice-runner", "portal")


def test_its_policy_of_sessions_is_what_a_runner_would_make(made: list[Part]) -> None:
    ours = one(made, "NetworkPolicy", "sluice-sessions")["spec"]
    theirs = policy(Operator(runners=RUNNERS))["spec"]
    (rule,) = ours["ingress"]
    assert rule["ports"] == theirs["ingress"][0]["ports"] == [{"protocol": "TCP", "port": PORT}]
    assert ours["policyTypes"] == theirs["policyTypes"]
    assert ours["egress"] == theirs["egress"] == []
    (source,) = rule["from"]
    pod = one(made, "StatefulSet", "sluice-runner")["spec"]["template"]["metadata"]["labels"]
    assert source["podSelector"]["matchLabels"].items() <= pod.items()


def test_who_may_call_what(made: list[Part]) -> None:
    def callers(name: str) -> list[Any]:
        spec = one(made, "NetworkPolicy", name)["spec"]
        return [each for rule in spec["ingress"] for each in rule["from"]]

    (of_web,) = callers("sluice-web")
    assert of_web["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "ingress-nginx"
    }
    assert callers("sluice") == []
    for name in ("sluice-postgres", "sluice-redis"):
        (own,) = callers(name)
        (parts_,) = own["podSelector"]["matchExpressions"]
        assert parts_["values"] == ["web", "runner", "set-up"]


def test_nothing_works_before_the_database_is_this_releases(made: list[Part]) -> None:
    pods = templates_of_pods(made)
    assert pods["sluice-set-up-1"]["containers"][0]["command"] == ["python", "manage.py", "set_up"]
    for name in ("sluice-web", "sluice-runner"):
        (first,) = pods[name]["initContainers"]
        assert first["command"] == ["python", "manage.py", "set_up", "--wait"]


def test_the_first_admins_password_is_for_set_up_alone(made: list[Part]) -> None:
    has = {
        name
        for name, pod in templates_of_pods(made).items()
        for each in containers(pod)
        if "SLUICE_ADMIN_PASSWORD" in variables(each)
    }
    assert has == {"sluice-set-up-1"}


def test_web_is_asked_for_its_health_as_the_portal_answers(made: list[Part]) -> None:
    (web,) = templates_of_pods(made)["sluice-web"]["containers"]
    paths = {name: web[name]["httpGet"] for name in web if name.endswith("Probe")}
    assert {name: each["path"] for name, each in paths.items()} == {
        "startupProbe": "/livez",
        "livenessProbe": "/livez",
        "readinessProbe": "/healthz",
    }
    # The portal serves no host but those of SLUICE_HOSTS.
    hosts = one(made, "ConfigMap", "sluice")["data"]["SLUICE_HOSTS"].split(",")
    assert all(each["httpHeaders"][0]["value"] in hosts for each in paths.values())


def test_a_runner_is_a_host_of_its_pods_name(made: list[Part]) -> None:
    pod = templates_of_pods(made)["sluice-runner"]
    parts_ = {each["name"]: each for each in pod["containers"]}
    assert list(parts_) == ["worker", "relay"]
    for name, each in parts_.items():
        assert each["command"][-2:] == ["process", name]
        assert variables(each)["SLUICE_HOST_NAME"] == {"fieldRef": {"fieldPath": "metadata.name"}}
        assert f"{name}.alive" in each["livenessProbe"]["exec"]["command"][-1]


def test_there_are_more_webs_where_they_are_busy(made: list[Part]) -> None:
    scaler = one(made, "HorizontalPodAutoscaler", "sluice-web")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 6)
    # What says how many there are is the scaler, and not the next upgrade.
    assert "replicas" not in one(made, "Deployment", "sluice-web")["spec"]
    fixed = parts(LEAST | {"web": {"replicas": 3, "maxReplicas": 3}})
    assert one(fixed, "Deployment", "sluice-web")["spec"]["replicas"] == 3
    assert [each for each in fixed if each["kind"] == "HorizontalPodAutoscaler"] == []


def test_a_node_can_be_emptied(made: list[Part]) -> None:
    budgets = {
        each["metadata"]["name"]: each["spec"]
        for each in made
        if each["kind"] == "PodDisruptionBudget"
    }
    assert budgets["sluice-web"]["minAvailable"] == 1
    assert budgets["sluice-runner"]["maxUnavailable"] == 1
    single = parts(LEAST | {"web": {"replicas": 1}})
    assert [each["metadata"]["name"] for each in single if "DisruptionB" in each["kind"]] == [
        "sluice-runner"
    ]


def test_servers_of_ones_own_are_named_by_the_secret(least: list[Part], made: list[Part]) -> None:
    assert templates_of_pods(least).keys() & {"sluice-postgres", "sluice-redis"} == set()
    (web,) = templates_of_pods(least)["sluice-web"]["containers"]
    for name in ("DATABASE_URL", "REDIS_URL", "SLUICE_SECRET_KEY"):
        assert variables(web)[name] == {"secretKeyRef": {"name": "sluice", "key": name}}
    (web,) = templates_of_pods(made)["sluice-web"]["containers"]
    services = {each["metadata"]["name"] for each in made if each["kind"] == "Service"}
    assert services == {"sluice-web", "sluice-postgres", "sluice-redis"}
    assert variables(web)["DATABASE_URL"] == "postgres://sluice@sluice-postgres/sluice"
    assert variables(web)["REDIS_URL"] == "redis://:$(REDIS_PASSWORD)@sluice-redis:6379/0"


def test_each_node_has_week_10s_images_ahead() -> None:
    made = parts(LEAST | {"sessions": {"registry": "registry.example/"}})
    has = {each["image"] for each in templates_of_pods(made)["sluice-ahead"]["containers"]}
    services = load_lab(ROOT / "labs" / "week10").spec.services
    assert has == {f"registry.example/{known()[each.image].tag}" for each in services}
    none = parts(LEAST | {"sessions": {"ahead": []}})
    assert "sluice-ahead" not in templates_of_pods(none)


def test_people_come_by_tls_alone(made: list[Part]) -> None:
    ingress = one(made, "Ingress", "sluice")["spec"]
    assert ingress["tls"] == [{"hosts": ["sluice.example.org"], "secretName": "sluice-tls"}]
    settings = one(made, "ConfigMap", "sluice")["data"]
    assert settings["SLUICE_ADDRESS"] == "https://sluice.example.org"


def test_every_setting_that_it_makes_is_one(made: list[Part]) -> None:
    read = "".join((ROOT / "portal" / name).read_text() for name in ("settings.py", "pods.py"))
    told = one(made, "ConfigMap", "sluice")["data"]
    assert [name for name in told if name not in read and not name.startswith("SLUICE_S3_")] == []


def test_an_operators_setting_comes_before_the_charts_usual_one() -> None:
    values = copy.deepcopy(LEAST)
    values["settings"] |= {"SLUICE_BUSY_PERCENT": "80", "SLUICE_POOL": "week10=5"}
    told = one(parts(values), "ConfigMap", "sluice")["data"]
    assert (told["SLUICE_BUSY_PERCENT"], told["SLUICE_POOL"]) == ("80", "week10=5")
    # A pod can't stand still.
    assert told["SLUICE_SLEEP_MINUTES"] == "0"


def test_two_releases_share_no_name() -> None:
    ours = {(each["kind"], each["metadata"]["name"]) for each in parts(WHOLE)}
    other = WHOLE | {"sessions": {"namespace": "others", "seesNodes": True}}
    theirs = {(each["kind"], each["metadata"]["name"]) for each in parts(other, "other")}
    of_their_own_namespace = {("ResourceQuota", "sessions"), ("NetworkPolicy", "sluice-sessions")}
    assert ours & theirs == of_their_own_namespace
