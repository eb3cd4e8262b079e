"""FN-01, FN-03: a machine that has slept. Its kernel's count of a renewal's age stood still meanwhile, so a restart continues nothing.
A time namespace makes the clock that counts sleep run a day ahead of the other, for the program alone."""
import time

from faults import INTERVAL_MS, Three
from measure import milliseconds
from routers import Fairlead

ADI_MS = 3218  # of a, priority 200


def no_resume(story):
    three = Three(story, Fairlead)
    a = three.programs["a"] = Fairlead(story.world, story.segment.of["a"], "a")
    a.before = ["unshare", "--time", "--boottime", "86400"]
    if not three.settle():
        return
    begun = time.monotonic_ns()
    time.sleep(3.2)
    said = [e["t"] for e in three.own().adverts("a", "x", since=begun - 1_100_000_000)]
    gaps = [milliseconds(q - p) for p, q in zip(said, said[1:])]
    story.check("slept: it runs as ever", len(gaps) >= 3 and max(gaps) < 1.25 * INTERVAL_MS and a.became("g") == 1, gaps)
    begun = time.monotonic_ns()
    a.kill()
    a.start([three.told["a"]])
    time.sleep(0.6)
    gone = three.own().first(three.vip, "a", False, begun)
    # Without sleep it would be continued: tests/interop/faults_test.py resume.
    story.check("slept, killed and started at once: what is left goes before anything is said", gone and
                milliseconds(gone - begun) < 600 and not three.own().adverts("a", "x", since=gone), milliseconds(gone - begun) if gone else None)
    story.check("it is Backup", a.state("g") == "Backup", a.state("g"))
    three.alone("a", "and has the role again after a whole interval", 8)
    back = three.own().first(three.vip, "a", True, gone or begun)
    story.check("not before", back and milliseconds(back - begun) >= ADI_MS, milliseconds(back - begun) if back else None)
    story.check("nobody resumed", not a.logged("vrrp.became_active", "group=g ", "reason=Resumed"))
    three.never_two(begun, "slept: b may have begun meanwhile (I-1)", 100)
