"""For node_test.py: groups that change, that cannot run and that end, beside one that goes on."""
import json
import time

from node_world import OURS, VIP, delegate
from patience import until


def addresses_change(verdicts, world, link):
    more = "192.0.2.101"
    generation = world.group("g", 51, delegate(VIP, more))["metadata"]["generation"]
    reported = until(lambda: world.entry("g").get("observedGeneration") == generation and
                     world.entry("g").get("programmed"))
    verdicts.add("a new address is held once its generation is reported as programmed", reported and
                 until(lambda: link.holds(more), 1),
                 json.dumps(world.entry("g")))
    generation = world.group("g", 51, delegate(VIP))["metadata"]["generation"]
    reported = until(lambda: world.entry("g").get("observedGeneration") == generation)
    verdicts.add("a removed address is gone when its generation is reported",
                 reported and not link.holds(more) and link.holds(VIP), json.dumps(world.entry("g")))


def bad_groups(verdicts, world, link, daemon):
    """I-8: each of them harms itself only."""
    world.group("missing", 60, delegate("192.0.2.110"), interface="eth9")
    verdicts.add("interface missing: Initialize with the reason",
                 until(lambda: "InterfaceMissing" in world.problems("missing")) and
                 world.state("missing") == "Initialize", json.dumps(world.entry("missing")))
    world.group("later", 61, delegate("192.0.2.111"), trackQuorum={"weight": 10})
    verdicts.add("a field that is not built yet: Initialize with NotYetSupported",
                 until(lambda: world.problems("later") == ["NotYetSupported"]), json.dumps(world.entry("later")))
    world.group("twin", 51, delegate("192.0.2.112"))
    verdicts.add("our VRID on our interface: the younger is refused with VRIDInUse",
                 until(lambda: world.problems("twin") == ["VRIDInUse"]), json.dumps(world.entry("twin")))
    world.group("nat", 62, [{"address": "192.0.2.113"}])
    until(lambda: world.entry("nat"))
    time.sleep(1.5)
    verdicts.add("a NAT address is not held before its servers are known",
                 world.state("nat") != "Master" and not link.holds("192.0.2.113"), json.dumps(world.entry("nat")))
    verdicts.add("the others run on", world.state("g") == "Master" and link.holds(VIP) and
                 daemon.group("g").get("state") == "Master", "")
    problems = until(lambda: len(world.report().get("problems", [])) >= 2 and world.report()["problems"])
    verdicts.add("the NodeReport names them", bool(problems) and any("VRIDInUse" in p or "twin" in p for p in problems),
                 json.dumps(world.report()))
    for name in ("missing", "later", "twin", "nat"):
        world.delete(f"{OURS}/vrrpgroups/{name}")


def password(verdicts, world, link, daemon):
    """Authentication PASS: the file is the operator's, and without it there is no group."""
    world.group("old", 64, delegate("192.0.2.121"), version=2, advertIntervalMs=1000,
                authentication={"type": "PASS", "passwordFile": "gateway"})
    verdicts.add("a password file that is not there: not run, and said", until(
        lambda: world.problems("old") == ["PasswordMissing"]) and world.state("old") == "Initialize" and
        not link.holds("192.0.2.121"), json.dumps(world.entry("old")))
    with open(daemon.password_dir + "/gateway", "w") as file:
        file.write("secret-of-many-bytes\n")
    verdicts.add("once it is there the group runs, and what is wrong with it is said",
                 until(lambda: world.state("old") == "Master" and "PasswordTooLong" in world.problems("old")),
                 json.dumps(world.entry("old")))
    shown = json.dumps([daemon.state(), world.read_group("old"), world.report()]) + daemon.log()
    verdicts.add("the password is in no log, state or status", "secret-o" not in shown, "")
    world.delete(f"{OURS}/vrrpgroups/old")
    verdicts.add("deleted: nothing of it is left", until(lambda: not link.holds("192.0.2.121") and not any(
        "VRRPGroup old" in problem for problem in world.report().get("problems", []))),
                 json.dumps(world.report()))


def emptied_group(verdicts, world, link):
    """Release: a member reports the generation without the addresses, then the group goes."""
    world.group("short", 63, delegate("192.0.2.120"))
    until(lambda: world.state("short") == "Master")
    generation = world.group("short", 63, [])["metadata"]["generation"]
    reported = until(lambda: world.entry("short").get("observedGeneration") == generation)
    verdicts.add("a group whose last address went reports it gone", reported and not link.holds("192.0.2.120"),
                 json.dumps(world.entry("short")))
    world.delete(f"{OURS}/vrrpgroups/short")


def left_group(verdicts, world, link):
    """Release: a member that was replaced is shown the group until it has reported a generation without itself."""
    world.group("left", 64, delegate("192.0.2.121"))
    until(lambda: world.state("left") == "Master")
    group = world.group("left", 64, delegate("192.0.2.121"), members=[{"node": "node-b", "priority": 100}])
    generation = group["metadata"]["generation"]
    reported = until(lambda: world.entry("left").get("observedGeneration") == generation)
    verdicts.add("a group that was left is reported in Initialize, its address gone", reported and
                 world.state("left") == "Initialize" and not link.holds("192.0.2.121"), json.dumps(world.entry("left")))
    world.delete(f"{OURS}/vrrpgroups/left")
