"""The owner (RFC 9568 5.2.4, 6.4.1; VR-011, 037, 045, 060): priority 255, its addresses put on the interface by others. It is
Master at once and never writes them; of two owners the one with the greater address stays; and beside keepalived."""
import time

import asking
from faults import JUDGED, VIPS
from measure import milliseconds
from routers import Fairlead, Keepalived, VirtualRouter
from world import batch

OWNER = 255
PREEMPTION_MS = 100   # I-1 allows 50; gates are twice as loose
INVITED_MS = 414 + 150


class Owners:
    """a and b on a segment with x, and who has the addresses without being told by any of ours."""

    def __init__(self, story, family, checksum="RFC9568"):
        self.story, self.family, self.vip = story, family, JUDGED[family]
        story.place("a", "b", "x")
        self.base = VirtualRouter("g", family=family, vips=VIPS[family], checksum=checksum)

    def configure(self, node, word="add"):
        """Somebody puts the addresses on the interface, or takes them off."""
        length, flags = (32, "") if self.family == 4 else (128, " nodad" if word == "add" else "")
        before = time.monotonic_ns()
        batch(self.story.segment.of[node], [f"address {word} {v}/{length} dev eth1{flags}" for v in VIPS[self.family]])
        # netwatch stamps them as it reads them: what is written from here on is later.
        self.story.eventually(f"address {word} on {node}: all are seen",
                              lambda: len(self.written(node, before)) >= len(VIPS[self.family]), 2)

    def start(self, node, priority, other, kind=Fairlead):
        return self.story.run(kind, node, [self.base.but(priority=priority, others=(other,))])

    def written(self, node, since):
        """What happened to the address on the node since then."""
        return [e["op"] for e in self.story.watch.events() if e["ev"] == "addr" and e["ns"] == self.story.segment.of[node]
                and e["addr"].split("/")[0] in VIPS[self.family] and e["t"] >= since]


def alone(family):
    """Start, loss of the address, its return, and the end."""
    def tell(story):
        world = Owners(story, family)
        b = world.start("b", 150, OWNER)
        story.eventually("b is Backup", lambda: b.state("g") == "Backup", 3)
        world.configure("a")
        begun = time.monotonic_ns()
        a = world.start("a", OWNER, 150)
        story.eventually("the owner is Master at once", lambda: a.state("g") == "Master", 2)
        time.sleep(2.4)
        first_frames(story, world, begun)
        story.check("nothing was written to its addresses", not world.written("a", begun), world.written("a", begun))
        story.check("b never was Master", b.became("g") == 0)
        asking.asked_both(story, world.vip, "a", "b")
        lost_and_found(story, world, a, b)
        ended = time.monotonic_ns()
        code = a.stop()
        zero = [e for e in story.ownership.adverts("a", "x", since=ended) if e["priority"] == 0]
        story.check("SIGTERM: exit 0, one advert of priority 0", code == 0 and len(zero) == 1, (code, len(zero)))
        story.check("SIGTERM: the addresses stay as others made them", not world.written("a", ended), world.written("a", ended))
    return tell


def first_frames(story, world, begun):
    mac = asking.mac_of(story.segment, "a").hex(":")
    seen = sorted((e for ev in ("vrrp", "arp", "na") for e in story.ownership.heard("x", ev, since=begun) if e["smac"] == mac
                   and (ev != "arp" or e["garp"]) and (ev != "na" or e["target"] in VIPS[world.family])), key=lambda e: e["t"])
    kinds = [e["ev"] for e in seen]
    story.check("its first frame is an advert of 255, the announcement follows", kinds[:1] == ["vrrp"] and
                seen[0]["priority"] == OWNER and kinds[1:2] == ["arp" if world.family == 4 else "na"], kinds[:4])
    if seen:
        took = milliseconds(seen[0]["t"] - begun)
        story.check("within a second of its start, where another waits for three intervals", took < 1000, took)


def lost_and_found(story, world, a, b):
    """Without one of its addresses it is no owner; with it, it is Master again at once."""
    begun = time.monotonic_ns()
    world.configure("a", "del")
    story.eventually("its addresses are removed: b takes over", lambda: b.state("g") == "Master", 3)
    time.sleep(0.2)
    zero = [e["t"] for e in story.ownership.adverts("a", "x", since=begun) if e["priority"] == 0]
    taken = story.ownership.first(world.vip, "b", True, begun)
    story.check(f"after priority 0 and within {INVITED_MS} ms of it", len(zero) == 1 and taken and
                0 < milliseconds(taken - zero[0]) <= INVITED_MS, (len(zero), zero and taken and milliseconds(taken - zero[0])))
    story.check("it is in Initialize and says why", a.state("g") == "Initialize" and "OwnerAddressMissing" in a.problems("g"),
                (a.state("g"), a.problems("g")))
    back = time.monotonic_ns()
    world.configure("a")
    story.eventually("they are back: the owner is Master", lambda: a.state("g") == "Master" and b.state("g") == "Backup", 3)
    time.sleep(0.3)
    both = story.ownership.overlap(world.vip, back, time.monotonic_ns())
    story.check(f"two holders for at most {PREEMPTION_MS} ms from then on", both <= PREEMPTION_MS, both)


def two(family):
    """VR-037, VR-045: both have the addresses and say 255. The greater address stays, and each is told of the other."""
    def tell(story):
        world = Owners(story, family)
        for node in ("a", "b"):
            world.configure(node)
        begun = time.monotonic_ns()
        a = world.start("a", OWNER, OWNER)
        story.eventually("the first owner is Master", lambda: a.state("g") == "Master", 2)
        b = world.start("b", OWNER, OWNER)
        story.eventually("of two owners the one with the greater address stays",
                         lambda: (a.state("g"), b.state("g")) == ("Backup", "Master"), 3)
        time.sleep(3)
        story.check("and stays", (a.state("g"), b.state("g"), b.became("g")) == ("Backup", "Master", 1),
                    (a.state("g"), b.state("g"), b.became("g")))
        for name, program in (("a", a), ("b", b)):
            story.check(f"{name} tells of the second owner", "SecondOwner" in program.problems("g"), program.problems("g"))
        story.check("neither writes the addresses", not world.written("a", begun) + world.written("b", begun))
    return tell


def beside_keepalived(ours):
    """One of the two is the owner. As keepalived writes addresses by itself, only states are judged."""
    def tell(story):
        world = Owners(story, 4, checksum="RFC5798")
        theirs = OWNER if ours != OWNER else 100
        world.configure("a" if ours == OWNER else "b")
        k = world.start("b", theirs, ours, Keepalived)
        story.eventually("keepalived runs", lambda: k.state("g") in ("Master", "Backup"), 5)
        f = world.start("a", ours, theirs)
        owner, other = (f, k) if ours == OWNER else (k, f)
        story.eventually("the owner is Master, the other Backup", lambda: (owner.state("g"), other.state("g")) == ("Master", "Backup"), 6)
        time.sleep(4.5)
        story.check("and so it stays", (owner.state("g"), other.state("g")) == ("Master", "Backup"),
                    (owner.state("g"), other.state("g")))
        owner.stop()
        story.eventually("the owner ends: the other takes over", lambda: other.state("g") == "Master", 3)
    return tell


def both_say_255(first):
    """keepalived makes itself 254 when it hears another owner, whoever was there first: ours is left."""
    def tell(story):
        world, order = Owners(story, 4, checksum="RFC5798"), [Fairlead, Keepalived]
        for node in ("a", "b"):
            world.configure(node)
        started = {}
        for kind in order if first == "f" else reversed(order):
            one = started[kind] = world.start("a" if kind is Fairlead else "b", OWNER, OWNER, kind)
            if len(started) == 1:
                story.eventually(f"{one.kind} is Master at first", lambda p=one: p.state("g") == "Master", 5)
                time.sleep(1.2)
        f, k = started[Fairlead], started[Keepalived]
        time.sleep(5)
        story.check("in the end ours is Master, keepalived Backup", (f.state("g"), k.state("g")) == ("Master", "Backup"),
                    (f.state("g"), k.state("g")))
        begun = time.monotonic_ns()
        time.sleep(2.2)
        said = {n for n in ("a", "b") if story.ownership.adverts(n, "x", since=begun)}
        story.check("and alone speaks", said == {"a"}, said)
    return tell
