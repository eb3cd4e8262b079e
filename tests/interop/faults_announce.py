"""vrrp.md 7 on the wire: the budget of announcements, which no advert waits for; rounds that end with the role; an interface
without ARP."""
import time

import asking
from faults import INTERVAL_MS, JUDGED, Three, VIPS
from measure import milliseconds
from routers import Fairlead, VirtualRouter
from world import packet_socket

GROUPS, EACH = 6, 250
BURST, PER_SECOND = 2000, 500
# What a frame may be early: the budget counts when it is handed to the kernel, the stamp is the receiver's.
JITTER_FRAMES = 50


def routers(priority, other):
    """Six groups of 250, and one of a single address beside them."""
    base = VirtualRouter("", priority=priority, others=(other,), checksum="RFC9568")
    out = [base.but(name=f"g{n}", vrid=60 + n, vips=tuple(f"198.18.{n}.{host}" for host in range(1, EACH + 1)))
           for n in range(1, GROUPS + 1)]
    return out + [base.but(name="lone", vrid=51)]


def announced(story, node, since):
    mac = asking.mac_of(story.segment, node).hex(":")
    return [e for e in story.ownership.heard("x", "arp", since=since) if e["garp"] and e["smac"] == mac]


def thousands(story):
    """1500 addresses move at once: 3000 frames a round, of which 2000 may leave at once and then 500 a second."""
    story.place("a", "b", "x")
    a, b = story.run(Fairlead, "a", routers(200, 150)), story.run(Fairlead, "b", routers(150, 200))
    names = [r.name for r in routers(200, 150)]
    story.eventually("a is Master of all", lambda: all(a.state(n) == "Master" for n in names), 10)
    time.sleep(1.5)
    begun = time.monotonic_ns()
    a.stop()
    story.eventually("b is Master of all", lambda: all(b.state(n) == "Master" for n in names), 5)
    time.sleep(7)
    ended = time.monotonic_ns()
    said = announced(story, "b", begun)
    wanted = {v for r in routers(150, 200) for v in r.vips}
    for op, word in ((1, "request"), (2, "reply")):
        found = {e["sip"] for e in said if e["op"] == op}
        story.check(f"every address is announced, with a {word}", found == wanted, f"{len(found)} of {len(wanted)}")
    left, last, least = float(BURST), said[0]["t"], float(BURST)
    for t in (e["t"] for e in said):
        left = min(BURST, left + (t - last) / 1e9 * PER_SECOND) - 1
        last, least = t, min(least, left)
    story.check(f"never more than {BURST} frames and {PER_SECOND} a second", least >= -JITTER_FRAMES,
                f"{len(said)} frames in {milliseconds(said[-1]['t'] - said[0]['t'])} ms, {-least:.0f} above")
    story.check("and no less than it may", len(said) >= BURST + 3 * PER_SECOND, len(said))
    for router in routers(150, 200):
        beats = [e["t"] for e in story.ownership.adverts("b", "x", vrid=router.vrid, since=begun, until=ended)]
        gaps = [milliseconds(q - p) for p, q in zip(beats, beats[1:])]
        story.check(f"{router.name}: no advert waits for them", len(gaps) >= 6 and max(gaps) <= 1.25 * INTERVAL_MS, gaps)


def cancelled(family):
    """Who gives the role up half a second after it got it announces nothing later: the rounds at 1 and 5 s are dropped."""
    def tell(story):
        three = Three(story, Fairlead, family)
        a = three.start("a").programs["a"]
        if not three.alone("a", "a is Master", 8):
            return
        promoted = three.own().first(three.vip, "a", True, 0)
        time.sleep(0.4)
        speaker, begun = packet_socket(story.segment.of["x"]), time.monotonic_ns()
        for _ in range(6):
            speaker.sendto(three.say(priority=254), ("eth1", 0))
            time.sleep(1)
        speaker.close()
        story.check("a gave way at once", a.state("g") == "Backup" and a.became("g") == 1, (a.state("g"), a.became("g")))
        kind, early = "arp" if family == 4 else "na", promoted - 500_000_000  # the address is stamped when netwatch reads of it
        mac = asking.mac_of(story.segment, "a").hex(":")
        told = [milliseconds(e["t"] - promoted) for e in three.own().heard("x", kind, since=early) if e["smac"] == mac and
                (e["garp"] if family == 4 else e["target"] in VIPS[6] and not e["flags"] & 2)]
        late = [t for t in told if t > milliseconds(begun - promoted) + 20]
        story.check("the round at 0 was heard", any(t < 300 for t in told), told)
        story.check("and none after it gave way", not late, late)
    return tell


def without_arp(story):
    """An interface that does not speak ARP: adverts and the address as ever, announcements none."""
    three = Three(story, Fairlead)
    three.ip("a", "link set eth1 arp off")
    a = three.start("a").programs["a"]
    three.alone("a", "a is Master", 8)
    time.sleep(1.5)
    said = three.own().adverts("a", "x")
    story.check("its adverts arrive", len(said) >= 2, len(said))
    told = [e for e in three.own().heard("x", "arp") if e["sip"] == JUDGED[4]]
    story.check("nothing is announced", not told and a.metric("fairlead_node_garp_sent_total") == 0, len(told))
