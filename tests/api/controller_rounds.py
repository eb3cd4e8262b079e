"""For controller_faults_test.py, K-23: the controller works on an object once at a time, and once more on what changed meanwhile; K-42:
its metrics show the queue of its rounds."""
import time

from controller_world import OURS, settle
from fault_proxy import writes
from patience import until

SLOW = 1.0  # seconds that each write takes
CHANGES = range(81, 91)
SET = f"{OURS}/namespaces/default/realserversets/busy-v4-0"
QUEUE = '{queue="rounds"}'


def port_of(stage):
    return (stage.world.get(SET) or {"spec": {"virtualServers": [{"port": 0}]}})["spec"]["virtualServers"][0]["port"]


def overlaps(spans):
    """Pairs of writes of one object that were under way at the same time; spans: (object, begin)."""
    last, out = {}, []
    for name, begin in sorted(spans, key=lambda span: span[1]):
        if begin < last.get(name, 0.0) + SLOW:
            out.append((name, last[name], begin))
        last[name] = begin
    return out


def one_at_a_time(stage):
    """The port of a VirtualIP changes ten times, while each write takes a second."""
    spans, controller = [], stage.controller

    def slow(asked):
        if not writes(asked) or "/events" in asked.path:
            return False
        spans.append((asked.path.split("?")[0].removesuffix("/status"), time.monotonic()))
        time.sleep(SLOW)
        return False
    stage.vip("busy", 88)
    until(lambda: stage.serves("steady", "busy"))
    settle(stage.world)
    before = {name: controller.metric(f"fairlead_workqueue_{name}{QUEUE}") for name in ("adds_total", "wait_seconds_count", "work_seconds_count")}
    stage.proxy.faults = [slow]
    longest = deepest = 0.0
    for port in CHANGES:
        stage.world.vip("busy", {"addresses": ["192.0.2.88"], "ports": [{"port": port}], "servers": [{"address": "192.0.2.21"}]})
        time.sleep(0.3)
        longest = max(longest, controller.metric("fairlead_workqueue_longest_seconds" + QUEUE))
        deepest = max(deepest, controller.metric("fairlead_workqueue_depth" + QUEUE))
    newest = until(lambda: port_of(stage) == CHANGES[-1] and stage.serves("steady", "busy"), 40)
    stage.proxy.faults = []
    settle(stage.world)
    of_set = sum(1 for name, _ in spans if name == SET)
    print(f"{len(CHANGES)} changes: the set was written {of_set} times, of {len(spans)} writes; longest {longest:.1f} s, {deepest:.0f} waited", flush=True)
    stage.check("K-23: no object is worked on twice at once", len(spans) > 2 and not overlaps(spans), overlaps(spans))
    stage.check("K-23: changed meanwhile it is worked on once more: the newest state is what counts", newest and port_of(stage) == CHANGES[-1], stage.log())
    stage.check("K-23: and not once for each change", 2 <= of_set < len(CHANGES), f"{of_set} {spans}")
    rise = {name: controller.metric(f"fairlead_workqueue_{name}{QUEUE}") - value for name, value in before.items()}
    rest = until(lambda: controller.metric("fairlead_workqueue_depth" + QUEUE) == 0, 10)
    stage.check("K-42: the metrics of the queue show changes, rounds, how long one runs and what waits", rise["adds_total"] >= len(CHANGES) and
                0 < rise["wait_seconds_count"] < rise["adds_total"] and rise["work_seconds_count"] > 0 and longest >= SLOW / 2 and deepest >= 1 and
                rest, f"{rise} {longest} {deepest} {controller.metric('fairlead_workqueue_depth' + QUEUE)}")
    stage.remove("busy")
