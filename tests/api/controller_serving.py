"""For controller_test.py: from a VirtualIP or a Service to group, set and status, and whom the status names as master."""
import re
import time

from controller_world import OURS, settle
from patience import until

GENERATED = re.compile(r"^192-0-2-0-24-v4-\d+$")


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
    row = world.row("virtualips", "machines")
    verdicts.add("one line of kubectl get vip tells who holds it, since when and why",
                 [row.get(c) for c in ("ADDRESS", "MASTER", "WHY", "FROM", "OUTAGE-MS")] ==
                 ["192.0.2.100", "node-b", "MasterDown", "node-a", 812] and bool(row.get("SINCE")), str(row))
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
    world.service("plain", {"fairlead.dev/address-pool": "absent"})
    told = until(lambda: [c for c in world.get("/api/v1/namespaces/default/services/plain")["status"].get(
        "conditions", []) if c["type"] == "Accepted"])
    verdicts.add("a Service that names a pool that is not there: Accepted=False, PoolNotFound",
                 bool(told) and (told[0]["status"], told[0]["reason"]) == ("False", "PoolNotFound"), str(told))
    for name in ("machines", "plain"):
        world.delete(f"/api/v1/namespaces/default/services/{name}")
