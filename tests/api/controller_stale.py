"""For controller_faults_test.py: streams that are cut, delayed, in pieces, without bookmarks or without a word, and states older than
what is (FC-03)."""
import json
import threading
import time

from controller_world import OURS, settle
from fake_api_server import CHECKS
from fault_proxy import delay, held_back, in_pieces, no_bookmarks, replay, silent, writes
from patience import until

VIPS = f"{OURS}/virtualips"
KINDS = 10  # that the controller watches


def reads(asked):
    return not writes(asked)


def begins_anew(stage, what, faults, number):
    """A controller that lists and watches through the faults from its start."""
    name = f"by-{number}"
    stage.proxy.faults = faults
    stage.start()
    ready = stage.ready(60)
    stage.vip(name, number)
    stage.check(f"{what}: it gets to work, and serves", ready and until(lambda: stage.serves("steady", name), 60), stage.log())
    stage.check(f"{what}: and then is still", settle(stage.world) or stage.still(3))
    stage.proxy.faults = []
    stage.check(f"{what}: nothing is left of it", stage.remove(name), stage.left())
    stage.stop()


def streams(stage):
    begins_anew(stage, "pieces of three bytes", [in_pieces(stage.proxy, reads, 3)], 90)
    begins_anew(stage, "no bookmarks", [no_bookmarks(stage.proxy, lambda asked: asked.watches)], 91)
    begins_anew(stage, "everything 300 ms late", [delay(lambda asked: True, 0.3)], 92)


def cut(stage):
    """Every stream at once, as by a server that is restarted; then requests that are cut before their answer."""
    asked = []
    stage.proxy.faults = [lambda request: reads(request) and asked.append(request.path) is not None]

    def watching():
        """Every kind has its stream, and no state is asked for any more, as after what was done to a kind's definition before."""
        before = len(asked)
        time.sleep(3)
        return len(asked) == before and stage.proxy.streams() >= KINDS

    def has_seen():
        """A stream may be silent because its whole state has not come yet: then that is asked for again, and rightly."""
        vip = stage.world.vip_of("steady")
        return vip["status"].get("observedGeneration") == vip["metadata"]["generation"]
    stage.world.api.kubectl("patch", "vip", "steady", "--type", "merge", "-p", '{"spec": {"scheduler": "rr"}}')
    stage.check("all streams cut: before, each kind has one, and what comes by them is seen", until(has_seen, 60) and until(watching, 60),
                stage.log())
    asked.clear()
    stage.proxy.cut_all()
    again = until(lambda: len([path for path in asked if "watch=true" in path]) >= KINDS, 20)
    whole = [path for path in asked if "watch=true" not in path and CHECKS not in path or "sendInitialEvents" in path]
    stage.vip("after-cut", 93)
    stage.check("all streams cut: they are resumed, and no whole state is asked for (K-39)", again and not whole and all(
        "resourceVersion=" in path for path in asked), asked)
    stage.check("all streams cut: and what comes then is seen", until(lambda: stage.serves("steady", "after-cut")), stage.log())
    counter = []

    def every_second(asked):
        if not writes(asked):
            return False
        counter.append(asked.path)
        if len(counter) % 2:
            stage.proxy.text(asked)  # done, and never answered
            stage.proxy.cut(asked)
        return bool(len(counter) % 2)
    stage.proxy.faults = [every_second]
    stage.vip("every-second", 94)
    stage.check("every second write's answer is lost: all is served, once", until(lambda: stage.serves("steady", "every-second"), 60), stage.log())
    stage.proxy.faults = []
    stage.remove("after-cut", "every-second")


def half_open(stage):
    """Requests are taken, and nothing comes back: they end after their deadline (K-34), and it goes on."""
    over = threading.Event()
    stage.proxy.faults = [silent(writes, over)]
    stage.vip("unanswered", 95)
    said = until(lambda: "no answer within 15 s" in stage.controller.log(), 25)
    stage.check("half-open: a write without an answer ends after 15 s, and the controller lives", said and stage.well(), stage.log())
    stage.proxy.faults = []
    over.set()
    stage.check("half-open: over, it is served", until(lambda: stage.serves("unanswered"), 60), stage.log())
    stage.remove("unanswered")


def conflict(stage):
    """Its user changes the VirtualIP while the first write to it is on its way."""
    sent, path = [], f"{OURS}/namespaces/default/virtualips/overtaken"
    conflicts = 'fairlead_controller_reconcile_total{kind="virtualips",result="conflict"}'

    def overtaken(asked):
        if not writes(asked) or path not in asked.path:
            return False
        sent.append(json.loads(asked.body)["metadata"]["resourceVersion"])
        if len(sent) == 1:
            note = json.dumps({"metadata": {"annotations": {"example.com/note": "by hand"}}})
            stage.api.request("PATCH", path, note, "application/merge-patch+json")
        return False
    before = stage.controller.metric(conflicts)
    stage.proxy.faults = [overtaken]
    stage.vip("overtaken", 97)
    done = until(lambda: stage.serves("steady", "overtaken"))
    stage.proxy.faults = []
    met = stage.controller.metric(conflicts) - before
    stage.check("a write that meets a conflict is computed anew, from the newer version, and not sent again (K-25)", done and met >= 1
                and len(sent) > 1 and sent[0] not in sent[1:], f"{met} {sent} {stage.log()}")
    stage.remove("overtaken")


def behind(stage):
    """K-22: the group that it has written comes back late by its watch, or later than it waits for."""
    flows, seen = threading.Event(), []
    flows.set()

    def note(asked):
        if writes(asked):
            seen.append((time.monotonic(), asked.path))
        return False

    def first(part):
        return next((at for at, path in list(seen) if part in path), None)
    stage.stop()
    stage.proxy.faults = [note, held_back(stage.proxy, lambda asked: asked.watches and "/vrrpgroups?" in asked.path, flows)]
    stage.start()
    stage.ready()
    until(lambda: stage.serves("steady"))
    settle(stage.world)
    flows.clear()
    seen.clear()
    stage.vip("late", 97)
    until(lambda: first("/vrrpgroups/"))
    stage.vip("later", 98)
    until(lambda: first("/virtualips/later"), 20)
    waited = (first("/virtualips/later") or 0) - (first("/vrrpgroups/") or 0)
    stage.check("while the cache does not show its last write it works on nothing, for 5 s (K-22)", 4.9 < waited < 15, f"{waited} {seen}")
    stage.check("then it goes on, and says so", stage.controller.log().count("controller.cache_behind") == 1, stage.log())
    flows.set()
    stage.check("once the cache shows it all is served", until(lambda: stage.serves("steady", "late", "later"), 40), stage.log())
    seen.clear()
    stage.vip("last", 99)
    stage.check("and it waits no longer than for that", until(lambda: stage.serves("last")) and
                stage.controller.log().count("controller.cache_behind") == 1, stage.log())
    stage.remove("late", "later", "last")
    stage.stop()
    stage.proxy.faults = []
    stage.start()
    stage.ready()


def objects(stage):
    return {key: version for key, version in stage.world.versions().items() if key[0] != "addresspools"}


def of_that_time(stage, path, old, over):
    """Faults: every list of `path` is `old`, and its watch has nothing to say until `over` is set."""
    def list_of(asked):
        return asked.command == "GET" and asked.path.split("?")[0] == path and CHECKS not in asked.path
    return [lambda asked: list_of(asked) and "sendInitialEvents" in asked.path and stage.proxy.cut(asked) is None,
            replay(lambda asked: list_of(asked) and not asked.watches, old),
            silent(lambda asked: list_of(asked) and asked.watches, over)]


def older_list(stage):
    """FC-03: the list of VirtualIPs is of a time when another one held the address."""
    stage.vip("first", 96)
    until(lambda: stage.serves("first"))
    old = json.dumps(stage.world.get(VIPS))
    stage.remove("first")
    stage.vip("second", 96)
    until(lambda: stage.serves("second"))
    time.sleep(2)  # what is only told is written within seconds
    settle(stage.world)
    stage.stop()
    settle(stage.world)
    before, over = objects(stage), threading.Event()
    stage.proxy.faults = of_that_time(stage, VIPS, old, over)
    tried = []
    stage.proxy.faults.append(lambda asked: writes(asked) and tried.append((asked.command, asked.path)) is not None)
    stage.start()
    said = until(lambda: "though the cache does not show it" in stage.controller.log(), 30)
    time.sleep(5)
    print(f"by the older list it tried {len(tried)} writes: {sorted({path.split('?')[0].rsplit('v1alpha1/')[-1] for _, path in tried})}", flush=True)
    stage.check("FC-03: by an older list nothing is freed: what it does not show is asked for", said, stage.log())
    stage.check("FC-03: no write of it has an effect, but on a count of the pool", objects(stage) == before, stage.log())
    stage.proxy.faults = []
    over.set()
    stage.check("FC-03: once the watch has caught up all is as it was", until(lambda: stage.serves("steady", "second")) and
                stage.ready(40) and stage.still(5), stage.log())
    stage.remove("second")
    stage.stop()
