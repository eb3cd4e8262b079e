"""For node_test.py: preemptDelaySeconds of the real node. A living Master of lower priority, Fairlead's vrrp thread alone, keeps the
role until the delay has passed since the node's services were programmed."""
import json
import subprocess
import time

from node_world import BUILD, FAR, until

VIP, VRID, DELAY_S, INTERVAL_MS = "192.0.2.140", 77, 2, 250
ADI_MS = 804  # Active_Down_Interval of priority 200


def master(folder):
    """vrrp_runner as node-b at the far end."""
    spec = {"family": "IPv4", "virtualRouterID": VRID, "interface": "far0", "advertIntervalMs": INTERVAL_MS,
            "addresses": [{"address": VIP}], "members": [{"node": "node-a", "priority": 200}, {"node": "node-b", "priority": 100}]}
    path = folder + "/late.json"
    with open(path, "w") as file:
        json.dump({"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": "late"}, "spec": spec}, file)
    with open(folder + "/late.log", "w") as log:
        return subprocess.Popen(["ip", "netns", "exec", FAR, BUILD + "/support/vrrp_runner", "--node", "node-b", path], stdout=log)


def said(folder):
    with open(folder + "/late.log") as log:
        return log.read()


def preempts_late(verdicts, world, link, daemon, folder):
    other = master(folder)
    try:
        seen = until(lambda: "group=late state=Master" in said(folder), 10)
        verdicts.add("preemptDelaySeconds: another is Master first", seen, said(folder))
        world.group("late", VRID, [{"address": VIP, "forwarding": "Delegate"}], preemptDelaySeconds=DELAY_S)
        until(lambda: daemon.group("late").get("state") == "Backup", 20)
        backup = time.monotonic()
        held = until(lambda: link.holds(VIP), 20)
        took = 1000 * (time.monotonic() - backup)
        # The last advert that still counts comes in the interval before the delay ends; 400 ms for a busy machine.
        least = 1000 * DELAY_S + ADI_MS - INTERVAL_MS
        verdicts.add("preemptDelaySeconds: the role is taken back that much later", held and least - 150 <= took <= least + INTERVAL_MS + 400,
                     f"{took:.0f} ms, {least}..{least + INTERVAL_MS} wanted")
        reason = until(lambda: world.entry("late").get("lastTransition", {}).get("reason") == "Preempted", 10)
        verdicts.add("preemptDelaySeconds: the entry says Preempted", reason, json.dumps(world.entry("late")))
    finally:
        other.terminate()
        other.wait(10)
    world.delete("/apis/fairlead.dev/v1alpha1/vrrpgroups/late")
    verdicts.add("preemptDelaySeconds: the group goes, and its address", until(lambda: not link.holds(VIP)), "")
