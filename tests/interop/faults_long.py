"""With --long: deaths and freezes at random moments, many times over. I-1 and I-2 hold each time; what came out is told."""
import random
import time

from faults import DOWN_MS, FENCE_MS, GATE_MS, Three
from measure import milliseconds
from routers import Fairlead

KILLS = 20
FREEZES = (0.5, 1, 1.4, 1.8, 2.2, 2.6, 3, 3.2, 3.4, 3.6, 4, 5, 7, 12)


def killed_again_and_again(family, addresses, seed):
    """I-2, netns/kill-random: VIPs outlive their daemon's last beat by the fence at most, wherever in its turn it dies."""
    def tell(story):
        vips = tuple(f"192.0.2.{n}" if family == 4 else f"2001:db8::{n:x}" for n in range(100, 100 + addresses))
        dice = random.Random(seed)
        three = Three(story, Fairlead, family, vips=vips if family == 4 else ("fe80::100", *vips))
        three.vip = vips[-1]
        if not three.settle(15):
            return
        gone, taken, both = [], [], []
        for _ in range(KILLS):
            time.sleep(dice.uniform(0, 1))
            begun = time.monotonic_ns()
            three.programs["a"].kill()
            time.sleep(FENCE_MS / 1000 + 1)
            last = three.own().adverts("a", "x", until=begun + 50_000_000)[-1]["t"]
            gone.append(since(last, [three.own().first(v, "a", False, begun) for v in vips]))
            taken.append(since(last, [three.own().first(v, "b", True, begun) for v in vips]))
            both.append(max(three.own().overlap(v, begun, time.monotonic_ns()) for v in vips[:: max(1, addresses // 5)]))
            three.start("a")
            if not three.story.check("a reclaims", three.holders() == ["a"] or three.alone("a", "a is back", 9)):
                return
            time.sleep(0.2)
        story.check(f"{KILLS} times: gone within {FENCE_MS} ms of the last beat", None not in gone and max(gone) <= FENCE_MS, gone)
        story.check(f"{KILLS} times: taken over within {DOWN_MS} + {GATE_MS} ms of it",
                    None not in taken and max(taken) <= DOWN_MS + GATE_MS, taken)
        story.check(f"{KILLS} times: never two holders", max(both) == 0, both)
    return tell


def since(last, times):
    return milliseconds(max(times) - last) if all(times) else None


def frozen_for_so_long(family, seed):
    """I-1, netns/freeze-matrix: frozen at random moments, for less and for more than each of the limits."""
    def tell(story):
        dice = random.Random(seed)
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        for seconds in dice.sample(FREEZES, len(FREEZES)):
            time.sleep(dice.uniform(0, 1))
            begun = time.monotonic_ns()
            three.programs["a"].freeze()
            time.sleep(seconds)
            three.programs["a"].thaw()
            time.sleep(0.5)
            both = three.overlap(begun)
            story.check(f"frozen for {seconds} s: never two holders", both == 0, both)
            back = time.monotonic_ns()
            three.alone("a", f"frozen for {seconds} s: a has the address in the end", 10)
            time.sleep(0.3)
            story.check(f"frozen for {seconds} s: reclaimed (I-1)", three.overlap(back) <= 100, three.overlap(back))
    return tell
