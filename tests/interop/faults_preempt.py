"""preemptDelaySeconds: who comes back waits until its services are programmed, then for the delay, and only then takes the role
back from a living Master: after an Active_Down_Interval in which that one's adverts no longer move its timer."""
import time

from faults import INTERVAL_MS, Three
from measure import milliseconds
from routers import Fairlead

DELAY_S, WARM_MS, PREEMPTION_MS = 3, 2000, 100
ADI_MS = 3218  # of a, priority 200


def delayed(family):
    def tell(story):
        three = Three(story, Fairlead, family, extra=(("preemptDelaySeconds", DELAY_S),))
        three.start("b")
        if not three.alone("b", "b is the one Master at first", 8):
            return
        time.sleep(1.2)
        a = three.programs["a"] = Fairlead(story.world, story.segment.of["a"], "a")
        a.options = ["--ready-after", str(WARM_MS)]
        begun = time.monotonic_ns()
        a.start([three.told["a"]])
        time.sleep(WARM_MS / 1000 - 0.4)
        story.check("not programmed: a is no candidate", a.state("g") in ("none", "Initialize"), a.state("g"))
        if not story.eventually("programmed: it is Backup", lambda: a.state("g") == "Backup", 2):
            return
        three.alone("a", "in the end a has the role", WARM_MS / 1000 + DELAY_S + 6)
        time.sleep(0.3)
        taken = milliseconds(three.own().first(three.vip, "a", True, begun) - begun)
        # The last advert that still counts comes in the interval before the delay ends.
        least = WARM_MS + 1000 * DELAY_S + ADI_MS - INTERVAL_MS
        story.check(f"a reclaims {least}..{least + INTERVAL_MS} ms after its start (gates: 50 and 400 ms)",
                    least - 50 <= taken <= least + INTERVAL_MS + 400, taken)
        three.never_two(begun, "reclaimed (I-1)", PREEMPTION_MS)
        story.check("b was Master all the while", three.programs["b"].became("g") == 1)
        last = a.logged("vrrp.became_active", "group=g ")
        story.check("the reason is told", last and "reason=Preempted" in last[-1], last)
    return tell
