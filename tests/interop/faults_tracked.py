"""trackInterfaces: another interface of the Master goes down and comes back, on the wire. With weight 0 it leaves the election and
invites the others; with a weight it says so in its adverts, and whoever is better then takes over."""
import time

from faults import Three
from measure import milliseconds
from routers import Fairlead

PREEMPTION_MS = 100  # I-1 allows 50; gates are twice as loose
INVITED_MS = 414 + 150  # Skew_Time of b, and P-3's 50 ms with the gate's 100


def with_uplink(story, family, weight):
    """a has a cable eth2 to itself, and watches it."""
    three = Three(story, Fairlead, family)
    three.told["a"] = three.told["a"].but(extra=(("trackInterfaces", [{"name": "eth2", "weight": weight}]),))
    three.ip("a", "link add eth2 type veth peer name eth2-far")
    for name in ("eth2", "eth2-far"):
        three.ip("a", f"link set {name} up")
    return three if three.settle() else None


def said(three, since, priority):
    return [e["t"] for e in three.own().adverts("a", "x", since=since) if e["priority"] == priority]


def back_up(story, three, what):
    up = time.monotonic_ns()
    three.ip("a", "link set eth2-far up")
    three.alone("a", f"{what}: a reclaims the address", 8)
    time.sleep(0.3)
    three.never_two(up, f"{what}: reclaimed (I-1)", PREEMPTION_MS)
    story.check(f"{what}: a's adverts have priority 200 again", said(three, up, 200), len(said(three, up, 200)))


def released(family):
    """Weight 0, I-4: the address goes, then priority 0, and b takes over after its skew, not after an interval."""
    def tell(story):
        three = with_uplink(story, family, 0)
        if not three:
            return
        a, begun = three.programs["a"], time.monotonic_ns()
        three.ip("a", "link set eth2-far down")
        three.alone("b", "eth2 is down: b takes over", 4)
        time.sleep(0.3)
        frames = [e for e in three.own().adverts("a", "x", since=begun) if e["priority"] == 0]
        zero, gone = [e["t"] for e in frames], three.own().first(three.vip, "a", False, begun)
        taken = three.own().first(three.vip, "b", True, begun)
        story.check("one advert of priority 0, after the address is gone (I-3)",
                    len(zero) == 1 and three.own().gone_before(frames[0], [three.vip], "a", begun), (len(zero), gone and zero and milliseconds(zero[0] - gone)))
        story.check(f"b holds it within {INVITED_MS} ms of that", zero and taken and milliseconds(taken - zero[0]) <= INVITED_MS,
                    milliseconds(taken - zero[0]) if zero and taken else None)
        three.never_two(begun, "eth2 is down")
        time.sleep(1.5)
        story.check("a is in Initialize, and says why", a.state("g") == "Initialize" and "TrackedInterfaceDown" in a.problems("g"),
                    (a.state("g"), a.problems("g")))
        story.check("and is silent", not [e for e in three.own().adverts("a", "x", since=zero[0] + 1)] if zero else False)
        back_up(story, three, "eth2 is back")
    return tell


def outranked(family):
    """Weight -60: 200 becomes 140 on the wire, b with 150 takes over while a still speaks, and the address has one holder."""
    def tell(story):
        three = with_uplink(story, family, -60)
        if not three:
            return
        a, begun = three.programs["a"], time.monotonic_ns()
        story.check("before, its adverts say 200", {e["priority"] for e in three.own().adverts("a", "x")} == {200})
        three.ip("a", "link set eth2-far down")
        three.alone("b", "eth2 is down: b takes over", 8)
        time.sleep(0.3)
        weak, first = said(three, begun, 140), three.own().adverts("b", "x", since=begun)[0]["t"]
        # The timer of b has run since a's last advert of 200; those of 140 do not move it (VR-079).
        story.check("a said 140 until b spoke", weak and weak[0] < first, [milliseconds(t - begun) for t in weak])
        late = [t for t in said(three, begun, 200) if t > begun + 50_000_000]
        story.check("and never 200 again", not late, len(late))
        three.never_two(begun, "outranked (I-1)", PREEMPTION_MS)
        story.check("a is Backup, without a problem", a.state("g") == "Backup" and a.reports("g")[-1].get("problems", "") == "",
                    a.reports("g")[-1])
        back_up(story, three, "eth2 is back")
    return tell
