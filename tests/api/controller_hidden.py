"""For controller_faults_test.py, FC-03: an older list does not show a VirtualIP, or a Node, that is there. By it nothing is freed: no
address, no finalizer, no member, no report."""
import json
import threading
import time

from controller_stale import VIPS, objects, of_that_time
from controller_world import OURS, settle
from fault_proxy import writes
from patience import until

NODES = "/api/v1/nodes"
LATE = "node-c"  # the one that joins, and is hidden


def hidden(stage, path, old, subject):
    """What a controller does that starts by that older list. (what there was, an event that ends the hiding)"""
    time.sleep(2)  # what is only told is written within seconds
    settle(stage.world)
    stage.stop()
    settle(stage.world)
    before, over, tried = objects(stage), threading.Event(), []
    stage.proxy.faults = of_that_time(stage, path, old, over)
    stage.proxy.faults.append(lambda asked: writes(asked) and tried.append(asked.path) is not None)
    stage.start()
    said = until(lambda: f"{subject}: is there, though the cache does not show it" in stage.controller.log(), 30)
    time.sleep(5)
    print(f"{subject} hidden: it tried {len(tried)} writes", flush=True)
    stage.check(f"FC-03: {subject} hidden by an older list: it is asked for, and that it is there is said", said, stage.log())
    stage.check(f"FC-03: {subject} hidden: no address is freed, no write has an effect", objects(stage) == before,
                f"{set(objects(stage).items()) ^ set(before.items())} {stage.log()}")
    return before, over


def ends(stage, path, subject, hiding, *served):
    """The watch catches up; nothing of what was there is another for it."""
    before, over = hiding
    resumed = []
    stage.proxy.faults = [lambda asked: asked.watches and asked.path.split("?")[0] == path and resumed.append(asked.path) is not None]
    over.set()
    again = until(lambda: resumed, 60)
    time.sleep(2)
    settle(stage.world)
    stage.check(f"FC-03: {subject} is shown again: all is as it was", again and stage.serves("steady", *served) and stage.ready(1) and
                objects(stage) == before, f"{resumed} {set(objects(stage).items()) ^ set(before.items())} {stage.log()}")
    stage.proxy.faults = []


def virtual_ip(stage):
    old = json.dumps(stage.world.get(VIPS))
    stage.vip("hidden", 97)
    until(lambda: stage.serves("steady", "hidden"))
    hiding = hidden(stage, VIPS, old, "virtualips/default/hidden")
    ends(stage, VIPS, "a VirtualIP", hiding, "hidden")
    stage.remove("hidden")


def node(stage):
    """It is a member, and an address that is to be released may still be held by it."""
    world = stage.world
    old = json.dumps(world.get(NODES))
    world.node(LATE, "192.0.2.3")
    world.report(LATE, "192.0.2.3")
    stage.vip("leaving", 98)

    def joined():
        return stage.serves("steady", "leaving") and all(any(m["node"] == LATE for m in g["spec"]["members"]) for g in world.items("vrrpgroups"))
    stage.check("a third node is a member of every group", until(joined), world.items("vrrpgroups"))
    stage.mute = {LATE}
    world.node(LATE, "192.0.2.3", ready="False")  # passed over at once
    stage.remove("leaving", claims=False)
    stage.vip("next", 98)

    def blocked():
        return LATE in world.condition("next", "Allocated")["message"] and not world.group_of("192.0.2.98")
    stage.check("an address that the third node may still hold is nobody's", until(blocked), world.condition("next", "Allocated"))
    hiding = hidden(stage, NODES, old, f"nodes/{LATE}")
    stage.check("FC-03: the address is nobody's still, and the node a member", blocked() and all(
        any(m["node"] == LATE for m in g["spec"]["members"]) for g in world.items("vrrpgroups")) and world.get(f"{OURS}/nodereports/{LATE}"),
        world.condition("next", "Allocated"))
    ends(stage, NODES, "a Node", hiding)
    stage.check("FC-03: seen again, it blocks that address still", blocked(), world.condition("next", "Allocated"))
    world.delete(f"{NODES}/{LATE}")
    stage.check("FC-03: once it is gone indeed the address is the next one's, and its report goes", until(
        lambda: stage.serves("steady", "next") and not world.get(f"{OURS}/nodereports/{LATE}"), 60), stage.log())
    stage.mute = set()
    stage.remove("next")


def older_lists(stage):
    """Ends with the controller stopped."""
    virtual_ip(stage)
    node(stage)
    stage.stop()
