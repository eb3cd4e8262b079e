#!/usr/bin/python3
"""The real controller, under its own service account, against a real API server: from apply to groups, sets and
status, with Nodes, NodeReports and member statuses written by hand in place of nodes. $FAIRLEAD_BUILD: the build."""
import base64
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import apiserver
import controller_by_hand as by_hand

OURS = "/apis/fairlead.dev/v1alpha1"
APPLY = "application/apply-patch+yaml"
BINARY = os.environ["FAIRLEAD_BUILD"] + "/controller/fairlead-controller"
GENERATED = re.compile(r"^192-0-2-0-24-v4-\d+$")


def until(what, seconds=40.0):
    """The first true answer of `what`, or the last answer after that time."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.05)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def kubeconfig_of(api, folder, token, ca=None, name="controller"):
    _, text = api.kubectl("config", "view", "--raw", "--minify", "-o", "json")
    cluster = json.loads(text)["clusters"][0]["cluster"]
    if ca is not None:
        cluster = {"server": cluster["server"], "certificate-authority-data": ca}
    path = f"{folder}/{name}.kubeconfig"
    with open(path, "w") as file:
        json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                   "clusters": [{"name": "k", "cluster": cluster}],
                   "users": [{"name": "u", "user": {"token": token}}],
                   "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}, file)
    os.chmod(path, 0o600)
    return path


class Controller:
    """One running controller; its log goes to a file."""

    def __init__(self, folder, kubeconfig, name="controller"):
        self.health, self.metrics = free_port(), free_port()
        self.log_path = f"{folder}/{name}.log"
        self._log = open(self.log_path, "w")
        self.process = subprocess.Popen(
            [BINARY, "--kubeconfig", kubeconfig, "--health-address", f"127.0.0.1:{self.health}",
             "--metrics-address", f"127.0.0.1:{self.metrics}", "--log-level", "debug"],
            stdout=self._log, stderr=subprocess.STDOUT)

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def get(self, port, path):
        """(HTTP status, text); (0, "") while it does not listen."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, line_start):
        """The values of all series that begin so, added up."""
        found = [line for line in self.get(self.metrics, "/metrics")[1].splitlines() if line.startswith(line_start)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        self._log.close()
        return code


class Gone(Exception):
    """The object written to does not exist any more."""


class World:
    """Objects of the test, as admin."""

    def __init__(self, api):
        self.api, self.begun = api, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())

    def get(self, path):
        status, answer = self.api.request("GET", path)
        return answer if status == 200 else None

    def items(self, plural):
        return self.get(f"{OURS}/{plural}")["items"]

    def apply(self, path, body, manager="test", force=True):
        status, answer = self.api.request("PATCH", f"{path}?fieldManager={manager}&force={str(force).lower()}",
                                          json.dumps(body), APPLY)
        if status == 404:
            raise Gone(path)
        if status not in (200, 201):
            raise RuntimeError(f"apply {path}: {status} {answer.get('message')}")
        return answer

    def delete(self, path):
        return self.api.request("DELETE", path)[0]

    def ours(self, kind, plural, name, spec, namespace=None):
        where = f"{OURS}/namespaces/{namespace}/{plural}/{name}" if namespace else f"{OURS}/{plural}/{name}"
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        return self.apply(where, {"apiVersion": "fairlead.dev/v1alpha1", "kind": kind, "metadata": metadata,
                                  "spec": spec})

    def pool(self, name, addresses, **more):
        return self.ours("AddressPool", "addresspools", name, {"addresses": addresses, **more})

    def vip(self, name, spec):
        return self.ours("VirtualIP", "virtualips", name, spec, "default")

    def vip_of(self, name):
        return self.get(f"{OURS}/namespaces/default/virtualips/{name}")

    def status_of(self, name):
        return (self.vip_of(name) or {}).get("status", {})

    def condition(self, name, kind):
        for condition in self.status_of(name).get("conditions", []):
            if condition["type"] == kind:
                return condition
        return {"status": "", "reason": "", "message": ""}

    def node(self, name, address, ready="True"):
        self.apply(f"/api/v1/nodes/{name}", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
        self.apply(f"/api/v1/nodes/{name}/status",
                   {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
                    "status": {"addresses": [{"type": "InternalIP", "address": address}],
                               "conditions": [{"type": "Ready", "status": ready, "reason": "Test", "message": "",
                                               "lastHeartbeatTime": "2026-01-01T00:00:00Z",
                                               "lastTransitionTime": "2026-01-01T00:00:00Z"}]}})

    def report(self, node, address):
        self.ours("NodeReport", "nodereports", node, {
            "instance": node + "-1", "version": "test",
            "interfaces": [{"name": "eth0", "mtu": 1500, "up": True, "addresses": [address + "/24"], "gateways": []}],
            "capabilities": {"ipvs": True, "nft": True, "schedulers": ["rr", "wlc"], "kernel": "test"}})

    def group_of(self, address):
        for group in self.items("vrrpgroups"):
            if any(a["address"] == address for a in group["spec"].get("addresses", [])):
                return group
        return None

    def member(self, group, node, state, **more):
        """The status entry of one member, as its node would apply it; for the group's present generation."""
        there = self.get(f"{OURS}/vrrpgroups/{group}")
        if there is None:
            raise Gone(group)
        generation = there["metadata"]["generation"]
        entry = {"node": node, "instance": node + "-1", "state": state, "since": "2026-01-01T00:00:00Z",
                 "observedGeneration": generation, "programmed": True, "confirmed": 0, **more}
        self.apply(f"{OURS}/vrrpgroups/{group}/status",
                   {"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": group},
                    "status": {"members": [entry]}}, "fairlead-node-" + node)

    def reals(self, name, node, up, total):
        self.apply(f"{OURS}/namespaces/default/realserversets/{name}/status",
                   {"apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet",
                    "metadata": {"name": name, "namespace": "default"},
                    "status": {"members": [{"node": node, "up": up, "total": total, "observedGeneration": 1}]}},
                   "fairlead-node-" + node)

    def service(self, name, annotations, class_name="fairlead.dev/vip"):
        return self.apply(f"/api/v1/namespaces/default/services/{name}", {
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "default", "annotations": annotations},
            "spec": {"type": "LoadBalancer", "loadBalancerClass": class_name, "allocateLoadBalancerNodePorts": False,
                     "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]}})

    def slice(self, service, endpoints):
        return self.apply(f"/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/{service}-1", {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": service + "-1", "namespace": "default",
                         "labels": {"kubernetes.io/service-name": service}},
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": [a], "conditions": c} for a, c in endpoints]})

    def events(self, reason, word=""):
        """Notes of the Events of this run with that reason, and that word in the note."""
        items = self.get("/apis/events.k8s.io/v1/events")["items"]
        return [e["note"] for e in items if e["reason"] == reason and word in e["note"]
                and e["eventTime"] >= self.begun]

    def versions(self):
        """resourceVersions of everything the controller writes: a change is a write."""
        return {(plural, o["metadata"]["name"]): o["metadata"]["resourceVersion"]
                for plural in ("virtualips", "vrrpgroups", "realserversets", "addresspools", "nodereports")
                for o in self.items(plural)}


def settle(world):
    """Until nothing has changed for a second."""
    before, since = world.versions(), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.1)
        now = world.versions()
        if now != before:
            before, since = now, time.monotonic()


def usage_cases(verdicts, folder):
    def run(*words, **env):
        done = subprocess.run([BINARY, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20,
                              env={k: v for k, v in os.environ.items() if k != "KUBECONFIG"} | env)
        return done.returncode, done.stdout, done.stderr
    code, _, text = run("--kubeconfig", folder + "/absent")
    verdicts.add("an unreadable kubeconfig ends with 2 and one sentence", code == 2 and len(text.splitlines()) == 1
                 and folder + "/absent" in text, text)
    code, _, text = run("--leader-elect")
    verdicts.add("--leader-elect ends with 2 and says that it comes later", code == 2 and "--leader-elect" in text, text)
    code, _, text = run(FAIRLEAD_LEADER_ELECT="true")
    verdicts.add("a flag is taken from the environment, too", code == 2 and "--leader-elect" in text, text)
    code, _, text = run("--no-such-flag")
    verdicts.add("an unknown flag ends with 2", code == 2 and "no-such-flag" in text, text)
    code, out, _ = run("--version")
    verdicts.add("--version ends with 0", code == 0 and out.startswith("fairlead-controller "), out)
    code, out, _ = run("--help")
    verdicts.add("--help ends with 0 and names every flag", code == 0 and all(f in out for f in (
        "--kubeconfig", "--api-servers", "--namespace", "--leader-elect", "--default-controller", "--metrics-address",
        "--health-address", "--log-level", "--log-format")), out)


def crd_cases(verdicts, api, folder, kubeconfig):
    api.kubectl("delete", "-f", "manifests/crds", "--wait=true")
    controller = Controller(folder, kubeconfig)
    waits = until(lambda: "controller.waiting" in controller.log())
    verdicts.add("CRDs missing at start: the controller waits and says so", bool(waits), controller.log()[-1500:])
    verdicts.add("it is alive and not ready meanwhile", controller.get(controller.health, "/healthz") == (200, "ok")
                 and controller.get(controller.health, "/readyz")[0] == 503)
    api.kubectl("apply", "-f", "manifests/crds")
    ready = until(lambda: controller.get(controller.health, "/readyz")[0] == 200, 40)
    verdicts.add("it goes on when they appear", bool(ready), controller.log()[-1500:])
    return controller


def main_flow(verdicts, world):
    for number, name in enumerate(("node-a", "node-b", "node-c"), 1):
        world.node(name, f"192.0.2.{number}")
        world.report(name, f"192.0.2.{number}")
    world.pool("public", ["192.0.2.96/27"], vrrp={"preemptDelaySeconds": 5})
    pool = until(lambda: (world.get(f"{OURS}/addresspools/public").get("status") or {}).get("cidrs"))
    verdicts.add("a pool's status has its exact cover in CIDRs", pool == ["192.0.2.96/27"], str(pool))
    world.vip("machines", {"addresses": ["192.0.2.100"], "scheduler": "rr",
                           "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
                           "servers": [{"address": "192.0.2.21"}, {"address": "192.0.2.22"}]})
    group = until(lambda: world.group_of("192.0.2.100"))
    verdicts.add("a VirtualIP gets a group", bool(group) and bool(GENERATED.match(group["metadata"]["name"])), str(group))
    vip = world.vip_of("machines")
    verdicts.add("the finalizer stands before anything else",
                 vip["metadata"].get("finalizers") == ["fairlead.dev/release"], str(vip["metadata"]))
    priorities = sorted(m["priority"] for m in group["spec"]["members"])
    verdicts.add("its members have the formula's priorities", priorities == [100, 150, 200], str(priorities))
    labels = {f"node.fairlead.dev/node-{n}" for n in "abc"}
    verdicts.add("it carries a label for each member", labels <= set(group["metadata"].get("labels", {})),
                 str(group["metadata"]))
    sets = until(lambda: world.get(f"{OURS}/namespaces/default/realserversets/machines-v4-0"))
    servers = sets["spec"]["virtualServers"] if sets else []
    verdicts.add("and a RealServerSet with both servers on the target port",
                 len(servers) == 1 and [(r["address"], r["port"]) for r in servers[0]["reals"]] ==
                 [("192.0.2.21", 8080), ("192.0.2.22", 8080)] and servers[0]["scheduler"] == "rr", str(sets))
    pending = until(lambda: world.status_of("machines").get("state") == "Pending")
    verdicts.add("it is Pending until a node serves it", bool(pending), str(world.status_of("machines")))
    name = group["metadata"]["name"]
    for node in ("node-b", "node-c"):
        world.member(name, node, "Backup", hears="192.0.2.1")
    heard = until(lambda: world.status_of("machines").get("master") == "node-a")
    verdicts.add("the master is named by what the Backups hear", bool(heard), str(world.status_of("machines")))
    world.member(name, "node-a", "Master", lastTransition={"time": "2026-01-01T00:00:00Z", "reason": "Startup"})
    world.reals("machines-v4-0", "node-a", 2, 2)
    ready = until(lambda: world.status_of("machines").get("state") == "Ready"
                  and world.status_of("machines").get("reals") == "2/2")
    status = world.status_of("machines")
    verdicts.add("with every member programmed it is Ready, its reals as the master reports them", bool(ready), str(status))
    verdicts.add("address, group and conditions are filled", status.get("address") == "192.0.2.100"
                 and status.get("groups") == [name] and all(world.condition("machines", k)["status"] == "True" for k in
                                                            ("Accepted", "Allocated", "Programmed", "Ready"))
                 and world.condition("machines", "Degraded")["status"] == "False", str(status))
    return name


def failover(verdicts, world, name):
    world.member(name, "node-b", "Master", since="2026-01-01T00:01:00Z",
                 lastTransition={"time": "2026-01-01T00:01:00Z", "reason": "MasterDown", "outageMs": 812})
    moved = until(lambda: world.status_of("machines").get("master") == "node-b")
    last = world.status_of("machines").get("lastTransition", {})
    verdicts.add("the newest promotion observed wins, and lastTransition tells from, to, reason and outage",
                 bool(moved) and (last.get("from"), last.get("to"), last.get("reason"), last.get("outageMs")) ==
                 ("node-a", "node-b", "MasterDown", 812), str(last))
    event = until(lambda: world.events("MasterChanged", "from node-a to node-b: MasterDown, 812 ms"))
    verdicts.add("an Event MasterChanged says so", bool(event), str(world.events("MasterChanged")))
    stale = until(lambda: world.condition("machines", "Degraded")["reason"] == "StaleStatus", 15)
    verdicts.add("a claim that is not answered within 5 s is stale", bool(stale), str(world.status_of("machines")))
    world.member(name, "node-a", "Backup", hears="192.0.2.2", instance="node-a-2")
    again = until(lambda: world.status_of("machines").get("state") == "Ready")
    verdicts.add("Ready again when the old master is a Backup", bool(again), str(world.status_of("machines")))


def split(verdicts, world, name):
    world.member(name, "node-a", "Master", since="2026-01-01T00:02:00Z", instance="node-a-2")
    until(lambda: world.status_of("machines").get("master") == "node-a")
    world.member(name, "node-b", "Master", since="2026-01-01T00:01:00Z", confirmed=1)
    seen = until(lambda: world.status_of("machines").get("state") == "Split")
    verdicts.add("an older claim confirmed after a newer promotion is a Split, with SplitOwnership",
                 bool(seen) and world.condition("machines", "Degraded")["reason"] == "SplitOwnership",
                 str(world.status_of("machines")))
    world.member(name, "node-a", "Backup", hears="192.0.2.2", instance="node-a-2")
    healed = until(lambda: world.status_of("machines").get("state") == "Ready"
                   and world.status_of("machines").get("master") == "node-b")
    verdicts.add("it ends when one of them stands back", bool(healed), str(world.status_of("machines")))


def quiet(verdicts, world, controller):
    settle(world)
    before, written = world.versions(), controller.metric("fairlead_controller_reconcile_total")
    time.sleep(4)
    verdicts.add("in a quiet state nobody writes (K-29)", world.versions() == before
                 and controller.metric("fairlead_controller_reconcile_total") == written)


def bad_input(verdicts, world):
    world.vip("outside", {"addresses": ["198.51.100.7"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.condition("outside", "Accepted")["status"])
    accepted = world.condition("outside", "Accepted")
    verdicts.add("an address outside every pool: Accepted=False, OutsidePool",
                 (accepted["status"], accepted["reason"]) == ("False", "OutsidePool")
                 and world.status_of("outside").get("state") == "Rejected", str(world.status_of("outside")))
    before = world.group_of("192.0.2.100")
    world.vip("late", {"addresses": ["192.0.2.100"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.23"}]})
    until(lambda: world.condition("late", "Allocated")["status"])
    allocated = world.condition("late", "Allocated")
    verdicts.add("two VirtualIPs with one address: the younger gets AddressInUse, naming the holder",
                 (allocated["status"], allocated["reason"]) == ("False", "AddressInUse")
                 and "default/machines" in allocated["message"], str(allocated))
    verdicts.add("the older is not disturbed", world.status_of("machines").get("state") == "Ready"
                 and world.group_of("192.0.2.100")["metadata"]["generation"] == before["metadata"]["generation"])
    failed = until(lambda: world.events("AllocationFailed", "192.0.2.100"))
    verdicts.add("an Event AllocationFailed says so", bool(failed))
    world.vip("nodes", {"addresses": ["192.0.2.1"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.condition("nodes", "Accepted")["status"])
    verdicts.add("a node's own address: ReservedAddress",
                 world.condition("nodes", "Accepted")["reason"] == "ReservedAddress",
                 str(world.condition("nodes", "Accepted")))
    world.vip("later", {"addresses": ["192.0.2.111"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}],
                        "quorum": 2})
    until(lambda: world.condition("later", "Accepted")["status"])
    verdicts.add("a field that is not built yet: NotYetSupported, naming it",
                 world.condition("later", "Accepted")["reason"] == "NotYetSupported"
                 and "spec.quorum" in world.condition("later", "Accepted")["message"],
                 str(world.condition("later", "Accepted")))
    world.vip("empty", {"ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.condition("empty", "Accepted")["status"])
    verdicts.add("no address: NotYetSupported", world.condition("empty", "Accepted")["reason"] == "NotYetSupported")
    world.pool("second", ["192.0.2.120-192.0.2.130"])
    overlap = until(lambda: [c for c in (world.get(f"{OURS}/addresspools/second").get("status") or {}).get(
        "conditions", []) if c["type"] == "Accepted"])
    verdicts.add("a pool that overlaps an older one: Accepted=False", bool(overlap) and overlap[0]["status"] == "False"
                 and "public" in overlap[0]["message"], str(overlap))
    for vip in ("outside", "late", "nodes", "later", "empty"):
        world.delete(f"{OURS}/namespaces/default/virtualips/{vip}")
    gone = until(lambda: len(world.items("virtualips")) == 1)
    verdicts.add("VirtualIPs that hold nothing go at once", bool(gone), str(len(world.items("virtualips"))))


def services(verdicts, world):
    world.service("web", {"fairlead.dev/loadBalancerIPs": "192.0.2.101"})
    world.slice("web", [("10.1.0.1", {"ready": True}),
                        ("10.1.0.2", {"ready": False, "serving": True, "terminating": True}),
                        ("10.1.0.3", {"ready": False, "serving": False, "terminating": False})])
    vip = until(lambda: world.vip_of("web"))
    verdicts.add("a Service of our class gets a VirtualIP of its name, owned by it",
                 bool(vip) and vip["metadata"]["ownerReferences"][0]["kind"] == "Service"
                 and vip["spec"]["serviceRef"] == {"name": "web"}, str(vip))
    reals = until(lambda: (world.get(f"{OURS}/namespaces/default/realserversets/web-v4-0") or {"spec": {
        "virtualServers": [{"reals": []}]}})["spec"]["virtualServers"][0].get("reals"))
    verdicts.add("ready endpoints have weight 1, serving and terminating ones drain at weight 0, others are not listed",
                 [(r["address"], r["port"], r["weight"], r.get("state", "Ready")) for r in reals or []] ==
                 [("10.1.0.1", 8080, 1, "Ready"), ("10.1.0.2", 8080, 0, "Draining")], str(reals))
    group = until(lambda: world.group_of("192.0.2.101"))["metadata"]["name"]
    world.member(group, "node-a", "Master")
    for node in ("node-b", "node-c"):
        world.member(group, node, "Backup", hears="192.0.2.1")

    def ingress():
        service = world.get("/api/v1/namespaces/default/services/web")
        return service["status"].get("loadBalancer", {}).get("ingress")
    until(ingress)
    verdicts.add("the Service's status has the address, ipMode Proxy",
                 ingress() == [{"ip": "192.0.2.101", "ipMode": "Proxy"}], str(ingress()))
    world.slice("web", [])
    empty = until(lambda: world.condition("web", "Ready")["reason"] == "NoEndpoints")
    verdicts.add("no endpoints with Reject: the set stays, without real servers, and Ready is False, NoEndpoints",
                 bool(empty) and world.get(f"{OURS}/namespaces/default/realserversets/web-v4-0")["spec"][
                     "virtualServers"][0].get("reals", []) == [], str(world.status_of("web")))
    world.service("machines", {"fairlead.dev/loadBalancerIPs": "192.0.2.102"})
    taken = until(lambda: world.events("NameTaken", "default/machines"))
    verdicts.add("a Service named like an existing VirtualIP: Event NameTaken, nothing touched",
                 bool(taken) and world.vip_of("machines")["spec"]["addresses"] == ["192.0.2.100"], str(taken))
    world.service("plain", {})
    told = until(lambda: [c for c in world.get("/api/v1/namespaces/default/services/plain")["status"].get(
        "conditions", []) if c["type"] == "Accepted"])
    verdicts.add("a Service without an address: Accepted=False, NotYetSupported",
                 bool(told) and (told[0]["status"], told[0]["reason"]) == ("False", "NotYetSupported"), str(told))
    for name in ("machines", "plain"):
        world.delete(f"/api/v1/namespaces/default/services/{name}")


def let_go(world, names):
    """Deletes VirtualIPs; every member reports that it holds nothing of them any more."""
    for name in names:
        world.delete(f"{OURS}/namespaces/default/virtualips/{name}")

    def gone():
        for group in world.items("vrrpgroups"):
            if group["metadata"].get("annotations", {}).get("fairlead.dev/releasing"):
                for member in group["spec"]["members"]:
                    entries = {m["node"]: m for m in group.get("status", {}).get("members", [])}
                    kept = entries.get(member["node"], {"state": "Backup"})
                    with contextlib.suppress(Gone):  # with the last report the group goes
                        world.member(group["metadata"]["name"], member["node"], kept["state"],
                                     **{k: kept[k] for k in ("since", "instance", "hears") if k in kept})
        return not any(world.vip_of(name) for name in names)
    return until(gone, 15)


def poison(verdicts, world, controller):
    base, name = "/apis/admissionregistration.k8s.io/v1", "fairlead-controller-test"
    world.apply(f"{base}/validatingadmissionpolicies/{name}", {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {"failurePolicy": "Fail",
                 "matchConstraints": {"resourceRules": [{
                     "apiGroups": ["fairlead.dev"], "apiVersions": ["v1alpha1"], "operations": ["CREATE", "UPDATE"],
                     "resources": ["realserversets"]}]},
                 "validations": [{"expression": "object.metadata.name != 'poison-v4-0'", "message": "not this one"}]}})
    world.apply(f"{base}/validatingadmissionpolicybindings/{name}", {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}})

    def denied():
        body = {"apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet",
                "metadata": {"name": "poison-v4-0", "namespace": "default"}, "spec": {"group": "g"}}
        return "not this one" in json.dumps(world.api.request(
            "PATCH", f"{OURS}/namespaces/default/realserversets/poison-v4-0?fieldManager=t&dryRun=All",
            json.dumps(body), APPLY)[1])
    until(denied, 20)
    for vip, address in (("poison", "192.0.2.105"), ("sound", "192.0.2.106")):
        world.vip(vip, {"addresses": [address], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    sound = until(lambda: world.get(f"{OURS}/namespaces/default/realserversets/sound-v4-0"))
    verdicts.add("an object that cannot be written holds up no other", bool(sound)
                 and not world.get(f"{OURS}/namespaces/default/realserversets/poison-v4-0"))
    time.sleep(2)
    lines = [l for l in controller.log().splitlines() if "controller.write_failed" in l and "poison-v4-0" in l]
    verdicts.add("it is said once, and why", len(lines) == 1 and "not this one" in lines[0], str(lines))
    tries = controller.metric('fairlead_controller_reconcile_total{kind="realserversets",result="failed"}')
    verdicts.add("and tried again ever more slowly", 1 < tries < 15, str(tries))
    for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
        world.delete(f"{base}/{kind}/{name}")
    healed = until(lambda: world.get(f"{OURS}/namespaces/default/realserversets/poison-v4-0"), 40)
    verdicts.add("until it works", bool(healed))
    verdicts.add("and both go again", bool(let_go(world, ["poison", "sound"])))


def foreign_writer(verdicts, world, controller):
    path = "/api/v1/namespaces/default/services/web/status"
    world.apply(path, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
                       "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9", "ipMode": "VIP"}]}}}, "somebody")
    counted = until(lambda: controller.metric("fairlead_controller_foreign_writes_total") >= 1)
    time.sleep(2)
    total = controller.metric("fairlead_controller_foreign_writes_total")
    verdicts.add("another writer of the Service's status is counted and backed off from, not fought",
                 bool(counted) and total < 15, str(total))
    world.apply(path, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}},
                "somebody")
    ours = until(lambda: world.get("/api/v1/namespaces/default/services/web")["status"].get("loadBalancer", {}).get(
        "ingress") == [{"ip": "192.0.2.101", "ipMode": "Proxy"}], 40)
    verdicts.add("when it gives the field up, ours is there again", bool(ours))


def release(verdicts, world):
    group = world.group_of("192.0.2.101")["metadata"]["name"]
    world.delete("/api/v1/namespaces/default/services/web")
    emptied = until(lambda: not world.group_of("192.0.2.101"))
    # The address leaves as soon as the Service is gone; the garbage collector marks the VirtualIP in its own time.
    going = until(lambda: world.vip_of("web")["metadata"].get("deletionTimestamp"))
    verdicts.add("a Service deleted: its VirtualIP goes, and the address leaves its group", bool(emptied) and bool(going),
                 f"emptied {emptied}, {world.vip_of('web')}")
    time.sleep(0.5)
    verdicts.add("the finalizer stays until every member has reported", bool(world.vip_of("web")))
    world.vip("again", {"addresses": ["192.0.2.101"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.condition("again", "Allocated")["status"])
    verdicts.add("meanwhile nobody gets the address", world.condition("again", "Allocated")["reason"] == "AddressInUse",
                 str(world.condition("again", "Allocated")))
    for node in ("node-a", "node-b"):
        world.member(group, node, "Initialize")
    time.sleep(0.5)
    verdicts.add("two of three are not enough", bool(world.vip_of("web")))
    world.member(group, "node-c", "Initialize")
    gone = until(lambda: not world.vip_of("web"))
    verdicts.add("with the last report finalizer and RealServerSet are gone",
                 bool(gone) and not world.get(f"{OURS}/namespaces/default/realserversets/web-v4-0"), str(world.vip_of("web")))
    placed = until(lambda: world.group_of("192.0.2.101"))
    verdicts.add("and the next one gets the address", bool(placed))
    return "again"


def passing_over(verdicts, world, name):
    group = until(lambda: world.group_of("192.0.2.101"))["metadata"]["name"]
    world.node("node-c", "192.0.2.3", ready="False")
    world.delete(f"{OURS}/namespaces/default/virtualips/{name}")
    until(lambda: not world.group_of("192.0.2.101"))
    for node in ("node-a", "node-b"):
        world.member(group, node, "Initialize")
    gone = until(lambda: not world.vip_of(name))
    events = until(lambda: world.events("IPReleased", "node-c"))
    verdicts.add("a member whose Node is NotReady is passed over, with an Event that names it", bool(gone) and bool(events),
                 str(world.vip_of(name)))
    world.vip("third", {"addresses": ["192.0.2.101"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.condition("third", "Allocated")["status"])
    said = world.condition("third", "Allocated")
    verdicts.add("its address stays blocked: may still be held by node-c",
                 said["reason"] == "AddressInUse" and "may still be held by node node-c" in said["message"], str(said))
    world.member(group, "node-c", "Initialize")
    free = until(lambda: world.condition("third", "Allocated")["status"] == "True")
    verdicts.add("until that member reports", bool(free), str(world.condition("third", "Allocated")))
    world.node("node-c", "192.0.2.3")


def finish(verdicts, world, controller):
    settle(world)
    verdicts.add("/metrics counts VirtualIPs by state", 'fairlead_controller_virtualips{state="Ready"} 1' in
                 controller.get(controller.metrics, "/metrics")[1])
    state = json.loads(controller.get(controller.metrics, "/state")[1])
    verdicts.add("/state is JSON that names the master", any(v["name"] == "machines" and v["master"] == "node-b"
                                                             for v in state["virtualIPs"]), str(state))
    verdicts.add("SIGTERM stops it with 0", controller.stop() == 0)


def half_blind(verdicts, world, folder, kubeconfig):
    """K-19: started without the right to list VirtualIPs, the controller sees groups that nobody seems to own."""
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/fairlead-controller"
    rules = world.get(path)["rules"]
    without = [dict(rule, resources=[r for r in rule["resources"] if r != "virtualips"]) for rule in rules]

    def allow(wanted):
        world.api.request("PATCH", path, json.dumps({"rules": wanted}), "application/merge-patch+json")
    before = world.versions()
    allow(without)
    controller = Controller(folder, kubeconfig, "half-blind")
    said = until(lambda: "api.forbidden" in controller.log(), 15)
    time.sleep(2)
    verdicts.add("before every kind has been listed nothing is decided, least of all a removal (K-19)",
                 bool(said) and world.versions() == before
                 and controller.get(controller.health, "/readyz")[0] == 503, controller.log()[-800:])
    allow(rules)
    ready = until(lambda: controller.get(controller.health, "/readyz")[0] == 200, 40)
    settle(world)
    verdicts.add("with the right given back it goes on, and still nothing has to be written",
                 bool(ready) and world.versions() == before, controller.log()[-800:])
    controller.stop()


def restart(verdicts, world, folder, kubeconfig):
    before = world.versions()
    controller = Controller(folder, kubeconfig, "restarted")
    until(lambda: controller.get(controller.health, "/readyz")[0] == 200)
    time.sleep(2)
    verdicts.add("a restart writes nothing", world.versions() == before, str(
        {k: (before.get(k), v) for k, v in world.versions().items() if before.get(k) != v}))
    for name in [v["metadata"]["name"] for v in world.items("virtualips")]:
        world.delete(f"{OURS}/namespaces/default/virtualips/{name}")
    for _ in range(2):
        time.sleep(0.5)
        for group in world.items("vrrpgroups"):
            for member in group["spec"]["members"]:
                with contextlib.suppress(Gone):
                    world.member(group["metadata"]["name"], member["node"], "Initialize")
    clean = until(lambda: not world.items("virtualips") and not world.items("vrrpgroups")
                  and not world.items("realserversets"))
    verdicts.add("with everything deleted no group, set or finalizer is left", bool(clean),
                 str([world.items(p) for p in ("virtualips", "vrrpgroups", "realserversets")])[:600])
    world.delete("/api/v1/nodes/node-c")
    swept = until(lambda: len(world.items("nodereports")) == 2)
    verdicts.add("the report of a Node that is gone is deleted", bool(swept))
    controller.stop()


def refused(verdicts, api, folder, token):
    bad_token = kubeconfig_of(api, folder, "not-a-token", name="bad-token")
    controller = Controller(folder, bad_token, "bad-token")
    said = until(lambda: "401" in controller.log(), 15)
    verdicts.add("a wrong token: a clear line, a metric, no crash", bool(said) and controller.process.poll() is None
                 and controller.metric("fairlead_api_") > 0, controller.log()[-1500:])
    controller.stop()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-days", "2",
                    "-keyout", folder + "/other.key", "-out", folder + "/other.crt"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(folder + "/other.crt", "rb") as file:
        other = base64.b64encode(file.read()).decode()
    controller = Controller(folder, kubeconfig_of(api, folder, token, other, "bad-ca"), "bad-ca")
    said = until(lambda: "certificate" in controller.log().lower(), 15)
    verdicts.add("a wrong CA: a clear line, no crash", bool(said) and controller.process.poll() is None,
                 controller.log()[-1500:])
    verdicts.add("it stops on SIGTERM all the same", controller.stop() == 0)


def main():
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-controller-") as folder, apiserver.api_server() as api:
        usage_cases(verdicts, folder)
        _, token = api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=1h")
        kubeconfig = kubeconfig_of(api, folder, token.strip())
        world = World(api)
        controller = crd_cases(verdicts, api, folder, kubeconfig)
        try:
            name = main_flow(verdicts, world)
            failover(verdicts, world, name)
            split(verdicts, world, name)
            quiet(verdicts, world, controller)
            bad_input(verdicts, world)
            services(verdicts, world)
            poison(verdicts, world, controller)
            foreign_writer(verdicts, world, controller)
            passing_over(verdicts, world, release(verdicts, world))
            by_hand.shared(verdicts, world, until, let_go)
            by_hand.own(verdicts, world, until)
            finish(verdicts, world, controller)
            half_blind(verdicts, world, folder, kubeconfig)
            restart(verdicts, world, folder, kubeconfig)
            refused(verdicts, api, folder, token.strip())
        finally:
            if controller.process.poll() is None:
                controller.stop()
            if os.environ.get("FAIRLEAD_SHOW_LOG"):
                print(controller.log(), file=sys.stderr)
    verdicts.end()


if __name__ == "__main__":
    main()
