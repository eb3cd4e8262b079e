"""FN-01: a daemon that was away for a moment goes on where it was, as if it had been frozen; and all that must keep it from
doing so, so that its addresses go before it says a word."""
import time

from faults import Three, down_ms
from measure import milliseconds
from routers import Fairlead
from world import wait_for

# 250 ms: addresses live for 1 s, b (priority 150) may be Master 853 ms after a's last advert, so a must be back after 753 ms.
FAST_MS = 250
TOO_LATE_MS = (760, 950)


def resumed(family, interval):
    """Back before the address has expired and with nobody else heard: nothing moves."""
    def tell(story):
        three = Three(story, Fairlead, family, interval=interval)
        if not three.settle():
            return
        for _ in range(4):
            begun = time.monotonic_ns()
            three.programs["a"].kill()
            three.start("a")
            wait_for(lambda: three.programs["a"].lines("sequence=1"), 3, every=0.005)
            took = milliseconds(time.monotonic_ns() - begun)
            if took < down_ms(interval, 150) - 2 * interval:
                break
            three.alone("a", f"the machine was too slow ({took} ms): once more", 10)
            time.sleep(2)
        time.sleep(1 + 5 * interval / 1000)
        periods = three.own().periods(three.vip, begun, time.monotonic_ns())
        story.check("killed and started at once: a held the address all the while", {x for _, _, x in periods} == {frozenset("a")},
                    [(milliseconds(e - s), sorted(x)) for s, e, x in periods])
        story.check("b said nothing", not three.own().adverts("b", "x", since=begun))
        said = [e["t"] for e in three.own().adverts("a", "x", since=begun - 1_500_000 * interval)]
        gaps = [milliseconds(q - p) for p, q in zip(said, said[1:])]
        limit = down_ms(interval, 150)
        story.check(f"no gap between a's adverts that makes b Master ({limit:.0f} ms)", gaps and max(gaps) < limit, max(gaps, default=None))
        story.check("the reason is Resumed", reasons(three.programs["a"]) == ["Resumed"], reasons(three.programs["a"]))
    return tell


def reasons(program):
    """Of the transitions since its start, in order; the first report is before any."""
    found = [r["reason"] for r in program.reports("g") if r["reason"]]
    return [x for n, x in enumerate(found) if n == 0 or found[n - 1] != x]


def alone_and_fast(story, family):
    """a alone is Master at 250 ms: whatever becomes of it is nobody else's doing."""
    three = Three(story, Fairlead, family, interval=FAST_MS)
    three.start("a")
    if not three.alone("a", "a is Master"):
        return None
    time.sleep(1)
    return three


def killed_after_a_beat(three):
    """Kills a as soon as it has advertised; when that was (ns)."""
    said = len(three.own().adverts("a", "x"))
    wait_for(lambda: len(three.own().adverts("a", "x")) > said, 3, every=0.002)
    three.programs["a"].kill()
    return three.own().adverts("a", "x")[-1]["t"]


def addresses_gone_first(three, begun, what):
    """After a start that must not resume: the address goes, then a listens, and only then it speaks."""
    story, a = three.story, three.programs["a"]
    gone = wait_for(lambda: three.own().first(three.vip, "a", False, begun), 3)
    three.alone("a", f"{what}: a is Master in the end")
    time.sleep(0.2)
    said = three.own().adverts("a", "x", since=begun)
    story.check(f"{what}: the address is gone before the first advert", gone and said and gone < said[0]["t"],
                milliseconds(said[0]["t"] - gone) if gone and said else None)
    listened = milliseconds(said[0]["t"] - begun) if said else None
    story.check(f"{what}: a listened for an Active_Down_Interval first", listened and listened >= down_ms(FAST_MS, 200) - 20, listened)
    story.check(f"{what}: not Resumed", "Resumed" not in reasons(a), reasons(a))
    return gone


def too_late(family):
    """Back when b could be Master, but before the kernel has removed the addresses: they go at once."""
    def tell(story):
        three = alone_and_fast(story, family)
        for _ in range(4 if three else 0):
            last = killed_after_a_beat(three)
            time.sleep(max(0, TOO_LATE_MS[0] / 1000 - (time.monotonic_ns() - last) / 1e9))
            begun = time.monotonic_ns()
            three.start("a")
            a = three.programs["a"]
            wait_for(lambda: a.reports("g"), 3, every=0.005)
            after = milliseconds(time.monotonic_ns() - last)
            if after < TOO_LATE_MS[1]:
                break
            three.alone("a", f"the machine was too slow ({after} ms): once more")  # the kernel may have been first
            time.sleep(1)
        else:
            if three:
                story.check("it was back in time to be too late", False, after)
            return
        story.check(f"back after {TOO_LATE_MS[0]} ms: it removes what it left",
                    wait_for(lambda: a.logged("vrrp.leftovers_removed"), 2, every=0.01), after)
        addresses_gone_first(three, begun, "too late")
    return tell


def back_in_time(three):
    """Kills a after a beat and starts it again, its addresses ready a while later: (last beat, start). Once more where the
    machine was too slow for that."""
    a = three.programs["a"]
    a.options = ["--ready-after", "200"]
    for _ in range(4):
        last, begun = killed_after_a_beat(three), time.monotonic_ns()
        three.start("a")
        wait_for(lambda: a.lines("sequence=1"), 3, every=0.005)
        if milliseconds(time.monotonic_ns() - last) < 500:
            break
        three.alone("a", "the machine was too slow: once more")
        time.sleep(1)
    return last, begun


def rival_heard(family):
    """Back in time, but before its addresses are ready it hears somebody, whatever its priority: they go at once."""
    def tell(story):
        three = alone_and_fast(story, family)
        if not three:
            return
        back_in_time(three)
        time.sleep(1.2)
        a = three.programs["a"]
        story.check("control: with nobody heard it goes on when they are ready", reasons(a) == ["Resumed"], reasons(a))
        last, begun = back_in_time(three)
        spoken = three.speaker_says(three.say(priority=20, interval=FAST_MS // 10))[0]
        gone = addresses_gone_first(three, begun, "a rival of priority 20 is heard")
        after = milliseconds(gone - spoken) if gone else None
        story.check("the address goes at once, not with its lifetime", after is not None and after <= 100,
                    (after, milliseconds(spoken - last)))
    return tell
