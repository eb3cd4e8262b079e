"""For election_test.py: a leader that stands still past its lease, and wakes (FC-02, I-13)."""
import collections
import json
import signal
import time

from controller_world import APPLY, OURS, settle
from patience import until

MANY = range(80, 230)  # last bytes of addresses: more writes than leave at once
FEW = ("--kube-api-qps", "25", "--kube-api-burst", "25")  # so that they do not, however slowly they are made


def standby_of(stage, name, *words):
    standby = stage.replica(name, *words)
    standby.ready()
    standby.said("controller.lease_holder")
    return standby


def woken(stage, leader, what):
    """Thaws it. The number of the first line of the audit log after that."""
    seen = len(stage.lines())
    leader.process.send_signal(signal.SIGCONT)
    ended = until(lambda: leader.process.poll() is not None, 10)
    stage.check(f"{what}: when it wakes it sees at once that it has lost the Lease, and ends with 1",
                ended and leader.process.poll() == 1 and leader.said("controller.lease_lost", 1), leader.log()[-800:])
    time.sleep(1)
    return seen


def all_of(replica, since):
    return replica.writes(since) + replica.writes(since, lease=True)


def brief(lines):
    return [(line["verb"], line["objectRef"].get("name"), line["responseStatus"]["code"]) for line in lines[:12]]


def idle(stage, leader):
    """Nothing on its way; a change waits in its sockets. Returns the new leader."""
    standby = standby_of(stage, "fourth", *FEW)
    settle(stage.world)
    leader.process.send_signal(signal.SIGSTOP)
    begun, seen = time.time(), len(stage.lines())
    stage.vip("four", 73)
    took = standby.leads()
    stage.check("a leader stands still: the standby takes over, not before the lease has run out", took and took - begun > stage.soonest,
                took and took - begun)
    stage.check("and does what was wanted", stage.served(73), standby.log()[-600:])
    settle(stage.world)
    woken(stage, leader, "idle")
    late = all_of(leader, seen)
    stage.check("idle: it has written nothing, not even to the Lease", not late, brief(late))
    made = [line for line in stage.lines()[seen:] if line["responseStatus"]["code"] == 201 and
            line["objectRef"]["resource"] == "vrrpgroups"]
    changed = [line for line in stage.lines()[seen:] if line["responseStatus"]["code"] < 300 and
               line["objectRef"]["resource"] == "virtualips" and "subresource" not in line["objectRef"]]
    stage.check("idle: what was wanted is applied once", len(changed) == 1 and len(made) <= 1, brief(changed + made))
    return standby


def busy(stage, leader):
    """In the middle of more writes than leave at once: some wait for their turn. Returns the new leader."""
    def throttled():
        return leader.metric('fairlead_api_throttled_total{source="client"}')
    standby = standby_of(stage, "fifth")
    for number in MANY:
        stage.vip(f"many-{number}", number)
    settle(stage.world)
    time.sleep(2)  # its bucket is full again
    before, waited = len(stage.lines()), throttled()
    stage.world.pool("more", ["192.0.2.80-192.0.2.239"])  # all of them get their addresses at once
    until(lambda: throttled() > waited, 20)
    leader.process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    half = len(leader.writes(before))
    stage.check("a leader stands still in the middle of its writes: the standby takes over", standby.leads(), standby.log()[-600:])
    whole = until(lambda: all(stage.world.status_of(f"many-{number}").get("groups") for number in MANY), 60)
    stage.check("and finishes them", whole and standby.writes(before), f"{half} by the first, {len(standby.writes(before))} by the second")
    settle(stage.world)
    seen = woken(stage, leader, "busy")
    stage.check("busy: writes waited for their turn, and were withheld", "api.withheld" in leader.log(), leader.log()[-600:])
    late = all_of(leader, seen)
    stage.check("busy: none of its writes took effect", not [line for line in late if line["responseStatus"]["code"] < 300], brief(late))
    applied = collections.Counter(
        line["objectRef"]["name"] for line in stage.lines()[before:]
        if line["responseStatus"]["code"] < 300 and line["objectRef"]["resource"] == "virtualips" and "subresource" not in line["objectRef"])
    stage.check("busy: every finalizer was applied once, by one of the two", len(applied) == len(MANY) and set(applied.values()) == {1},
                [item for item in applied.items() if item[1] != 1][:12] or len(applied))
    return standby


def made_anew(stage):
    """What every write of ours to what is there names, so that a leader who is late brings nothing back."""
    path = f"{OURS}/addresspools/late"

    def applied(**metadata):
        body = {"apiVersion": "fairlead.dev/v1alpha1", "kind": "AddressPool", "metadata": {"name": "late", **metadata},
                "spec": {"addresses": ["198.51.100.1/32"]}}
        return stage.world.api.request("PATCH", f"{path}?fieldManager=late&force=true", json.dumps(body), APPLY)
    there = applied()[1]["metadata"]
    stage.world.delete(path)
    version = {"resourceVersion": there["resourceVersion"]}
    named, unnamed = applied(uid=there["uid"], **version)[0], applied(**version)[0]
    stage.check("K-27: an apply of what is gone is refused by its UID, and by its version alone makes it anew", (named, unnamed) == (409, 201),
                f"{named} {unnamed}")
    stage.world.delete(path)


def once(stage):
    """Every VirtualIP has its address in one group."""
    held = collections.Counter(a["address"] for group in stage.world.items("vrrpgroups") for a in group["spec"].get("addresses", []))
    wanted = {address for vip in stage.world.items("virtualips") for address in vip["spec"]["addresses"]}
    return set(held) == wanted and set(held.values()) == {1}
