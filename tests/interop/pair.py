"""Fairlead (node f) and another implementation (node p) in one virtual router, and what is asked of the two."""
import time

from measure import milliseconds
from routers import Fairlead, Frr, VirtualRouter

BASE = {
    "v3": VirtualRouter("g"),
    "v6": VirtualRouter("g", family=6, vips=("fe80::100", "2001:db8::100")),
    "v2": VirtualRouter("g", version=2),
    "v2-pass": VirtualRouter("g", version=2, password="secret12"),
    "v2-long": VirtualRouter("g", version=2, password="Secret12more"),
}
# What is said of a password with more bytes than fit; the group is taken all the same.
TRUNCATED = "spec.authentication.passwordFile: g.password: must hold 1..8 bytes, got more: the first 8 are used"
VIP = {4: "192.0.2.100", 6: "2001:db8::100"}
# Overlap allowed when a living Master is outranked (I-1: 50 ms; gates are twice as loose).
PREEMPTION_MS = 100
LATE_MS = 150


class Pair:
    """f and p, with what they are told."""

    def __init__(self, story, kind, router):
        self.story, self.kind, self.vip = story, kind, VIP[router.family]
        self.base = router
        if story.segment is None:
            story.place("f", "p")
            if kind is Frr:
                story.ownership.frr_holds_on("p", router)
        self.ours = self.theirs = self.f = self.p = None

    def start_f(self, **change):
        self.ours = self.base.but(**change)
        if self.f is None:
            self.f = Fairlead(self.story.world, self.story.segment.of["f"], "f")
        self.f.start([self.ours])
        refused = [r for r in self.f.refused() if TRUNCATED not in r]
        return self.story.check("Fairlead takes the group", not refused, refused)

    def start_p(self, **change):
        self.theirs = self.base.but(**change)
        if self.p is None:
            self.p = self.kind(self.story.world, self.story.segment.of["p"], "p")
        self.p.start([self.theirs])

    def holders(self):
        return self.story.ownership.holders(self.vip)

    def alone(self, who, what, seconds=8):
        return self.story.eventually(what, lambda: self.holders() == [who], seconds)

    def steady(self, who, what, seconds):
        """Nothing changes for so long, and the other one is silent."""
        begun = time.monotonic_ns()
        time.sleep(seconds)
        seen = self.story.ownership.periods(self.vip, begun, time.monotonic_ns())
        other, ear = ("p", "f") if who == "f" else ("f", "p")
        said = self.story.ownership.adverts(other, ear, since=begun)
        self.story.check(what, [set(x) for _, _, x in seen] == [{who}] and not said,
                         f"{[(milliseconds(b - a), sorted(x)) for a, b, x in seen]}, {other} sent {len(said)}")

    def hand_over(self, leaving, stop, within_ms, what):
        """One of them ends politely: how long nobody holds the address, and that there are never two."""
        story, begun = self.story, time.monotonic_ns()
        staying = "p" if leaving == "f" else "f"
        stop()
        if not self.alone(staying, f"{what}: {staying} takes over", 6):
            return
        now = time.monotonic_ns()
        zero = [e for e in story.ownership.adverts(leaving, staying, since=begun) if e["priority"] == 0]
        taken = story.ownership.first(self.vip, staying, True, begun)
        gap = milliseconds(taken - zero[0]["t"]) if zero and taken else None
        story.check(f"{what}: one advert of priority 0", len(zero) == 1,
                    [(e["if"], milliseconds(e["t"] - begun)) for e in zero])
        story.check(f"{what}: taken over within {within_ms} ms of it", gap is not None and 0 <= gap <= within_ms, gap)
        story.check(f"{what}: never two holders", story.ownership.overlap(self.vip, begun, now) == 0,
                    story.ownership.overlap(self.vip, begun, now))
        if leaving == "f":
            gone = story.ownership.first(self.vip, "f", False, begun)
            story.check(f"{what}: the address is gone before priority 0 leaves (I-3)",
                        zero and story.ownership.gone_before(zero[0], [self.vip], "f", begun),
                        milliseconds(zero[0]["t"] - gone) if gone and zero else None)

    def outranked(self, by, since, what):
        """by has taken over from the living other: few adverts and little time of two."""
        loser, ear = ("p", "f") if by == "f" else ("f", "p")
        own = self.story.ownership
        first = next((e["t"] for e in own.adverts(by, loser, since=since)), None)
        late = own.adverts(loser, ear, since=first) if first else None
        # One may be under way. Fairlead has a last word besides, so that the winner announces itself after a split.
        most = 2 if loser == "f" else 1
        self.story.check(f"{what}: at most {most} adverts of overlap", first and len(late) <= most, late and len(late))
        # FRR's first advert is lost on an interface that is not up yet: nobody can yield before hearing one.
        overlap = own.overlap(self.vip, first or since, time.monotonic_ns())
        self.story.check(f"{what}: two holders for at most {PREEMPTION_MS} ms from then on", overlap <= PREEMPTION_MS, overlap)
