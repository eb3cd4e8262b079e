"""FN-14: switches that think they know who listens to multicast."""
import subprocess
import time

from faults import DOWN_MS, GATE_MS, INTERVAL_MS, Three
from measure import milliseconds
from routers import Fairlead
from world import ip


def snooping(three):
    ip(three.story.segment.switch, "link set br0 type bridge mcast_snooping 1 mcast_querier 0")


def flood(three, on):
    """Whether the switch sends multicast that nobody asked for to a and b; to x it does."""
    for node in ("a", "b"):
        subprocess.run(["bridge", "-n", three.story.segment.switch, "link", "set", "dev", f"to-{node}", "mcast_flood",
                        "on" if on else "off"], check=True)


def no_querier(family):
    """Snooping without a querier: this switch (Linux) then takes multicast for broadcast, and adverts get through."""
    def tell(story):
        three = Three(story, Fairlead, family)
        snooping(three)
        if not three.settle(15):
            return
        begun = time.monotonic_ns()
        time.sleep(8)
        three.steadily("a", begun, "behind a switch that snoops without a querier a is the one Master")
        b = three.programs["b"]
        story.check("b hears a", b.reports("g")[-1].get("hears") == story.segment.address("a", family), b.reports("g")[-1])
    return tell


def filtering(family):
    """One that passes on nothing without a listener it knows, and with no querier knows none: the two hear nothing of each other.
    Nobody can know better, both serve, and what each says of itself is what SplitOwnership is made of."""
    def tell(story):
        three = Three(story, Fairlead, family)
        snooping(three)
        if not three.settle(15):
            return
        a, b, begun = three.programs["a"], three.programs["b"], time.monotonic_ns()
        flood(three, on=False)
        story.eventually("b hears nothing, and is Master too", lambda: three.holders() == ["a", "b"], 6)
        taken, heard = three.own().first(three.vip, "b", True, begun), three.own().adverts("a", "b")
        silence = milliseconds(taken - heard[-1]["t"]) if taken and heard else None
        story.check(f"{DOWN_MS} ms after the last advert that reached it, and no more",
                    silence is not None and DOWN_MS - 20 <= silence <= DOWN_MS + GATE_MS, silence)
        time.sleep(2)
        for node, program in (("a", a), ("b", b)):
            said, beats = program.reports("g")[-1], three.own().adverts(node, "x", since=begun)
            story.check(f"{node} says of itself: Master, and hears nobody", (said["state"], said["hears"]) == ("Master", ""), said)
            story.check(f"{node} keeps its beat", len(beats) >= 2 and beats[-1]["t"] > time.monotonic_ns() - 1.3 * 10**9, len(beats))
        story.check("a was Master all the while", a.became("g") == 1, a.became("g"))
        healed = time.monotonic_ns()
        flood(three, on=True)
        three.alone("a", "healed: a is the one Master", 3)
        time.sleep(1.2)
        both = three.overlap(healed)
        story.check("healed: one owner within an interval + 50 ms (gate: + 100)", both <= INTERVAL_MS + 100, both)
        told = [e for e in three.own().heard("x", "arp" if family == 4 else "na", since=healed)
                if (e.get("sip") or e.get("target")) == three.vip and e["smac"] == "02:00:00:00:00:01"]
        story.check("healed: a announces itself again", told, [milliseconds(e["t"] - healed) for e in told])
    return tell
