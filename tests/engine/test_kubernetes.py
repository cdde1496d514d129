"""The kubernetes driver on an API that is a stand-in, with agents and gates that are real."""

import contextlib
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from portal.engine.errors import (
    CapacityExceeded,
    ClusterError,
    ClusterGone,
    CommandCancelled,
    RuntimeUnavailable,
    ServiceNotReady,
    StepFailed,
)
from portal.engine.runtimes.base import Health, Image, Impairment, Pty, PtyDrawn, PtyWrote, State
from portal.engine.runtimes.kubernetes import KubernetesRuntime, launch, pod, waiting
from portal.engine.runtimes.kubernetes.api import GROUPS
from portal.engine.runtimes.kubernetes.names import Names
from portal.engine.runtimes.kubernetes.rights import NEEDED
from portal.engine.terminals import Size
from tests.contract.cluster import Cluster, eventually, new_session, service, spec
from tests.engine.kubernetes_api import KubernetesApi
from tests.engine.kubernetes_node import Node
from tests.kubernetes.sessions import MANIFEST
from tests.portal_process import free_port

IMAGES = {"mids": Image("mids", tag="sluice/mids:1")}
ABSENT = Health(State.ABSENT)
TICKS = ("sh", "-c", "while :; do echo tick; sleep 0.05; done")


@pytest.fixture
def api() -> Iterator[KubernetesApi]:
    made = KubernetesApi()
    yield made
    made.stop()


@pytest.fixture
def runtime(api: KubernetesApi, tmp_path: Path) -> KubernetesRuntime:
    made = make(api, tmp_path)
    made.api.patience = 5.0
    return made


@pytest.fixture
def cluster(runtime: KubernetesRuntime) -> Cluster:
    return Cluster(runtime, new_session())


@pytest.fixture
def node(api: KubernetesApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    monkeypatch.setattr(pod, "PORT", free_port())
    made = Node(api)
    yield made
    made.stop()


def make(api: KubernetesApi, folder: Path, **options: object) -> KubernetesRuntime:
    return KubernetesRuntime(
        folder=str(folder / "sessions"),
        images=IMAGES,
        namespace="sessions",
        kubeconfig=api.kubeconfig(folder),
        mark="here",
        operator=options,
    )


def written(pty: Pty) -> bytes:
    """What a terminal tells next, whether bytes or a painted screen."""
    match pty.read(5.0):
        case PtyWrote(data=data):
            return data
        case PtyDrawn(screen=screen):
            return screen
    return b""


def stem(cluster: Cluster) -> str:
    return Names("here", cluster.session).stem


def test_a_session_goes_from_up_to_down(cluster, node, api):
    told = cluster.up(service(), files={"a.txt": b"mine"})
    assert told[-1].is_done
    assert cluster.runtime.observe(cluster.session).state is State.UP
    assert cluster.run("cat", "a.txt").stdout == b"mine"
    assert cluster.run("sh", "-c", "exit 3").status == 3
    cluster.runtime.put_file(cluster.session, "b.txt", b"other")
    assert cluster.runtime.get_file(cluster.session, "b.txt") == b"other"
    assert cluster.runtime.list_all() == [cluster.session]
    cluster.runtime.down(cluster.session)
    assert cluster.runtime.observe(cluster.session) == ABSENT
    assert cluster.runtime.list_all() == []
    assert api.of("pods") == api.of("secrets") == []


def test_servers_and_logs_are_the_agents_own(cluster, node):
    cluster.up(service("ticker", *TICKS), service())
    assert [line.text for line in cluster.lines(2, service="ticker")] == [b"tick", b"tick"]
    assert cluster.runtime.interrupt(cluster.session, "ticker") is not None
    assert cluster.runtime.observe(cluster.session).state is State.BROKEN
    assert cluster.runtime.stats(cluster.session).processes > 0


def test_a_terminal_outlives_whoever_is_attached(cluster, node):
    cluster.up(service())

    def attach():
        return cluster.runtime.open_pty(cluster.session, "mids", "1", Size(24, 80))

    first = attach()
    first.type(b"echo $((6 * 7))-is-it; sleep 600\n")
    assert eventually(lambda: b"42-is-it" in written(first))
    first.close()
    second = attach()
    assert eventually(lambda: b"42-is-it" in written(second))
    second.close()


def test_a_cluster_that_is_up_costs_the_api_nothing(cluster, node, api):
    cluster.up(service())
    before = len(api.requests)
    cluster.run("true")
    cluster.runtime.observe(cluster.session)
    cluster.runtime.put_file(cluster.session, "a", b"")
    assert len(api.requests) == before


def test_up_again_adopts_what_runs(cluster, node, api):
    cluster.up(service(), files={"a.txt": b"mine"})
    uid = api.of("pods")[0]["metadata"]["uid"]
    cluster.runtime.put_file(cluster.session, "a.txt", b"edited")
    cluster.up(service(), files={"a.txt": b"mine"})
    assert api.of("pods")[0]["metadata"]["uid"] == uid
    assert cluster.runtime.get_file(cluster.session, "a.txt") == b"edited"


def test_a_runner_that_lost_its_folder_finds_the_way_again(cluster, node, runtime):
    cluster.up(service(), files={"a.txt": b"mine"})
    shutil.rmtree(runtime.folder)
    assert cluster.runtime.observe(cluster.session).state is State.UP
    assert cluster.run("cat", "a.txt").stdout == b"mine"


def test_a_second_runner_drives_what_the_first_has_started(cluster, node, api, tmp_path):
    cluster.up(service())
    (tmp_path / "second").mkdir()
    second = Cluster(make(api, tmp_path / "second"), cluster.session)
    assert second.run("echo", "hi").stdout == b"hi\n"
    second.runtime.down(cluster.session)
    assert cluster.runtime.observe(cluster.session) == ABSENT


def test_a_pod_that_another_runner_has_replaced_is_adopted(cluster, node, api, tmp_path):
    cluster.up(service())
    (tmp_path / "second").mkdir()
    second = Cluster(make(api, tmp_path / "second"), cluster.session)
    second.runtime.down(cluster.session)
    second.up(service(), files={"a.txt": b"new"})
    cluster.up(service())
    assert cluster.run("cat", "a.txt").stdout == b"new"


def test_two_runners_that_end_one_session_both_succeed(cluster, node, api, tmp_path):
    cluster.up(service())
    (tmp_path / "second").mkdir()
    others = [cluster.runtime, make(api, tmp_path / "second")]
    threads = [threading.Thread(target=each.down, args=(cluster.session,)) for each in others]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert api.of("pods") == api.of("secrets") == []


def test_a_pod_is_as_confined_as_can_be(cluster, node, api):
    cluster.up(service("kafka", *TICKS), service())
    made = api.of("pods")[0]["spec"]
    assert made["automountServiceAccountToken"] is False
    for each in (*made["containers"], *made["initContainers"]):
        assert each["securityContext"] == pod.CONFINED
        assert each["resources"]["limits"].keys() == {"cpu", "memory"}
    seen = {mount["name"] for each in made["containers"] for mount in each["volumeMounts"]}
    assert not seen & {"keys", "agents"}
    assert {"ip": "127.0.0.2", "hostnames": ["kafka"]} in made["hostAliases"]


def test_the_gate_is_not_told_the_runners_key(cluster, node, api):
    cluster.up(service())
    keys = next(each for each in api.of("pods")[0]["spec"]["volumes"] if each["name"] == "keys")
    assert "runner.pem" not in {each["key"] for each in keys["secret"]["items"]}


def test_nothing_goes_out_and_only_runners_come_in(api, tmp_path, node):
    chosen = {"runners": {"app": "sluice"}, "runner_addresses": ("10.0.0.0/8",)}
    made = make(api, tmp_path, **chosen)
    Cluster(made, new_session()).up(service())
    told = api.of("networkpolicies")[0]["spec"]
    assert told["egress"] == []
    assert told["ingress"] == [
        {
            "from": [
                {"ipBlock": {"cidr": "10.0.0.0/8"}},
                {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "sluice"}}},
            ],
            "ports": [{"protocol": "TCP", "port": pod.PORT}],
        }
    ]


def test_without_runners_named_nobody_comes_in():
    assert pod.policy(pod.Operator())["spec"]["ingress"] == []


def test_what_an_operator_chose_is_in_every_pod(api, tmp_path, node):
    chosen = {"registry": "registry.example/", "runtime_class": "gvisor", "priority_class": "low"}
    Cluster(make(api, tmp_path, **chosen), new_session()).up(service())
    made = api.of("pods")[0]["spec"]
    assert made["runtimeClassName"] == "gvisor"
    assert made["priorityClassName"] == "low"
    assert made["containers"][0]["image"] == "registry.example/sluice/mids:1"


def test_names_of_sessions_that_no_part_could_have(cluster, node, api):
    odd = Cluster(cluster.runtime, "Ends_with-" + "x" * 70 + "-")
    odd.up(service())
    assert odd.runtime.list_all() == [odd.session]
    odd.runtime.down(odd.session)
    assert api.of("pods") == []


# -- bad input


def fails(cluster: Cluster, error: type[ClusterError], match: str) -> ClusterError:
    """A launch fails so, and leaves nothing."""
    with pytest.raises(error, match=match) as caught:
        cluster.up(service())
    assert cluster.runtime.observe(cluster.session) == ABSENT
    assert cluster.runtime.list_all() == []
    return caught.value


def test_no_rights_are_told_with_what_helps(runtime, api):
    api.denied.add(("create", "pods"))
    with pytest.raises(RuntimeUnavailable, match="may not create pods") as caught:
        runtime.check()
    assert "role" in caught.value.advice


def test_rights_that_all_are_there_are_enough(runtime):
    runtime.check()
    assert runtime.about() == "Kubernetes v1.34.4, namespace sessions"


def has_images(*names: str, **spec: object) -> dict[str, object]:
    """A node, as it tells of itself."""
    return {"spec": spec, "status": {"images": [{"names": [each]} for each in names]}}


MIDS = "docker.io/sluice/mids:1"
TAINT = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    "others",
    [
        [],
        [has_images(MIDS)],
        [has_images(unschedulable=True)],
        [has_images(taints=[TAINT])],
        [has_images(*(f"docker.io/other/image:{each}" for each in range(50)))],
    ],
    ids=["one", "both", "cordoned", "tainted", "tells-of-its-largest-alone"],
)
def test_nothing_is_said_of_images_that_every_node_has(runtime, api, others):
    api.nodes = [has_images(MIDS), *others]
    assert runtime.about() == "Kubernetes v1.34.4, namespace sessions"


def test_an_image_that_a_node_lacks_is_told(runtime, api):
    api.nodes = [has_images(MIDS), has_images("docker.io/sluice/mids:2")]
    assert runtime.about().endswith("; not on every node yet: sluice/mids:1")


def test_images_of_a_registry_are_looked_for_by_its_name(api, tmp_path):
    api.nodes = [has_images("registry.example/sluice/mids:1")]
    assert "not on every node" not in make(api, tmp_path, registry="registry.example/").about()
    api.nodes = [has_images(MIDS)]
    told = make(api, tmp_path, registry="registry.example/").about()
    assert told.endswith("not on every node yet: registry.example/sluice/mids:1")


def test_the_role_that_operators_apply_is_what_it_needs():
    parts = yaml.safe_load_all(MANIFEST.read_text())
    rules = next(each for each in parts if each["kind"] == "Role")["rules"]
    given = {each["resources"][0]: tuple(each["verbs"]) for each in rules}
    assert given == NEEDED
    assert {each["resources"][0]: each["apiGroups"][0] for each in rules} == {
        kind: GROUPS.get(kind, "") for kind in NEEDED
    }


def test_a_launch_without_rights_is_told(cluster, api):
    for _ in range(8):
        api.refusals.append((403, "secrets is forbidden: User cannot get"))
    with pytest.raises(RuntimeUnavailable, match="lacks a right"):
        cluster.up(service())


def test_a_quota_that_is_spent_is_told(cluster, api):
    api.on_pod = lambda _: None
    told = '{"message": "pods "x" is forbidden: exceeded quota: few"}'
    original = api._post

    def refuse(kind, *rest):
        return (403, {"message": told}) if kind == "pods" else original(kind, *rest)

    api._post = refuse
    fails(cluster, CapacityExceeded, "quota")


def test_a_namespace_that_is_gone_is_told(cluster, api):
    for _ in range(8):
        api.refusals.append((404, 'namespaces "sessions" not found'))
    with pytest.raises(RuntimeUnavailable, match="isn't there"):
        cluster.up(service())


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"])
def test_an_image_that_cannot_be_pulled_is_named(cluster, api, reason):
    def begin(made):
        state = {"waiting": {"reason": reason, "message": "no such host"}}
        one = {"name": "service-0", "image": "sluice/mids:1", "state": state}
        api.change(made["metadata"]["name"], containerStatuses=[one])

    api.on_pod = begin
    fails(cluster, RuntimeUnavailable, f"sluice/mids:1 can't be had: {reason}: no such host")


def test_no_room_is_told_after_a_while(cluster, api, monkeypatch):
    monkeypatch.setattr(waiting, "ROOM_SECONDS", 0.0)

    def begin(made):
        condition = {"reason": "Unschedulable", "status": "False", "message": "0/1 nodes"}
        api.change(made["metadata"]["name"], conditions=[condition])

    api.on_pod = begin
    fails(cluster, CapacityExceeded, "0/1 nodes")


def test_a_pod_that_is_evicted_while_it_starts_is_told(cluster, api):
    api.on_pod = lambda made: api.change(
        made["metadata"]["name"], phase="Failed", reason="Evicted", message="low on memory"
    )
    fails(cluster, CapacityExceeded, "Evicted: low on memory")


def test_a_gate_that_ends_says_why(cluster, api):
    def begin(made):
        ended = {"terminated": {"exitCode": 1, "message": "mids: its agent hung up"}}
        one = {"name": "gate", "state": {"waiting": {}}, "lastState": ended}
        api.change(made["metadata"]["name"], initContainerStatuses=[one])

    api.on_pod = begin
    fails(cluster, RuntimeUnavailable, "mids: its agent hung up")


def test_a_pod_that_somebody_deletes_while_it_starts_is_told(cluster, api):
    api.on_pod = lambda made: api.remove("pods", made["metadata"]["name"])
    fails(cluster, ServiceNotReady, "was ended while it started")


def test_a_launch_is_cancelled_while_it_waits(cluster, api):
    with pytest.raises(CommandCancelled):
        list(cluster.runtime.up(spec(cluster.session), cancelled=lambda: bool(api.of("pods"))))
    assert cluster.runtime.list_all() == []


def test_watches_that_end_are_begun_again(cluster, node, api):
    begun = node.begin

    def slowly(made):
        eventually(lambda: api.watchers)
        api.end_watches()
        eventually(lambda: api.watchers)
        begun(made)

    api.on_pod = slowly
    cluster.up(service())
    assert cluster.runtime.observe(cluster.session).state is State.UP


def test_an_api_that_has_too_much_to_do_is_asked_again(cluster, node, api):
    api.refusals += [(429, "too many requests"), (503, "starting"), (500, "etcd has no leader")]
    cluster.up(service())
    assert cluster.runtime.observe(cluster.session).state is State.UP


def test_an_api_that_is_gone_is_told_in_its_time(runtime, api):
    api.stop()
    runtime.api.patience = 0.0
    with pytest.raises(RuntimeUnavailable, match="does not answer"):
        runtime.list_all()


def test_while_the_api_is_gone_a_cluster_goes_on(cluster, node, api, runtime):
    cluster.up(service())
    runtime.api.patience = 0.0
    api.stop()
    assert cluster.run("echo", "hi").stdout == b"hi\n"
    assert cluster.runtime.observe(cluster.session).state is State.UP


def test_a_pod_that_was_evicted_is_absent(cluster, node, api):
    cluster.up(service())
    next(iter(node.pods.values())).stop()
    api.change(stem(cluster), phase="Failed", reason="Evicted")
    assert cluster.runtime.observe(cluster.session) == ABSENT
    with pytest.raises(ClusterGone):
        cluster.run("true")


def test_a_node_that_is_gone_leaves_a_cluster_broken_and_down_forgets_it(
    cluster, node, api, monkeypatch
):
    monkeypatch.setattr(launch, "END_SECONDS", 0.0)
    cluster.up(service("kafka", *TICKS), service())
    next(iter(node.pods.values())).stop()
    health = cluster.runtime.observe(cluster.session)
    assert health.state is State.BROKEN
    cluster.runtime.down(cluster.session)
    assert api.of("pods") == api.of("secrets") == []


def test_an_end_leaves_the_keys_of_a_launch_that_came_meanwhile(cluster, api):
    def keys(lease):
        return launch.secret(Names("here", cluster.session, lease), {})

    look = api._get

    def meanwhile(kind, name, *rest):
        answer = look(kind, name, *rest)
        if kind == "pods" and name:
            api._get = look
            api.remove("secrets", name)
            api._post("secrets", None, keys("later"), "")
        return answer

    api._post("secrets", None, keys("earlier"), "")
    api._get = meanwhile
    cluster.runtime.down(cluster.session)
    (left,) = api.of("secrets")
    assert left["metadata"]["labels"]["sluice.lease"] == "later"


def test_a_node_that_goes_away_in_mid_step_ends_the_step(cluster, node):
    cluster.up(service())
    running = cluster.runtime.exec(cluster.session, "mids", ("sh", "-c", "echo a; sleep 600"))
    told = iter(running)
    assert next(told).data == b"a\n"
    next(iter(node.pods.values())).stop()
    with pytest.raises(ClusterGone):
        list(told)


def test_a_namespace_that_is_deleted_ends_what_runs_in_it(cluster, node, api):
    cluster.up(service())
    for kind in ("pods", "secrets"):
        api.remove(kind, stem(cluster))
    assert cluster.runtime.observe(cluster.session) == ABSENT
    with pytest.raises(ClusterGone):
        cluster.run("true")
    told = 'pods "x" is forbidden: because namespace sessions is being terminated'
    api._post = lambda *_: (403, {"message": told})
    fails(cluster, RuntimeUnavailable, "is being deleted")


def test_a_container_that_ended_is_told_with_its_signal(cluster, node, api):
    cluster.up(service("kafka", *TICKS), service())
    running = next(iter(node.pods.values()))
    running.agents["kafka"].kill()
    running.agents["kafka"].wait()
    ended = {"name": "service-0", "state": {"terminated": {"exitCode": 137}}}
    api.change(stem(cluster), containerStatuses=[ended])
    health = cluster.runtime.observe(cluster.session)
    assert health.state is State.BROKEN
    assert health.process("kafka").exit_status == -9


def test_a_pod_of_another_launch_is_not_taken_for_this_one(cluster, node, api):
    cluster.up(service())
    api.remove("pods", stem(cluster))
    assert cluster.runtime.observe(cluster.session) == ABSENT
    cluster.up(service())
    assert cluster.run("echo", "hi").stdout == b"hi\n"


def test_what_it_does_not_offer_it_says(cluster, node):
    cluster.up(service())
    with pytest.raises(ClusterError, match="don't sleep"):
        cluster.runtime.freeze(cluster.session)
    with pytest.raises(StepFailed, match="share one network"):
        cluster.runtime.impair(cluster.session, "mids", Impairment.CUT)
    assert cluster.runtime.observe(cluster.session).state is State.UP


def test_a_kubeconfig_that_is_not_there_is_told(tmp_path):
    made = KubernetesRuntime(
        folder=str(tmp_path), images={}, namespace="n", kubeconfig=str(tmp_path / "none")
    )
    with pytest.raises(RuntimeUnavailable, match="can't find"):
        made.list_all()


def test_a_secret_without_its_pod_is_told_and_ended(cluster, api, tmp_path):
    session, names = cluster.session, Names("here", cluster.session, "l")
    api._post("secrets", None, launch.secret(names, {"a": b"b"}), "")
    assert cluster.runtime.list_all() == [session]
    cluster.runtime.down(session)
    assert api.of("secrets") == []


def test_what_is_noted_of_a_session_is_for_its_runner_alone(cluster, node, runtime):
    cluster.up(service())
    for path in (runtime.folder / cluster.session).iterdir():
        if path.suffix in (".pem", ".crt"):
            assert path.stat().st_mode & 0o077 == 0
    with contextlib.suppress(OSError):
        note = json.loads((runtime.folder / cluster.session / "pod.json").read_text())
        assert note["services"] == ["mids"]
