"""For rights_test.py: a run of both components that needs every right they have. node-a is a real node in a namespace of its
own; the others are reports by hand."""
import contextlib
import json

from controller_process import Controller, kubeconfig_of
from controller_world import OURS, Gone, World
from node_events_test import speak
from node_world import Daemon, World as NodeWorld
from patience import until
from rights_external import Services

VIP, WEB = "192.0.2.100", "192.0.2.101"
NOBODY = {"metadata": {"name": "none"}}


class Run:
    """Both processes, and the objects as admin."""

    def __init__(self, api, folder):
        self.api, self.folder = api, folder
        self.world, self.node_world = World(api), NodeWorld(api, folder)
        self.controller = self.daemon = None

    def start(self, name):
        _, token = self.api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=1h")
        self.controller = Controller(self.folder, kubeconfig_of(self.api, self.folder, token.strip()), "controller-" + name)
        self.daemon = Daemon(self.folder, self.node_world.kubeconfig(name), "node-" + name)

    def stop(self):
        """Both exit codes; what had not been started ended well."""
        codes = []
        for process in (self.daemon, self.controller):
            codes.append(process.stop() if process else 0)
        self.controller = self.daemon = None
        return codes

    def logs(self):
        return "".join(p.log()[-1500:] for p in (self.controller, self.daemon) if p)

    def entry(self, group):
        members = self.world.get(f"{OURS}/vrrpgroups/{group}").get("status", {}).get("members", [])
        return next((m for m in members if m["node"] == "node-a"), {})


def serves(verdicts, run):
    """A VirtualIP on the real node, and what the controller makes of a pool."""
    world = run.world
    for number, name in enumerate(("node-a", "node-b", "node-c"), 1):
        world.node(name, f"192.0.2.{number}")
    for number, name in enumerate(("node-b", "node-c"), 2):
        world.report(name, f"192.0.2.{number}")
    run.start("first")
    world.pool("public", ["192.0.2.96-192.0.2.110"], groups=2, vrrp={"virtualRouterIDs": "51-60"})  # speak() is of 51
    cidrs = until(lambda: (world.get(f"{OURS}/addresspools/public").get("status") or {}).get("cidrs"))
    verdicts.add("the controller writes the pool's cover, which the policy reads", cidrs == [
        "192.0.2.96/29", "192.0.2.104/30", "192.0.2.108/31", "192.0.2.110/32"], str(cidrs))
    services = Services(run.api)
    services.until_judged("192.0.2.110")
    verdicts.add("and an externalIP of the range is refused, one after it is not", services.try_post(["192.0.2.110"])[0] == 403
                 and services.try_post(["192.0.2.111"])[0] == 201)
    until(lambda: world.get(f"{OURS}/nodereports/node-a"))
    world.vip("alone", {"addresses": [VIP], "forwarding": "Delegate"})
    group = until(lambda: world.group_of(VIP))
    name = (group or NOBODY)["metadata"]["name"]
    master = group and until(lambda: run.entry(name).get("state") == "Master")
    verdicts.add("the real node is Master of its group, reported under its own token", bool(master), json.dumps(group) + run.logs())
    return name


def set_status(verdicts, run, group):
    """A set by hand on the real node's group; its kernel may be without IPVS, it reports all the same."""
    run.node_world.server_set("by-hand", group, f"{VIP}:80", ["192.0.2.21"])
    where = f"{OURS}/namespaces/default/realserversets/by-hand"
    told = until(lambda: (run.world.get(where).get("status") or {}).get("members"))
    verdicts.add("the Master reports its entry of a set", bool(told) and told[0]["node"] == "node-a", str(told) + run.logs())
    run.world.reals("by-hand", "node-x", 1, 1)

    def reporters():
        return [m["node"] for m in (run.world.get(where).get("status") or {}).get("members", [])]
    verdicts.add("and the controller takes out the entry of one that is no member", until(lambda: reporters() == ["node-a"]),
                 str(reporters()) + run.logs())
    run.world.delete(where)


def events(verdicts, run, group):
    """The same Event twice is a series of one Event: that takes a patch."""
    for _ in range(2):
        speak(254, VIP)
        until(lambda: run.entry(group).get("state") == "Backup", 10)
        until(lambda: run.entry(group).get("state") == "Master", 15)
    bad, good = {"addresses": ["198.51.100.7"], "forwarding": "Delegate"}, {"addresses": ["192.0.2.105"], "forwarding": "Delegate"}
    for spec, status in ((bad, "False"), (good, "True"), (bad, "False")):
        run.world.vip("wavers", spec)
        until(lambda wanted=status: run.world.condition("wavers", "Accepted")["status"] == wanted)

    def series(reason):
        items = run.world.get("/apis/events.k8s.io/v1/events")["items"]
        return [e for e in items if e["reason"] == reason and e.get("series")]
    verdicts.add("node and controller count an Event that repeats", until(lambda: series("BecameBackup") and series("NotAccepted"), 20),
                 str([(e["reason"], e["note"]) for e in run.world.get("/apis/events.k8s.io/v1/events")["items"]]))


def service(verdicts, run):
    """A Service from its VirtualIP to its end; a Node that goes."""
    world = run.world
    world.service("web", {"fairlead.dev/loadBalancerIPs": WEB})
    world.slice("web", [("10.1.0.1", {"ready": True})])
    found = until(lambda: world.group_of(WEB) and world.get(f"{OURS}/namespaces/default/realserversets/web-v4-0"))
    verdicts.add("a Service has VirtualIP, group and set", bool(found), run.logs())
    group = world.group_of(WEB)
    names = [m["node"] for m in group["spec"]["members"]]  # the real node is one of them where its kernel has IPVS
    for name in names:
        if name != "node-a":
            state = "Master" if name == "node-b" and "node-a" not in names else "Backup"
            world.member(group["metadata"]["name"], name, state, hears="192.0.2.1")

    def ingress():
        return world.get("/api/v1/namespaces/default/services/web")["status"].get("loadBalancer", {}).get("ingress")
    verdicts.add("and its address in the status", until(ingress), str(world.status_of("web")))
    world.delete("/api/v1/namespaces/default/services/web")
    world.delete("/api/v1/nodes/node-c")
    verdicts.add("the report of a Node that is gone goes", until(lambda: not world.get(f"{OURS}/nodereports/node-c")), run.logs())


def sharing(verdicts, run):
    """Two of one address: the second is written into the status of the claim."""
    for port, name in enumerate(("one", "other"), 80):
        run.world.vip(name, {"addresses": ["192.0.2.107"], "sharingKey": "both", "ports": [{"port": port}],
                             "servers": [{"address": "192.0.2.21"}]})

    def holders():
        claim = run.world.get(f"{OURS}/addressclaims/v4-192-0-2-107") or {}
        return [h["name"] for h in claim.get("status", {}).get("holders", [])]
    verdicts.add("who shares an address stands in the status of its claim", until(lambda: sorted(holders()) == ["one", "other"]),
                 str(holders()) + run.logs())


def claims(verdicts, run):
    """A claim is made before a node can serve its address: it names the group later; or goes with its pool, of which nothing is there
    to be got."""
    world, nowhere = run.world, {"matchLabels": {"nowhere": "yes"}}
    world.pool("brief", ["192.0.2.120-192.0.2.121"])

    def ask(name, address, **more):
        world.vip(name, {"addresses": [address], "forwarding": "Delegate", **more})

    def claim(address):
        return world.get(f"{OURS}/addressclaims/v4-{address.replace('.', '-')}")

    def named(address):
        return ((claim(address) or {}).get("metadata", {}).get("annotations") or {}).get("fairlead.dev/group")
    ask("later", "192.0.2.108", placement={"nodeSelector": nowhere})
    ask("never", "192.0.2.120", placement={"nodeSelector": nowhere})
    made = until(lambda: claim("192.0.2.108") and claim("192.0.2.120"))
    verdicts.add("a claim whose address no node can hold names no group", bool(made) and not named("192.0.2.108"), run.logs())
    ask("later", "192.0.2.108")
    group = until(lambda: world.group_of("192.0.2.108"))
    verdicts.add("and the one that takes it in, once one can", bool(group) and named("192.0.2.108") == group["metadata"]["name"],
                 str(named("192.0.2.108")) + run.logs())
    world.delete(f"{OURS}/addresspools/brief")
    verdicts.add("a claim whose address is in no group goes with its pool", until(lambda: not claim("192.0.2.120")), run.logs())


def removal(verdicts, run):
    """The real node says by itself that it has let go; the others do by hand. A set whose VirtualIP is gone goes, too, once the
    controller has got that VirtualIP and found nothing."""
    world = run.world
    world.apply(f"{OURS}/namespaces/default/realserversets/left", {
        "apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet", "spec": {"group": "gone", "slice": {"index": 0, "count": 1}},
        "metadata": {"name": "left", "namespace": "default", "ownerReferences": [
            {"apiVersion": "fairlead.dev/v1alpha1", "kind": "VirtualIP", "name": "gone", "uid": "gone", "controller": True}]}})
    for name in ("alone", "wavers", "one", "other", "later", "never"):
        world.delete(f"{OURS}/namespaces/default/virtualips/{name}")

    def gone():
        for group in world.items("vrrpgroups"):
            for member in group["spec"]["members"]:
                if member["node"] != "node-a":
                    with contextlib.suppress(Gone):
                        world.member(group["metadata"]["name"], member["node"], "Backup", hears="192.0.2.1")
        return not any(world.items(plural) for plural in ("virtualips", "vrrpgroups", "realserversets"))
    verdicts.add("all of it goes", until(gone), json.dumps(world.items("vrrpgroups"))[:1500] + run.logs())


def lists(verdicts, run):
    """On a server without watch-lists both list first; a node lists sets once it has a group."""
    run.node_world.group("listed", 61, [{"address": VIP, "forwarding": "Delegate"}])
    run.start("second")
    until(lambda: run.entry("listed").get("state") == "Master", 120)
    ready = until(lambda: run.controller.get(run.controller.health, "/readyz")[0] == 200 and run.daemon.health("/readyz") == 200)
    verdicts.add("both get to work by lists, too", bool(ready), run.logs())
