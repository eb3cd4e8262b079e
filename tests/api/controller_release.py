"""For controller_test.py: an address is free once every member has reported that it does not hold it (api.md, Release)."""
import time

from controller_world import OURS
from patience import until


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
