"""VR-001, VR-006: the node's own address, which adverts are sent from, is replaced while its router is Master: the next advert
comes from the new one, and nothing else happens."""
import time

from faults import INTERVAL_MS, Three
from measure import milliseconds
from routers import Fairlead
from world import batch, set_sysctls, wait_for

AT_ONCE = 80


def replaced(family):
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        begun = time.monotonic_ns()
        for new, old in steps(three, family):
            give(three, new)
            batch(story.segment.of["a"], [f"address del {old} dev eth1"])
            now = time.monotonic_ns()
            time.sleep(2.2)
            said = [e["src"] for e in three.own().adverts("a", "x", since=now + 20_000_000)]
            story.check(f"{old} replaced by {new}: the next advert and all others come from it",
                        len(said) >= 2 and set(said) == {new.split("/")[0]}, said or three.programs["a"].program.text()[-600:])
        heard = three.programs["b"].reports("g")[-1].get("hears")
        story.check("b hears the new one", said and heard == said[-1], heard)
        unmoved(story, three, begun, 1.25)
        if family == 4:
            begun = time.monotonic_ns()
            back_and_forth(three)
            # One that is due in the very moment may fail, for want of a source.
            unmoved(story, three, begun, 2.25)
    return tell


def give(three, new):
    """An address to send from. The kernel makes one of IPv6 usable when it finds the time, and tells then."""
    place = three.story.segment.of["a"]
    batch(place, [f"address add {new} dev eth1" + (" nodad" if three.family == 6 else "")])
    wait_for(lambda: any(e["ev"] == "addr" and e["ns"] == place and e["addr"] == new for e in three.story.watch.events()), 3)
    time.sleep(0.1)  # and the router reads of it


def steps(three, family):
    """(new, old): one that is in the subnet of the old one, which the kernel makes primary once that is gone, then one that is
    not."""
    own = three.story.segment.address("a", family)
    if family == 6:
        return (("fe80::11/64", own + "/64"),)
    set_sysctls(three.story.segment.of["a"], {"net/ipv4/conf/eth1/promote_secondaries": 1})
    return (("192.0.2.11/24", own + "/24"), ("198.51.100.7/24", "192.0.2.11/24"))


def back_and_forth(three):
    """Again and again, since the kernel tells of the old one before it tells that the other is primary now."""
    place = three.story.segment.of["a"]
    batch(place, ["address add 192.0.2.21/24 dev eth1", "address del 198.51.100.7/24 dev eth1"])
    for n in range(AT_ONCE):
        new, old = (22, 21) if n % 2 == 0 else (21, 22)
        batch(place, [f"address add 192.0.2.{new}/24 dev eth1", f"address del 192.0.2.{old}/24 dev eth1"])
        time.sleep(0.03)


def unmoved(story, three, begun, most):
    a, b = three.programs["a"], three.programs["b"]
    time.sleep(1.2)
    said = [e["t"] for e in three.own().adverts("a", "x", since=begun - 1_100_000_000)]
    gaps = [milliseconds(q - p) for p, q in zip(said, said[1:])]
    story.check("the beat goes on", gaps and max(gaps) < most * INTERVAL_MS, gaps)
    periods = three.own().periods(three.vip, begun, time.monotonic_ns())
    story.check("a held the address all the while", {x for _, _, x in periods} == {frozenset("a")},
                [(milliseconds(e - s), sorted(x)) for s, e, x in periods])
    story.check("no transition", a.became("g") == 1 and a.state("g") == "Master" and b.became("g") == 0,
                (a.became("g"), a.state("g"), b.became("g")))
