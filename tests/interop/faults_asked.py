"""I-1 as hosts see it: who answers ARP requests and neighbour solicitations, asked every 10 ms, through a hand-over, a reclaim,
a death and a freeze. keepalived is the positive control: its left-over address answers beside the new Master's."""
import time

import asking
from faults import FENCE_MS, GATE_MS, Three
from measure import milliseconds
from routers import Fairlead, Keepalived

FAST_MS = 250
PREEMPTION_MS = 100  # I-1 allows 50; gates are twice as loose


def asked(kind, family, how):
    """how: kill -9, after a hand-over and a reclaim, or SIGSTOP."""
    def tell(story):
        three = Three(story, kind, family)
        if not three.settle():
            return
        with asking.asking(story, three.vip, 60):
            time.sleep(0.3)
            if kind is Fairlead and how == "kill -9":
                handed_over_and_back(story, three)
            begun = time.monotonic_ns()
            (three.programs["a"].kill if how == "kill -9" else three.programs["a"].freeze)()
            time.sleep(6)
            ended = time.monotonic_ns()
        if kind is Keepalived:
            both = asking.both_answered(story, three.vip, begun, ended)
            story.check("control: the checker hears two answers to one question", both > 1000, both)
            said = asking.ask(story.segment, "a", three.vip)
            story.check("control: the left-over address accepts packets", said.get("a") == {"who", "ping", "tcp"}, said)
            return
        both = asking.both_answered(story, three.vip, begun, ended)
        story.check(f"{how}: no question has two answers (P-2)", both == 0, both)
        last = max(asking.answers(story, three.vip, "a", begun - 10**9, ended), default=0)
        first = min(asking.answers(story, three.vip, "b", begun, ended), default=0)
        beat = three.own().adverts("a", "x")[-1]["t"]
        story.check(f"{how}: a is asked in vain {FENCE_MS} ms after its last beat (I-2)",
                    last and milliseconds(last - beat) <= FENCE_MS, milliseconds(last - beat))
        story.check(f"{how}: b answers within {3414 + GATE_MS} ms of it (P-1)",
                    first and milliseconds(first - beat) <= 3414 + GATE_MS, milliseconds(first - beat) if first else None)
        asking.asked_both(story, three.vip, "b", "a")
    return tell


def fast(family, how):
    """At 250 ms the kernel's lifetimes are too long: both list the address. The finer fence keeps the dead one from answering."""
    def tell(story):
        three = Three(story, Fairlead, family, interval=FAST_MS)
        if not three.settle():
            return
        with asking.asking(story, three.vip, 20):
            time.sleep(0.3)
            begun = time.monotonic_ns()
            (three.programs["a"].kill if how == "kill -9" else three.programs["a"].freeze)()
            time.sleep(3)
            ended = time.monotonic_ns()
        both, listed = asking.both_answered(story, three.vip, begun, ended), three.overlap(begun)
        story.check(f"{how}: no question has two answers (P-2)", both == 0, f"{both} ms; both listed it for {listed} ms")
        answered = [asking.answers(story, three.vip, n, begun, ended) for n in ("a", "b")]
        story.check(f"{how}: b answers in the end", answered[1] and milliseconds(ended - answered[1][-1]) < 100, len(answered[1]))
        problems = three.programs["b"].reports("g")[-1].get("problems")
        story.check("b does not say that two may answer", problems == "", problems)
        if how != "kill -9":
            three.programs["a"].thaw()
            time.sleep(0.3)
            both = asking.both_answered(story, three.vip, begun, time.monotonic_ns())
            story.check("thawed: no question has two answers", both == 0, both)
    return tell


def handed_over_and_back(story, three):
    begun = time.monotonic_ns()
    three.programs["a"].stop()
    three.alone("b", "handed over: b holds the address", 4)
    time.sleep(0.3)
    back = time.monotonic_ns()
    both = asking.both_answered(story, three.vip, begun, back)
    story.check("handed over: no question has two answers (I-1)", both == 0, both)
    told = [asking.answers(story, three.vip, n, begun - 300_000_000, back) for n in ("a", "b")]
    if story.check("handed over: both answered in their time", all(told), [len(t) for t in told]):
        gap = milliseconds(told[1][0] - told[0][-1])
        story.check("handed over: nobody answers for the skew + 50 ms at most (P-3; gate + 100)", 0 <= gap <= 414 + 100 + 20, gap)
    three.start("a")
    three.alone("a", "back: a reclaims the address")
    time.sleep(0.4)
    both = asking.both_answered(story, three.vip, back, time.monotonic_ns())
    story.check(f"back: two answers for at most {PREEMPTION_MS} ms (I-1)", both <= PREEMPTION_MS, both)
