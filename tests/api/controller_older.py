"""For controller_faults_test.py, FC-03: the list of AddressClaims, or of VRRPGroups, is an older one: what an address is locked by is
not shown. By it no address is freed, and none is given to a second one. And SV-60: an API server older than those we support."""
import json
import threading
import time

from controller_stale import objects, of_that_time
from controller_world import OURS, settle
from fault_proxy import refuse, writes
from patience import until

CLAIMS, GROUPS = f"{OURS}/addressclaims", f"{OURS}/vrrpgroups"
MUTE = "node-b"


def locks(stage):
    """address -> (UID of its claim, UID of who has it by that, names of those who have it in a group)"""
    holders = {}
    for group in stage.world.items("vrrpgroups"):
        for address in group["spec"].get("addresses", []):
            holders.setdefault(address["address"], []).extend(owner["name"] for owner in address["owners"])
    return {claim["spec"]["address"]: (claim["metadata"]["uid"], claim["spec"]["owner"]["uid"], holders.get(claim["spec"]["address"], []))
            for claim in stage.world.items("addressclaims")}


class Behind:
    """The controller works by an older list of that path, from its start or once its watch has expired."""

    def __init__(self, stage, path, old, restarts=True):
        self.stage, self.path, self.over, self.tried = stage, path, threading.Event(), []
        settle(stage.world)
        self.locks, self.objects = locks(stage), objects(stage)
        faults = of_that_time(stage, path, old, self.over)
        faults.append(lambda asked: writes(asked) and self.tried.append(f"{asked.command} {asked.path.split('?')[0]}") is not None)
        if restarts:
            stage.stop()
            stage.proxy.faults = faults
            stage.start()
            stage.ready()
        else:
            listed = []
            note = [lambda asked: asked.path.split("?")[0] == path and not asked.watches and listed.append(asked.path) is not None]
            stage.proxy.faults = [*note, refuse(lambda asked: asked.watches and asked.path.split("?")[0] == path and not listed, 410, "Expired"), *faults]
            stage.proxy.cut_all()
            until(lambda: listed, 20)

    def changed(self):
        """Of the locks that there were, those that are not as they were."""
        now = locks(self.stage)
        return {address: (lock, now.get(address)) for address, lock in self.locks.items() if now.get(address) != lock}

    def served_by_others(self):
        """Of the addresses that were locked, those that a group has for others than then."""
        now = locks(self.stage)
        return {address: (lock[2], now[address][2]) for address, lock in self.locks.items() if address in now and now[address][2] != lock[2]}

    def ends(self):
        self.stage.proxy.faults = []
        self.over.set()
        self.stage.proxy.cut_all()


def asks(stage, name, number, **more):
    stage.world.vip(name, {"addresses": [f"192.0.2.{number}"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}], **more})


def gets_nothing(stage, name):
    """And the API server says so for a while."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if stage.world.status_of(name).get("addresses"):
            return False
        time.sleep(0.2)
    return True


def refused(stage, *names):
    return until(lambda: all(stage.world.condition(name, "Allocated")["reason"] == "AddressInUse" for name in names), 60)


def claims(stage, restarts):
    """Of one that is served, and of one that no node can serve yet: that is held by its claim alone."""
    how = "by an older list of AddressClaims at its start" if restarts else "by an older list of AddressClaims when its watch has expired"
    old = json.dumps(stage.world.get(CLAIMS))
    stage.vip("served", 96)
    asks(stage, "unplaced", 97, placement={"nodeSelector": {"matchLabels": {"nowhere": "yes"}}})
    until(lambda: stage.serves("served") and {"192.0.2.96", "192.0.2.97"} <= set(locks(stage)))
    behind = Behind(stage, CLAIMS, old, restarts)
    for name, number in (("late-96", 96), ("late-97", 97)):
        asks(stage, name, number)
    until(lambda: any(word.startswith("POST ") and "addressclaims" in word for word in behind.tried), 15)
    nothing = all([gets_nothing(stage, name) for name in ("late-96", "late-97")])
    print(f"{how} it tried {sorted(set(behind.tried))}", flush=True)
    stage.check(f"FC-03: {how} no address is freed or given to a second one", nothing and not behind.changed(), (behind.changed(), stage.log()))
    behind.ends()
    stage.check(f"FC-03: {how}: over, the second one is told who has it, and all is as it was",
                refused(stage, "late-96", "late-97") and not behind.changed() and until(lambda: stage.serves("steady", "served")), stage.log())
    stage.remove("late-96", "late-97", "served", "unplaced")


def groups(stage, restarts):
    """Of before one was served by the group; and of before another was let go by all but one node, which may have its address still."""
    how = "by an older list of VRRPGroups at its start" if restarts else "by an older list of VRRPGroups when its watch has expired"
    old = json.dumps(stage.world.get(GROUPS))
    stage.vip("served", 96)
    stage.vip("leaving", 98)
    until(lambda: stage.serves("served", "leaving"))
    stage.mute = {MUTE}
    stage.world.node(MUTE, "192.0.2.2", ready="False")  # passed over at once
    stage.remove("leaving", claims=False)
    behind = Behind(stage, GROUPS, old, restarts)
    for name, number in (("late-96", 96), ("late-98", 98)):
        asks(stage, name, number)
    nothing = all([gets_nothing(stage, name) for name in ("late-96", "late-98")])
    print(f"{how} it tried {sorted(set(behind.tried))}", flush=True)
    stage.check(f"FC-03: {how} no address is in a group for a second one, and none is told of one", nothing and "192.0.2.98" in behind.locks
                and not behind.served_by_others(), (behind.served_by_others(), stage.log()))
    behind.ends()
    stage.check(f"FC-03: {how}: over, the second one is told who has it, and all is as it was",
                refused(stage, "late-96", "late-98") and not behind.served_by_others() and until(lambda: stage.serves("steady", "served")), stage.log())
    stage.mute = set()
    stage.world.node(MUTE, "192.0.2.2")
    stage.check(f"FC-03: {how}: once the last node has let go, the address is the next one's", until(lambda: stage.serves("late-98"), 60), stage.log())
    stage.remove("late-96", "late-98", "served")


def older_locks(stage):
    """Begins and ends with a controller that runs."""
    for restarts in (True, False):
        claims(stage, restarts)
        groups(stage, restarts)


def older_server(stage):
    """Begins and ends with a controller that runs."""
    asked = []

    def version(answer):
        def fault(request):
            if request.path != "/version":
                return False
            asked.append(request.path)
            if answer:
                request.answer(200, answer)
            return bool(answer)
        return fault
    for answer, told in ((None, False), ({"major": "1", "minor": "30+", "gitVersion": "v1.30.9"}, True)):
        asked.clear()
        stage.stop()
        stage.proxy.faults = [version(answer)]
        stage.start()
        until(lambda: asked and stage.ready(1), 40)
        line = "controller.server_too_old version=1.30 oldest=1.31"
        said = until(lambda: line in stage.controller.log(), 10 if told else 2)
        stage.check(f"SV-60: an API server that is {'too old is told of, and served all the same' if told else 'supported is not told of'}",
                    asked and bool(said) == told and stage.well() and until(lambda: stage.serves("steady")), stage.log())
    stage.check("SV-60: once for a start", len(asked) == 1 and stage.controller.log().count("controller.server_too_old") == 1, asked)
    stage.proxy.faults = []
