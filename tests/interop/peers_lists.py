"""VI-9: the list of VIPs changes node by node beside keepalived 2.2.7, which drops a list it was not told."""
import time

from fairlead import Fairlead
from keepalived import Keepalived
from pair import BASE, LATE_MS, PREEMPTION_MS, Pair


def changed_list(story):
    """VI-9: the list of VIPs changes node by node. keepalived 2.2.7 drops a list it was not told and becomes Master."""
    more = ("192.0.2.100", "192.0.2.101")
    pair = Pair(story, Keepalived, BASE["v3"])
    pair.start_p(priority=100)
    pair.start_f(priority=200, others=(100,))
    pair.alone("f", "f is Master")
    pair.f.reload([pair.ours.but(vips=more)])
    story.eventually("f alone has the new list: p becomes Master", lambda: pair.holders() == ["f", "p"], 8)
    story.check("f goes on as Master and tells", pair.f.state("g") == "Master" and pair.f.logged("vrrp.peer_differs", "group=g "),
                pair.f.state("g"))
    pair.p.reload([pair.theirs.but(vips=more)])
    pair.alone("f", "p has it, too: one Master again", 10)


def changed_backups_first(story):
    """VI-9, the way that works: the backup gets the new list first, then the Master hands over and comes back with it."""
    more = ("192.0.2.100", "192.0.2.101")
    pair = Pair(story, Keepalived, BASE["v3"])
    pair.start_p(priority=150)
    pair.start_f(priority=100, others=(150,))
    pair.alone("p", "p is Master")
    begun = time.monotonic_ns()
    pair.f.reload([pair.ours.but(vips=more)])
    pair.steady("p", "f has the new list and goes on as Backup", 4.5)
    pair.hand_over("p", pair.p.stop, 610 + LATE_MS, "p hands over")
    story.check("f holds both addresses", story.ownership.holders(more[1]) == ["f"], story.ownership.holders(more[1]))
    pair.start_p(priority=150, vips=more)
    pair.alone("p", "p comes back with the new list")
    time.sleep(0.5)
    overlap = story.ownership.overlap(pair.vip, begun, time.monotonic_ns())
    story.check(f"two holders for at most {PREEMPTION_MS} ms in all", overlap <= PREEMPTION_MS, overlap)


def changed_by_exclusion(story):
    """VI-9: what is excluded from the advert is in no list that could differ."""
    pair = Pair(story, Keepalived, BASE["v3"])
    pair.start_p(priority=100)
    pair.start_f(priority=200, others=(100,))
    pair.alone("f", "f is Master")
    begun = time.monotonic_ns()
    changed = pair.ours.but(excluded=("192.0.2.101",))
    pair.f.reload([changed])
    if not story.check("Fairlead takes excludedAddresses", not pair.f.refused(), pair.f.refused()):
        return
    story.eventually("f holds the excluded address", lambda: story.ownership.holders("192.0.2.101") == ["f"], 3)
    pair.steady("f", "p notices nothing", 4.5)
    pair.p.reload([pair.theirs.but(excluded=("192.0.2.101",))])
    time.sleep(2)
    pair.hand_over("f", pair.f.stop, 610 + 300, "f ends")
    story.eventually("p holds both", lambda: story.ownership.holders("192.0.2.101") == ["p"], 3)
    overlap = story.ownership.overlap(pair.vip, begun, time.monotonic_ns())
    story.check("never two holders", overlap == 0, overlap)


def changed_by_new_vrid(story):
    """VI-9: the new address in a virtual router of its own."""
    pair = Pair(story, Keepalived, BASE["v3"])
    second = BASE["v3"].but(name="h", vrid=52, vips=("192.0.2.101",))
    pair.start_p(priority=100)
    pair.ours = BASE["v3"].but(priority=200, others=(100,))
    pair.f = Fairlead(story.world, story.segment.of["f"], "f")
    pair.f.start([pair.ours, second.but(priority=200, others=(100,))])
    pair.alone("f", "f is Master of the old one")
    story.eventually("f is Master of the new one", lambda: story.ownership.holders("192.0.2.101") == ["f"], 5)
    pair.steady("f", "p notices nothing", 4.5)
    pair.p.reload([pair.theirs, second.but(priority=100)])
    time.sleep(5)
    story.check("both have one holder", pair.holders() == ["f"] == story.ownership.holders("192.0.2.101"),
                (pair.holders(), story.ownership.holders("192.0.2.101")))
