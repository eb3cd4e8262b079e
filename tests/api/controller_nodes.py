"""For controller_test.py: what a cordon, the exclusion label and a taint of a Node do to its members (kubernetes.md 6, FN-25), with the
real Node objects: nobody hands over before another is ready, and an excluded node leaves in two steps."""
import json

from controller_world import OURS
from patience import until

EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
TAINT = {"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}


def change(world, node, body):
    world.api.request("PATCH", f"/api/v1/nodes/{node}", json.dumps(body), "application/merge-patch+json")


def members(world, name):
    group = world.get(f"{OURS}/vrrpgroups/{name}")
    return {m["node"]: (m["priority"], m.get("handOver", False)) for m in group["spec"]["members"]}


def labelled(world, name, node):
    return f"node.fairlead.dev/{node}" in world.get(f"{OURS}/vrrpgroups/{name}")["metadata"].get("labels", {})


def speakers(world, name):
    return {entry["node"] for entry in world.get(f"{OURS}/vrrpgroups/{name}")["status"]["members"]}


def report(world, name, master, nodes=("node-a", "node-b", "node-c")):
    """Each as its node would, of the present generation; node-a in its second run, as controller_serving left it."""
    for node in nodes:
        more = {"instance": "node-a-2"} if node == "node-a" else {}
        if node == master:
            world.member(name, node, "Master", **more, since="2026-01-01T00:03:00Z")
        else:
            world.member(name, node, "Backup", **more, hears="192.0.2.1")


def signals(verdicts, world, name):
    before = members(world, name)
    report(world, name, "node-b")
    change(world, "node-b", {"spec": {"unschedulable": True}})
    told = until(lambda: members(world, name)["node-b"] == (before["node-b"][0], True))
    verdicts.add("a cordoned node's member is told to hand over, and keeps its seat and rank", bool(told), str(members(world, name)))
    report(world, name, "node-a")
    change(world, "node-b", {"spec": {"unschedulable": None}})
    back = until(lambda: members(world, name) == before)
    verdicts.add("uncordoned, all is as before", bool(back), str(members(world, name)))
    report(world, name, "node-b")
    change(world, "node-c", {"metadata": {"labels": {EXCLUDE: ""}}})
    told = until(lambda: members(world, name)["node-c"][1])
    verdicts.add("an excluded node is told to hand over first", bool(told), str(members(world, name)))
    report(world, name, "node-b")
    left = until(lambda: "node-c" not in members(world, name))
    verdicts.add("then, once it has reported, it is no member; its label stays until it has said that it knows",
                 bool(left) and labelled(world, name, "node-c"), str(world.get(f"{OURS}/vrrpgroups/{name}")["metadata"]))
    report(world, name, "node-b")
    clean = until(lambda: not labelled(world, name, "node-c"))
    verdicts.add("then the label goes, too", bool(clean), str(members(world, name)))
    gone = until(lambda: speakers(world, name) == {"node-a", "node-b"}, 15)
    verdicts.add("and last its entry in the group's status, by the rights and policies of the manifests; those of the members stay",
                 bool(gone), str(speakers(world, name)))
    change(world, "node-c", {"metadata": {"labels": {EXCLUDE: None}}})
    joined = until(lambda: "node-c" in members(world, name))
    verdicts.add("without the label it joins again", bool(joined), str(members(world, name)))
    report(world, name, "node-b")
    change(world, "node-c", {"spec": {"taints": [TAINT]}})
    left = until(lambda: "node-c" not in members(world, name))
    verdicts.add("a node that the autoscaler is about to delete leaves at once", bool(left), str(members(world, name)))
    change(world, "node-c", {"spec": {"taints": None}})
    until(lambda: "node-c" in members(world, name))
    report(world, name, "node-b")
    ready = until(lambda: world.status_of("machines").get("state") == "Ready" and world.status_of("machines").get("master") == "node-b")
    verdicts.add("all that while it is served, and Ready in the end", bool(ready), str(world.status_of("machines")))
