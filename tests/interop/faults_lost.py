"""FN-35, and FN-02 between renewal and advert: the last renewal of a dead or frozen Master was followed by no advert that others
heard. They count from the one before, so two may hold the address for an interval more than failure-model.md 1.2 says; what came
out is told."""
import subprocess
import time

from faults import FENCE_MS, GATE_MS, INTERVAL_MS, DOWN_MS, Three
from measure import milliseconds
from routers import Fairlead
from world import BUILD, inside, wait_for

LONGEST_MS = INTERVAL_MS  # and nothing from 1.2: at 1 s the fence closes before b begins


def drop_in_the_switch(three, node):
    """The node's adverts leave, and reach nobody."""
    text = f"""table netdev interop {{ chain arriving {{ type filter hook ingress device "to-{node}" priority 0;
        ip protocol 112 drop; ip6 nexthdr 112 drop; }}; }}"""
    with inside(three.story.segment.switch):
        child = subprocess.Popen(["nft", "-f", "-"], stdin=subprocess.PIPE, text=True)
    child.communicate(text)
    if child.returncode:
        raise RuntimeError("nft failed: " + text)


def renewals(three, node):
    return [e["t"] for e in three.story.watch.events() if e["ev"] == "addr" and e["op"] == "renew"
            and e["ns"] == three.story.segment.of[node] and e["addr"].startswith(three.vip + "/")]


def unheard(family):
    """The last advert is lost in the network, and the Master dies right after it."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        begun = time.monotonic_ns()
        wait_for(lambda: three.own().adverts("a", "x")[-1]["t"] > begun, 3, every=0.002)  # right after a beat: the next one is far
        drop_in_the_switch(three, "a")
        dropped = time.monotonic_ns()
        wait_for(lambda: renewals(three, "a")[-1] > dropped, 3, every=0.002)
        three.programs["a"].kill()
        last, heard = renewals(three, "a")[-1], three.own().adverts("a", "x")[-1]["t"]
        time.sleep(5)
        said = three.own().adverts("a", "x", since=dropped)
        story.check("one advert was renewed for and not heard", not said and milliseconds(last - heard) > 0.8 * INTERVAL_MS,
                    (len(said), milliseconds(last - heard)))
        taken, gone = (three.own().first(three.vip, n, held, begun) for n, held in (("b", True), ("a", False)))
        if story.check("b takes over, and a's address goes", taken and gone, (taken, gone)):
            after = milliseconds(taken - heard)
            story.check(f"b {DOWN_MS} + {GATE_MS} ms after the last that it heard", DOWN_MS - 20 <= after <= DOWN_MS + GATE_MS, after)
            after = milliseconds(gone - last)
            story.check(f"a {FENCE_MS} ms after its last renewal at the latest (I-2)", after <= FENCE_MS, after)
        three.never_two(begun, "FN-35", LONGEST_MS)
        three.alone("b", "b is the one holder in the end", 3)
    return tell


def stopped(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "T"


def between(family, seconds):
    """Frozen in the very call that sends, after the last look at the clock: that one advert leaves on waking, however late."""
    def tell(story):
        three = Three(story, Fairlead, family)
        trigger = f"{story.world.folder}/{story.tag}.stop"
        a = three.programs["a"] = Fairlead(story.world, story.segment.of["a"], "a")
        a.before = ["env", f"LD_PRELOAD={BUILD}/support/libstop_before_send.so", "FAIRLEAD_STOP=" + trigger]
        if not three.settle():
            return
        begun = time.monotonic_ns()
        with open(trigger, "w"):
            pass
        if not story.check("it stops between renewal and advert", wait_for(lambda: stopped(a.program.child.pid), 3, every=0.005)):
            return
        last, heard = renewals(three, "a")[-1], three.own().adverts("a", "x")[-1]["t"]
        story.check("the renewal is done and the advert is not out", milliseconds(last - heard) > 0.8 * INTERVAL_MS,
                    milliseconds(last - heard))
        time.sleep(max(0, last / 1e9 + seconds - time.monotonic()))
        thawed = time.monotonic_ns()
        a.thaw()
        time.sleep(0.6)
        (short if seconds < 2 else long)(story, three, begun, thawed, seconds)
    return tell


def short(story, three, begun, thawed, seconds):
    """G stayed below ADI_min: nobody else began, it goes on."""
    time.sleep(3)
    periods = three.own().periods(three.vip, begun, time.monotonic_ns())
    story.check(f"{seconds} s: a holds the address all the while", {x for _, _, x in periods} == {frozenset("a")},
                [(milliseconds(e - s), sorted(x)) for s, e, x in periods])
    said = three.own().adverts("a", "x", since=thawed - 1)
    story.check(f"{seconds} s: it goes on at once", said and milliseconds(said[0]["t"] - thawed) < 200 and len(said) >= 3, len(said))
    story.check(f"{seconds} s: b said nothing", not three.own().adverts("b", "x", since=begun))


def long(story, three, begun, thawed, seconds):
    """G passed ADI_min: it gives up, and brings nothing back."""
    a = three.programs["a"]
    soon = [e for e in three.own().adverts("a", "x", since=thawed) if e["t"] < thawed + 500_000_000]
    story.check(f"{seconds} s: at most the one advert leaves", len(soon) <= 1, len(soon))
    back = three.own().first(three.vip, "a", True, thawed)
    story.check(f"{seconds} s: the expired address is not brought back", back is None or back > thawed + 500_000_000)
    told = a.reports("g")[-1]
    story.check(f"{seconds} s: a is Backup and says why", (told["state"], told["reason"]) == ("Backup", "FenceExpired"), told)
    three.never_two(begun, f"{seconds} s, up to now (FN-35)", LONGEST_MS)
    story.check(f"{seconds} s: nor after it woke", three.overlap(thawed + 100_000_000) == 0, three.overlap(thawed + 100_000_000))
    three.alone("a", f"{seconds} s: a has the address in the end", 10)
