#!/usr/bin/python3
"""The Events of the real fairlead-node about its VRRPGroups, under its own service account, against a real API server
(kubernetes.md 6, K-32; vrrp.md 1.11, FN-06), and what it does about a second daemon of its name (FN-18).
$FAIRLEAD_BUILD: the build. Needs root."""
import json
import os
import shutil
import sys
import tempfile
import time

import apiserver
from node_world import FAR, NAMESPACE, Daemon, Link, Path, World, must
from patience import until

VIP, MORE, FOREIGN = "192.0.2.100", "192.0.2.101", "192.0.2.200"

# An advert of version 3, VRID 51, 250 ms, from 192.0.2.2: priority, then the addresses it lists.
SPEAK = """
import socket, struct, sys
body = b"".join(map(socket.inet_aton, sys.argv[2:]))
def message(checksum):
    return struct.pack("!BBBBHH", 0x31, 51, int(sys.argv[1]), len(sys.argv) - 2, 25, checksum) + body
total = sum(struct.unpack("!%dH" % (len(message(0)) // 2), message(0)))
total = (total & 0xffff) + (total >> 16)
total = (total & 0xffff) + (total >> 16)
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.2"))
out.sendto(message(~total & 0xffff), ("224.0.0.18", 0))
"""


def speak(priority, *addresses):
    must("ip", "netns", "exec", FAR, "/usr/bin/python3", "-c", SPEAK, str(priority), *addresses)


def told(world, reason, count=1):
    """The Events of that reason, once there are so many; else what there is."""
    until(lambda: len(world.events("g", reason)) >= count, 20)
    return world.events("g", reason)


def becomes_master(verdicts, world, daemon):
    world.group("g", 51, [{"address": VIP, "forwarding": "Delegate"}])
    until(lambda: world.state("g") == "Master")
    events = told(world, "BecameMaster")
    event = events[0] if events else {"regarding": {}, "metadata": {}}
    instance = world.entry("g").get("instance")
    verdicts.add("becoming Master is one Event", len(events) == 1, json.dumps(events) + daemon.log()[-2000:])
    verdicts.add("in default, about the VRRPGroup, Normal, with the node and why in its note",
                 event["metadata"].get("namespace") == "default" and event.get("type") == "Normal"
                 and event["regarding"].get("kind") == "VRRPGroup" and event["regarding"].get("name") == "g"
                 and event.get("note") == "node-a: " + world.entry("g")["lastTransition"]["reason"], json.dumps(event))
    verdicts.add("it says which daemon tells it", event.get("reportingController") == "fairlead.dev/node"
                 and event.get("reportingInstance") == f"fairlead-node-node-a-{instance}", json.dumps(event))
    _, text = world.api.kubectl("describe", "vrrpgroup", "g")
    verdicts.add("kubectl describe shows it", "BecameMaster" in text, text)


def loses_and_wins(verdicts, world, daemon):
    """One advert of a higher priority, three times: what repeats is one Event, whose series counts."""
    for number in (1, 2, 3):
        speak(250, VIP)
        lost = until(lambda: world.state("g") == "Backup", 5)
        won = until(lambda: world.state("g") == "Master", 10)
        if not (lost and won):
            verdicts.add(f"loses and wins the role, time {number}", False, json.dumps(world.entry("g")))
            return
    backup = until(lambda: told(world, "BecameBackup")[0].get("series", {}).get("count") == 2 and told(world, "BecameBackup"), 20)
    verdicts.add("losing the role three times is one Event, counted at its second time", bool(backup) and len(backup) == 1
                 and backup[0]["note"] == "node-a: HigherPriorityHeard", json.dumps(told(world, "BecameBackup")))
    dropped = daemon.metric("fairlead_events_dropped_total")
    verdicts.add("and no Event was refused or lost", dropped == 0, str(dropped))


def removed(verdicts, world, link):
    """FN-06."""
    must("ip", "-n", NAMESPACE, "address", "delete", VIP + "/32", "dev", "vip0")
    events = told(world, "AddressRemovedByOther")
    verdicts.add("an address removed by hand is back, and a Warning that names it", len(events) == 1 and link.holds(VIP)
                 and events[0]["type"] == "Warning" and events[0]["note"] == f"node-a: {VIP} removed by others",
                 json.dumps(events))


def stranger(verdicts, world):
    """FN-21. Before he lists an address of ours: from then on he is none."""
    speak(1, FOREIGN)
    events = told(world, "VRIDInUse")
    verdicts.add("a stranger with our VRID is a Warning that names him", len(events) == 1
                 and events[0]["note"].startswith("node-a: 192.0.2.2 "), json.dumps(events))


def another_list(verdicts, world):
    """vrrp.md 1.11."""
    begun = time.monotonic()
    while time.monotonic() < begun + 9:
        speak(1, VIP, MORE)
        time.sleep(0.5)
    early = world.events("g", "AddressesDiffer")
    while time.monotonic() < begun + 12:
        speak(1, VIP, MORE)
        time.sleep(0.5)
    events = told(world, "AddressesDiffer")
    verdicts.add("another list of addresses is a Warning once it lasts, not before", early == [] and len(events) == 1
                 and events[0]["note"].startswith("node-a: 192.0.2.2 ") and world.state("g") == "Master",
                 json.dumps([early, events]))
    verdicts.add("and a condition of the member", "AddressesDiffer" in world.problems("g"), json.dumps(world.entry("g")))


def refused(verdicts, world):
    """What the plan has against a group: no thread of the node has it."""
    world.group("later", 61, [{"address": "192.0.2.111", "forwarding": "Delegate"}], trackQuorum={"weight": 10})
    until(lambda: world.events("later", "NotYetSupported"), 20)
    events = world.events("later", "NotYetSupported")
    verdicts.add("a group that the node cannot run is a Warning that names the field", len(events) == 1 and
                 events[0]["type"] == "Warning" and events[0]["note"] == "node-a: spec.trackQuorum: is not supported yet",
                 json.dumps(events))
    world.delete("/apis/fairlead.dev/v1alpha1/vrrpgroups/later")


def second_daemon(verdicts, world, folder, good, daemon):
    """FN-18: the far side is a copy of the node: its name, its token, its checkpoint, an interface of the same name."""
    for words in ("set far0 down", "set far0 name vip0", "set vip0 up"):
        must("ip", "-n", FAR, "link", *words.split())
    shutil.copytree(daemon.state_dir, folder + "/copy")
    path = Path(world.cluster["server"], FAR)
    path.open()
    twin = Daemon(folder, good, "twin", folder + "/copy", namespace=FAR)
    try:
        def both(what):
            return until(lambda: what(daemon.group("g")) and what(twin.group("g")), 60)
        verdicts.add("a second daemon of the node's name: each says DuplicateNode",
                     both(lambda g: "DuplicateNode" in [p["type"] for p in g.get("problems", [])]),
                     json.dumps([daemon.group("g"), twin.group("g")]) + twin.log()[-1500:])
        verdicts.add("and each goes to priority 1", both(lambda g: g.get("priority") == 1),
                     json.dumps([daemon.group("g"), twin.group("g")]))
        events = told(world, "DuplicateNode", 2)
        verdicts.add("each tells it by an Event that names the other", len(events) == 2 and all(
            e["reportingInstance"].rsplit("-", 1)[-1] not in e["note"] for e in events), json.dumps(events))
        verdicts.add("the member's entry and the NodeReport say it", "DuplicateNode" in world.problems("g")
                     and any(p.startswith("DuplicateNode: ") for p in world.report().get("problems", [])),
                     json.dumps([world.entry("g"), world.report()]))
        states = sorted(d.group("g").get("state") for d in (daemon, twin))
        verdicts.add("one of them is Master", states == ["Backup", "Master"], str(states))
    finally:
        twin.kill()
        path.cut()
    if os.environ.get("FAIRLEAD_LONG"):
        single = until(lambda: daemon.group("g").get("priority") == 200, 130)
        verdicts.add("90 s after the other's last word all is as before", single and daemon.group("g").get("problems") == []
                     and "node.single_again" in daemon.log(), json.dumps(daemon.group("g")))


def main():
    if os.geteuid() != 0:
        sys.exit("SKIPPED: needs root, for namespaces")
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-events-") as folder, apiserver.api_server() as api, Link() as link:
        world = World(api, folder)
        try:
            world.path.open()
            world.make_node()
            good = world.kubeconfig("good")
            daemon = Daemon(folder, good)
            becomes_master(verdicts, world, daemon)
            stranger(verdicts, world)
            loses_and_wins(verdicts, world, daemon)
            removed(verdicts, world, link)
            another_list(verdicts, world)
            refused(verdicts, world)
            second_daemon(verdicts, world, folder, good, daemon)
            verdicts.add("it stops", daemon.stop() == 0)
        finally:
            world.path.cut()
    verdicts.end()


if __name__ == "__main__":
    main()
