"""FN-05, FN-11, FN-14, FN-19, FN-21: links that flap, split, are deaf in one direction; rivals and strangers."""
import time

from faults import INTERVAL_MS, listens, Three
from measure import milliseconds
from routers import Fairlead, Keepalived, VirtualRouter
from world import ip, set_sysctls


def link_down(side, family):
    """FN-05: the Master's interface goes down, by its own side or by the far one."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        a, begun = three.programs["a"], time.monotonic_ns()
        if side == "own":
            three.ip("a", "link set eth1 down")
        else:
            story.segment.carrier("a", False)
        story.eventually("a is in Initialize", lambda: a.state("g") == "Initialize", 2)
        three.alone("b", "b takes over, and a gives the address up (I-4)", 6)
        three.taken_over(begun, "link down")
        three.never_two(begun, "link down")
        up = time.monotonic_ns()
        if side == "own":
            own_side_up(three)
        else:
            story.segment.carrier("a", True)
        story.eventually("link up: a is Backup", lambda: a.state("g") == "Backup", 5)
        usable = own_address_usable(three, up)
        if three.alone("a", "link up: a reclaims the address", 8):
            back = milliseconds(three.own().first(three.vip, "a", True, up) - usable)
            story.check("but only after a whole Active_Down_Interval", back >= 3218 - 50, back)
        time.sleep(0.3)
        three.never_two(up, "reclaimed (I-1)", 100)
        story.check("the new Master announced itself", three.announced("a", up), len(three.announced("a", up)))
        said = {e["src"] for e in three.own().adverts("a", "x", since=up)}
        story.check("from the node's own address", said == {story.segment.address("a", family)}, said)
        story.check("and it listens to the others' as before", listens(three, "a", "eth1"))
    return tell


def own_side_up(three):
    """Of IPv6 addresses none outlives its interface's going down: the node's own comes back, and is tentative for a while."""
    if three.family == 6:
        set_sysctls(three.story.segment.of["a"], {"net/ipv6/conf/eth1/accept_dad": 1})
    three.ip("a", "link set eth1 up")
    if three.family == 6:
        three.ip("a", "address add fe80::1/64 dev eth1")


def own_address_usable(three, up):
    """When adverts may be sent from it: the interface was up by then, and the address no longer tentative."""
    shown = [e["t"] for e in three.story.watch.events() if e["ev"] == "addr" and e["addr"] == "fe80::1/64" and e["op"] != "del"
             and e["ns"] == three.story.segment.of["a"]]
    return max([up] + shown) if three.family == 6 else up


def quick_flaps(family):
    """FN-05: 30 flaps of 50 ms: no advert and no address meanwhile but those of one Master."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        begun = time.monotonic_ns()
        for _ in range(30):
            story.segment.carrier("a", False)
            time.sleep(0.05)
            story.segment.carrier("a", True)
            time.sleep(0.05)
        ended = time.monotonic_ns()
        said = [e for e in three.own().adverts("a", "x", since=begun + 200_000_000, until=ended)]
        story.check("a sends nothing while its link flaps", not said, len(said))
        three.alone("a", "in the end a is the one Master again", 10)
        time.sleep(0.5)
        three.never_two(begun, "in all (I-1)", 100)
    return tell


def deaf_after_link_up(kind, family, seconds):
    """FN-05: the link is up and the switch port deaf for so long (spanning tree: 30 s). A linkUpDelayMs of half a second more
    covers it; keepalived has nothing of the kind, and is Master beside a Master."""
    def tell(story):
        extra = (("linkUpDelayMs", round(1000 * seconds) + 500),) if kind is Fairlead else ()
        three = Three(story, kind, family, extra=extra)
        three.start("a", "b")
        if not three.alone("a", "at first a is the one Master", 15):
            return
        story.segment.carrier("a", False)
        three.alone("b", "the link is down: b takes over", 8)
        three.deaf("a")
        three.mute("a")
        up = time.monotonic_ns()
        story.segment.carrier("a", True)
        time.sleep(seconds)
        three.mend("a")
        time.sleep(0.3)
        if kind is Keepalived:
            story.check("control: the checker reports keepalived's two holders", three.overlap(up) > 500, three.overlap(up))
            return
        three.never_two(up, f"deaf for {seconds} s after link up")
        three.alone("a", "a hears again, and reclaims the address in the end", 12)
        time.sleep(0.3)
        three.never_two(up, "in all (I-1)", 100)
    return tell


def partition(first, family):
    """FN-11: each side serves; healed, there is one owner within an interval and 50 ms, and a winner that heard its rival
    announces itself. first: whose advert is the first to cross."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        story.segment.detach("a")
        story.eventually("split: each side has its Master", lambda: three.holders() == ["a", "b"], 6)
        time.sleep(6.5)
        heal_before(three, first)
        healed = time.monotonic_ns()
        story.segment.attach("a")
        three.alone("a", "healed: a is the one Master", 3)
        time.sleep(1.2)
        both = three.overlap(healed)
        story.check("healed: one owner within an interval + 50 ms (gate: + 100)", both <= INTERVAL_MS + 100, both)
        rounds = three.announced("a", healed)
        story.check("healed: a announces itself again", rounds, [milliseconds(e["t"] - healed) for e in rounds])
    return tell


def heal_before(three, node):
    """Returns just before an advert of that node is due, with none of the other's due soon. A Master renews its address in the
    turn of its advert; b's adverts are also heard by x."""
    def beats(of):
        return [e["t"] for e in three.story.watch.events() if e["ev"] == "addr" and e["op"] == "renew"
                and e["ns"] == three.story.segment.of[of] and e["addr"].startswith(three.vip + "/")]
    other = "b" if node == "a" else "a"
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        now, beat = time.monotonic_ns(), INTERVAL_MS * 1_000_000
        left = {n: beat - (now - beats(n)[-1]) % beat for n in (node, other)}
        if 30_000_000 < left[node] < 120_000_000 and left[other] > left[node] + 60_000_000:
            return
        time.sleep(0.01)
    raise RuntimeError(f"{node}'s advert never comes well before the other's")


def one_way(direction, family):
    """FN-14: nobody hears in one direction."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        begun = time.monotonic_ns()
        a, b = three.programs["a"], three.programs["b"]
        if direction == "b is deaf":
            three.deaf("b")
            story.eventually("b hears nothing and is Master, too: nobody can know better", lambda: b.state("g") == "Master", 6)
            time.sleep(4)
            story.check("a stays Master", a.state("g") == "Master", a.state("g"))
            said = [e["t"] for e in three.own().adverts("a", "x", since=begun)]
            rate = len(said) / ((time.monotonic_ns() - begun) / 1e9)
            story.check("a answers b's adverts with its own, but not without bound (VR-101)", rate <= 4.2, f"{rate:.1f}/s")
        elif direction == "a is deaf":
            three.deaf("a")
            time.sleep(5)
            story.check("the Master is deaf: nothing changes", three.holders() == ["a"] and b.state("g") == "Backup", b.state("g"))
        else:
            three.mute("a")
            three.alone("b", "the Master cannot send: b takes over, and a's address runs out", 8)
            three.never_two(begun, "two sends failed, then no renewal", 1800)
        healed = time.monotonic_ns()
        for node in ("a", "b"):
            three.mend(node)
        three.alone("a", "healed: a is the one Master", 8)
        time.sleep(0.5)
        both = three.overlap(healed)
        story.check("healed: one owner within an interval + 50 ms (gate: + 100)", both <= INTERVAL_MS + 100, both)
    return tell


def snooping(family):
    """FN-14: a switch that learns who listens and has a querier lets adverts through."""
    def tell(story):
        three = Three(story, Fairlead, family)
        ip(story.segment.switch, "link set br0 type bridge mcast_snooping 1 mcast_querier 1")
        if not three.settle(15):
            return
        begun = time.monotonic_ns()
        time.sleep(8)
        three.never_two(begun, "behind a snooping switch")
        story.check("b hears a", three.programs["b"].reports("g")[-1].get("hears") == story.segment.address("a", family))
    return tell


def equal(family):
    """FN-19: equal priorities. Of two Masters that meet the higher address wins within an advert; a Backup takes nothing."""
    def tell(story):
        three = Three(story, Fairlead, family, priority=150, others=(150,))
        story.segment.detach("b")
        three.start("a", "b")
        story.eventually("apart, both are Master", lambda: three.holders() == ["a", "b"], 8)
        met = time.monotonic_ns()
        story.segment.attach("b")
        time.sleep(2.2)
        story.check("they meet: the one of the higher address is left", three.holders() == ["b"], three.holders())
        both = three.overlap(met)
        story.check("settled within one advert", both <= INTERVAL_MS + 100, both)
        three.programs["b"].stop()
        three.alone("a", "b ends: a takes over", 4)
        again = time.monotonic_ns()
        three.start("b")
        time.sleep(5)
        periods = three.own().periods(three.vip, again, time.monotonic_ns())
        story.check("back with an equal priority, b takes nothing (VR-080)", {x for _, _, x in periods} == {frozenset("a")},
                    [(milliseconds(e - s), sorted(x)) for s, e, x in periods])
    return tell


def equal_at_once(first):
    """FN-19: both begin together. Whether their timers fire together depends on the machine: either they meet for an advert and
    the higher address is left, or the first one stays."""
    def tell(story):
        three = Three(story, Fairlead, priority=150, others=(150,))
        begun = time.monotonic_ns()
        three.start(first, "b" if first == "a" else "a")
        story.eventually("somebody is Master", lambda: three.holders(), 8)
        time.sleep(2.2)
        both, left = three.overlap(begun), three.holders()
        story.check("one is left, the higher address if they met", left == ["b"] or (left == ["a"] and both == 0), (left, both))
        story.check("settled within one advert", both <= INTERVAL_MS + 100, both)
    return tell


def stranger(when, family):
    """FN-21: keepalived with our VRID and other addresses, there before we start, or coming later."""
    def tell(story):
        three = Three(story, Fairlead, family, checksum="RFC5798", others=())
        foreign = VirtualRouter("k", family=family, priority=100,
                                vips=("192.0.2.200",) if family == 4 else ("fe80::200", "2001:db8::200"))
        other = Keepalived(story.world, story.segment.of["x"], "x")
        a = None
        if when == "before":
            other.start([foreign])
            story.eventually("a stranger is Master of our VRID", lambda: other.state("k") == "Master", 8)
            begun = time.monotonic_ns()
            a = three.start("a").programs["a"]
            time.sleep(6)
            story.check("a takes nothing, though its priority is higher", three.holders() == [], three.holders())
            said = three.own().adverts("a", "x", since=begun)
            story.check("a says nothing: no fight", not said, len(said))
        else:
            a = three.start("a").programs["a"]
            three.alone("a", "a is Master")
            other.start([foreign])
            time.sleep(7)
            story.check("a stranger came: a stays Master", three.holders() == ["a"], three.holders())
        story.check("condition VRIDInUse is there", "VRIDInUse" in a.problems("g"), a.problems("g"))
        story.check("the stranger's address is told", a.logged("vrrp.peer_odd", "group=g ", f"sender={story.segment.address('x', family)} "))
    return tell
