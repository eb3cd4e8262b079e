"""For node_test.py: static manifests beside a real API server. The file wins, the API server's group says so in its status
(StaticConflict), and nobody waits for this node (kubernetes.md 1, issue C 1)."""
import json
import os

from node_world import NODE, OURS, Daemon, delegate
from patience import until

GROUP = """apiVersion: fairlead.dev/v1alpha1
kind: VRRPGroup
metadata: {{name: {name}}}
spec:
  family: IPv4
  virtualRouterID: {vrid}
  interface: vip0
  advertIntervalMs: 250
  addresses:
  - {{address: {address}, forwarding: Delegate}}
  members:
  - {{node: {node}, priority: 200}}
"""
FILE_VIP, SAME_ID, SAME_NAME, SAME_ADDRESS = (f"192.0.2.{n}" for n in range(130, 134))


def beside_files(verdicts, world, link, place, daemon, vip):
    """place: (folder, kubeconfig). Ends with the daemon running without files; returns it."""
    folder, good = place
    daemon.stop()
    manifests = folder + "/manifests"
    os.mkdir(manifests)
    with open(manifests + "/of-file.yaml", "w") as file:
        file.write(GROUP.format(name="of-file", vrid=70, address=FILE_VIP, node=NODE))
    daemon = Daemon(folder, good, "beside-files", prefix=("env", "FAIRLEAD_STATIC=" + manifests))
    verdicts.add("files beside the API server: both run", until(lambda: link.holds(FILE_VIP) and link.holds(vip)), daemon.log()[-2000:])
    wanted = {"same-id": world.group("same-id", 70, delegate(SAME_ID)), "of-file": world.group("of-file", 71, delegate(SAME_NAME)),
              "same-address": world.group("same-address", 72, delegate(FILE_VIP, SAME_ADDRESS))}
    for name in wanted:
        verdicts.add(f"{name}: StaticConflict in its status", until(lambda n=name: "StaticConflict" in world.problems(n)),
                     json.dumps(world.entry(name)))
    for name in ("same-id", "of-file"):
        generation = wanted[name]["metadata"]["generation"]
        verdicts.add(f"{name}: not run, and reported as let go", until(lambda n=name, g=generation: world.entry(n).get(
            "observedGeneration") == g) and world.state(name) == "Initialize", json.dumps(world.entry(name)))
    verdicts.add("same-address: runs without that address", until(lambda: world.state("same-address") == "Master" and link.holds(SAME_ADDRESS)),
                 json.dumps(world.entry("same-address")))
    verdicts.add("the file's address never moved, the others' are not held", link.holds(FILE_VIP) and not link.holds(SAME_ID) and
                 not link.holds(SAME_NAME), str(sorted(link.addresses())))
    verdicts.add("the NodeReport names the conflicts", until(lambda: sum("file of this node" in p for p in world.report().get("problems", [])) >= 3),
                 json.dumps(world.report()))
    with open(manifests + "/of-file.yaml", "w") as file:
        file.write(GROUP.format(name="of-file", vrid=700, address=FILE_VIP, node=NODE))
    verdicts.add("a file that is wrong is named there, and stays in force", until(lambda: any("of-file.yaml:6:" in p for p in world.report().get(
        "problems", []))) and link.holds(FILE_VIP), json.dumps(world.report()))
    told = [e for e in world.get("/apis/events.k8s.io/v1/namespaces/default/events")["items"] if e["regarding"].get("uid") == "manifest"]
    verdicts.add("no Event is about a group of a file", not told, json.dumps(told)[:500])
    os.unlink(manifests + "/of-file.yaml")
    verdicts.add("the file is gone: the API server's groups run", until(
        lambda: all(world.state(n) == "Master" and "StaticConflict" not in world.problems(n) for n in wanted)) and link.holds(SAME_ID) and link.holds(SAME_NAME),
        json.dumps([world.entry(n) for n in wanted]))
    for name in wanted:
        world.delete(f"{OURS}/vrrpgroups/{name}")
    verdicts.add("the group that shares nothing with a file is Master still", world.state("g") == "Master" and link.holds(vip), "")
    daemon.stop()
    daemon = Daemon(folder, good, "without-files")
    until(lambda: world.state("g") == "Master" and link.holds(vip))
    return daemon
