"""a, b and x on a segment: a is Master of all groups. Who lists which address when, by netwatch; who answers for some of them, asked
from x; and when x heard the last advert of a group."""
import collections
import time

import asking
import kinds
from world import ip, wait_for

ASKED = 10  # addresses, spread over all
ASKED_EVERY_MS = 10


class Duel:
    def __init__(self, story, make, told):
        self.story, self.told = story, told
        story.place("a", "b", "x")
        ip(story.segment.of["x"], f"route add {kinds.NETWORK} dev eth1")
        self.group = {vip: vrid for vrid, vip in told.vips.items()}
        self.asked = list(self.group)[::max(1, len(self.group) // ASKED)][:ASKED]
        self.programs = {n: make(story.world, story.segment.of[n], n) for n in ("a", "b")}
        self.node = {namespace: node for node, namespace in story.segment.of.items()}
        self.mac = {asking.mac_of(story.segment, n).hex(":"): n for n in ("a", "b")}
        self.followed = 0
        self.moves = collections.defaultdict(list)     # address -> [(t, node, there)]
        self.held = collections.defaultdict(set)
        self.adverts = collections.defaultdict(list)   # group -> when x heard a's
        self.answers = collections.defaultdict(list)   # (node, address) -> when x got them

    def start(self, *nodes):
        for node in nodes:
            self.programs[node].start(self.told.routers[node])

    def follow(self):
        events = self.story.watch.events()
        for e in events[self.followed:]:
            if e["ev"] == "addr":
                self.note(e["t"], e["addr"].split("/")[0], self.node[e["ns"]], e["op"] != "del")
            elif self.node.get(e.get("ns")) == "x" and e["ev"] == "vrrp" and self.mac.get(e["smac"]) == "a":
                self.adverts[e["vrid"]].append(e["t"])
            elif self.node.get(e.get("ns")) == "x" and e["ev"] == "arp" and e["op"] == 2 and not e["garp"]:
                self.answers[self.mac.get(e["smac"]), e["sip"]].append(e["t"])
        self.followed = len(events)

    def note(self, when, vip, node, there):
        if vip in self.group and there != (node in self.held[vip]):
            (self.held[vip].add if there else self.held[vip].discard)(node)
            self.moves[vip].append((when, node, there))

    def wrong(self):
        """How many addresses a does not hold alone."""
        self.follow()
        return sum(1 for vip in self.group if self.held[vip] != {"a"})

    def settled(self, seconds):
        return wait_for(lambda: self.wrong() == 0 and kinds.masters(self.programs["a"]) == len(self.group), seconds, every=0.25)

    def taken(self, vip, since):
        """When b had it, or None."""
        return next((t for t, node, there in self.moves[vip] if node == "b" and there and t >= since), None)

    def had(self, node, vip, when):
        return next((there for t, who, there in reversed(self.moves[vip]) if who == node and t <= when), False)

    def both_listed_ms(self, vip, since, until):
        held, last, total = set(), since, 0
        for t, node, there in [*self.moves[vip], (until, "", False)]:
            t = min(max(t, since), until)
            total += t - last if len(held) > 1 else 0
            last = t
            (held.add if there else held.discard)(node)
        return total / 1e6

    def both_answered_ms(self, vip, since):
        return asking.together(*([t for t in self.answers[n, vip] if t >= since] for n in ("a", "b")))

    def silence_ms(self, vip, begun, when):
        """From the last advert of its group that had left by the death."""
        before = [t for t in self.adverts[self.group[vip]] if t <= begun + 50_000_000]  # one may be under way
        return (when - before[-1]) / 1e6 if before and when else None

    def asking(self, seconds):
        return asking.asking_all(self.story, self.asked, seconds, ASKED_EVERY_MS)


def now():
    return time.monotonic_ns()
