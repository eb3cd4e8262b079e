"""Linux before 5.18, which forgets our tag on addresses: the whole vrrp thread over a kernel that is made to forget it
(libforget_tag.so). IPv4 addresses are known by their label, IPv6 ones by the plan."""
import time

import foreign
from faults import GATE_MS, Three, VIPS
from measure import milliseconds
from routers import Fairlead
from world import BUILD

# As we put them, but for an address that is not of the plan: nothing tells it from another's.
LOOKALIKE = {4: "192.0.2.190", 6: "2001:db8::190"}


def forgetful(story, three):
    for node in ("a", "b"):
        three.programs[node] = Fairlead(story.world, story.segment.of[node], node)
        three.programs[node].before = ["env", f"LD_PRELOAD={BUILD}/support/libforget_tag.so"]


def untagged(family):
    """Election, source, repair, hand-over, death and restart, without the tag."""
    def tell(story):
        three = Three(story, Fairlead, family)
        forgetful(story, three)
        place = story.segment.of["a"]
        foreign.add(place, LOOKALIKE[family], 32 if family == 4 else 128, "eth1", 0, 600, 0, None)
        if not three.settle():
            return
        a = three.programs["a"]
        tags = [v[3] for k, v in foreign.addresses(place).items() if k[1] in VIPS[family]]
        story.check("the kernel shows no tag of ours", tags == [0] * len(VIPS[family]), tags)
        story.check("it is told once", len(a.logged("vrrp.tag_forgotten")) == 1, len(a.logged("vrrp.tag_forgotten")))
        story.check("no condition comes of it", not a.problems("g"), a.problems("g"))
        repaired(story, three)
        begun = time.monotonic_ns()
        a.stop()
        three.alone("b", "stopped: b takes over", 4)
        three.never_two(begun, "stopped")
        three.start("a")
        three.alone("a", "started: a takes over")
        time.sleep(1.2)
        begun = time.monotonic_ns()
        a.kill()
        three.start("a")
        time.sleep(6)
        three.never_two(begun, "killed and started at once", 100)
        three.alone("a", "killed and started at once: a is Master", 6)
        reasons = [r["reason"] for r in a.reports("g") if r["reason"]]
        gone = three.own().first(three.vip, "a", False, begun)
        if family == 6:
            story.check("of IPv6 nothing tells what an earlier run held: a begins anew", "Resumed" not in reasons, reasons)
            story.check("and removes it first", a.logged("vrrp.leftovers_removed") and gone and
                        milliseconds(gone - begun) < 900, milliseconds(gone - begun) if gone else None)
        else:
            story.check("of IPv4 the label does: a resumes", reasons == ["Resumed"] and not gone, reasons)
        sources = {e["src"] for node in "ab" for e in three.own().adverts(node, "x")}
        own = {story.segment.address(node, family) for node in "ab"}
        story.check("no VIP was ever the source of an advert", sources == own, sources)
        story.check("what only looks like ours is left alone", any(k[1] == LOOKALIKE[family] for k in foreign.addresses(place)))
    return tell


def repaired(story, three):
    """FN-06 without the tag: each address that is removed comes back."""
    for vip in VIPS[three.family]:
        begun = time.monotonic_ns()
        three.ip("a", f"address del {vip}/{32 if three.family == 4 else 128} dev eth1")
        story.eventually(f"{vip} is back", lambda v=vip, t=begun: story.ownership.first(v, "a", True, t), 2)
        back = story.ownership.first(vip, "a", True, begun)
        after = milliseconds(back - begun) if back else None
        story.check(f"{vip}: within {GATE_MS} ms (P-13)", after is not None and after <= GATE_MS, after)
