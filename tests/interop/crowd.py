"""Many groups of two Fairleads: a (priority 200), b (150), and x that looks on. What netwatch tells of a thousand addresses is
read once and sorted by address, since to ask for each of them anew would take longer than the test."""
import bisect
import collections
import os
import time

import asking
from faults import down_ms, GATE_MS
from measure import milliseconds
from routers import Fairlead, VirtualRouter
from world import batch, wait_for

EXPIRY_LATE_MS = 1100  # the kernel removes an address up to so long after its lifetime (failure-model 1.2)
HIGH, LOW = 200, 150
ASKED, ASKED_EVERY_MS = 20, 20


class Crowd:
    """So many groups with so many addresses in all, interval in ms."""

    def __init__(self, story, family, groups, addresses, interval):
        self.story, self.interval = story, interval
        story.place("a", "b", "x")
        of = {g: [] for g in range(1, groups + 1)}
        for n in range(addresses):
            group, turn = n % groups + 1, n // groups
            if family == 4:
                of[group].append(f"198.18.{turn}.{group}")
            else:
                of[group].append(f"fe80::1:{group:x}" if turn == 0 else f"2001:db8::{turn:x}:{group:x}")
        if family == 6 and addresses == groups:
            for group, vips in of.items():
                vips.append(f"2001:db8::1:{group:x}")
        self.of = of
        self.group = {vip: group for group, vips in of.items() for vip in vips}
        base = VirtualRouter("g", family=family, interval=interval, checksum="RFC9568")
        self.slack = self.kernel_ms(addresses) if family == 6 else 0
        self.told = {node: [base.but(name=f"g{g}", vrid=g, vips=tuple(vips), priority=own, others=(other,))
                            for g, vips in of.items()] for node, own, other in (("a", HIGH, LOW), ("b", LOW, HIGH))}
        self.programs = {n: Fairlead(story.world, story.segment.of[n], n) for n in ("a", "b")}
        self.node = {namespace: node for node, namespace in story.segment.of.items()}
        self.mac = {f"02:00:00:00:00:{n:02x}": node for n, node in enumerate(story.segment.nodes, 1)}
        self.followed = 0
        self.moves = collections.defaultdict(list)    # address -> [(t, node, held)]
        self.beats = collections.defaultdict(list)    # address -> when a added or renewed it
        self.adverts = collections.defaultdict(list)  # (node, group) -> when x heard it
        self.held = collections.defaultdict(set)
        self.asked = [of[1 + n * groups // min(ASKED, groups)][-1] for n in range(min(ASKED, groups))]
        self.answers = {(n, vip): [] for n in ("a", "b") for vip in self.asked}  # when x got them

    def kernel_ms(self, addresses):
        """What this kernel takes to be given so many IPv6 addresses that expire: at each it goes over all of them (addrconf_verify),
        1000 take it some hundred times what 125 do. No daemon can be quicker than `ip -batch`."""
        alone = self.story.world.namespace(f"{self.story.tag}-kernel")
        batch(alone, ["link add eth1 type veth peer name eth2", "link set eth1 up", "link set eth2 up"])
        begun = time.monotonic_ns()
        batch(alone, [f"address add 2001:db8::{n:x}/128 dev eth1 valid_lft 60 preferred_lft 0 nodad" for n in range(1, addresses + 1)])
        took = milliseconds(time.monotonic_ns() - begun)
        print(f"    ip -batch adds {addresses} IPv6 addresses in {took} ms", flush=True)
        return round(took)

    @property
    def down_ms(self):
        return down_ms(self.interval, LOW)

    @property
    def lifetime_ms(self):
        """As the fence chooses it (failure-model 1.2)."""
        return 1000 * max(self.interval // 1000 + 1, int(self.down_ms - EXPIRY_LATE_MS) // 1000)

    def start(self, *nodes):
        for node in nodes:
            self.programs[node].start(self.told[node])

    def follow(self):
        events = self.story.watch.events()
        for e in events[self.followed:]:
            if e["ev"] == "addr":
                self.note(e, e["addr"].split("/")[0], self.node[e["ns"]])
            elif e["ev"] == "vrrp" and self.node[e["ns"]] == "x":
                self.adverts[self.mac[e["smac"]], e["vrid"]].append(e["t"])
            elif e["ev"] in ("arp", "na") and self.node[e["ns"]] == "x":
                self.note_answer(e)
        self.followed = len(events)

    def note(self, event, vip, node):
        if vip not in self.group:
            return
        there = event["op"] != "del"
        if there and node == "a":
            self.beats[vip].append(event["t"])
        if there != (node in self.held[vip]):
            (self.held[vip].add if there else self.held[vip].discard)(node)
            self.moves[vip].append((event["t"], node, there))

    def note_answer(self, event):
        is_answer = event["op"] == 2 and not event["garp"] if event["ev"] == "arp" else event["flags"] & 2
        of = self.mac.get(event["smac"]), event["sip"] if event["ev"] == "arp" else event["target"]
        if is_answer and of in self.answers:
            self.answers[of].append(event["t"])

    def asking(self, seconds):
        """Asks for some of the addresses until the end of the block: who answers for them is who has them, as hosts see it."""
        return asking.asking_all(self.story, self.asked, seconds, ASKED_EVERY_MS)

    def judge_answers(self, since, who, what, at_most):
        """Two answer for at most so many ms, and in the end this node does."""
        self.follow()
        now = time.monotonic_ns()
        both = [asking.together(*([t for t in self.answers[n, v] if t >= since] for n in ("a", "b"))) for v in self.asked]
        last = [milliseconds(now - max(self.answers[who, v], default=0)) for v in self.asked]
        self.story.check(f"{what}: {who} answers for the {len(last)} addresses that are asked for", max(last) <= 1000, spread(last))
        self.story.check(f"{what}: two answer for at most {at_most} ms", max(both) <= at_most, spread(both))

    def wrong(self, node):
        """How many addresses this node does not hold alone."""
        self.follow()
        return sum(1 for vip in self.group if self.held[vip] != {node})

    def all_held_by(self, node, what, seconds):
        begun = time.monotonic()
        good = wait_for(lambda: self.wrong(node) == 0, seconds, every=0.25)
        return self.story.check(f"{what}: {node} alone holds all {len(self.group)} addresses", good,
                                f"{time.monotonic() - begun:.1f} s, wrong: {self.wrong(node)}")

    def busy(self, node, seconds):
        """Per cent of a processor that the node's program takes."""
        def ticks():
            with open(f"/proc/{self.programs[node].program.child.pid}/stat") as file:
                words = file.read().rsplit(")", 1)[1].split()
            return int(words[11]) + int(words[12])
        before, begun = ticks(), time.monotonic()
        time.sleep(seconds)
        return round(100 * (ticks() - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - begun), 1)

    def when(self, vip, node, there, after):
        return next((t for t, who, now in self.moves[vip] if who == node and now == there and t >= after), None)

    def both(self, vip, since, until):
        """ms in which both held it."""
        total, held, last = 0, set(), since
        for t, node, there in [*self.moves[vip], (until, None, False)]:
            t = min(max(t, since), until)
            total += t - last if len(held) > 1 else 0
            last = t
            (held.add if there else held.discard)(node)
        return milliseconds(total)

    def since_last(self, times, begun, later):
        """ms from the last of these times before the death until then; None if either is missing."""
        at = bisect.bisect_right(times, begun + 50_000_000)  # what had left by then may be seen a little later
        return milliseconds(later - times[at - 1]) if at and later else None

    def judge_death(self, begun, what, overlap_ms):
        """Each address on its own: b took it over in time, a's is gone in time, and they did not both have it."""
        self.follow()
        now, check = time.monotonic_ns(), self.story.check
        taken = [self.since_last(self.adverts["a", g], begun, self.when(v, "b", True, begun)) for v, g in self.group.items()]
        gone = [self.since_last(self.beats[v], begun, self.when(v, "a", False, begun)) for v in self.group]
        both = [self.both(v, begun, now) for v in self.group]
        late = GATE_MS + self.slack
        check(f"{what}: b took each over within {self.down_ms:.0f} + {late} ms of its group's last advert (P-1)",
              None not in taken and self.down_ms - 20 <= min(taken) and max(taken) <= self.down_ms + late, spread(taken))
        limit = self.lifetime_ms + EXPIRY_LATE_MS + self.slack
        check(f"{what}: each is gone from a within {limit} ms of its last renewal (I-2)",
              None not in gone and max(gone) <= limit, spread(gone))
        check(f"{what}: none was held by two for more than {overlap_ms} ms (P-2)", max(both) <= overlap_ms, spread(both))


def spread(values):
    found = [v for v in values if v is not None]
    return f"{min(found, default=None)} to {max(found, default=None)} ms, {len(values) - len(found)} missing"
