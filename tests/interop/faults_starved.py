"""FN-29: a Master that is kept from running. It takes both processors for itself: nothing else is told meanwhile."""
import contextlib
import os
import subprocess
import time

from faults import down_ms, Three
from measure import milliseconds
from routers import Fairlead
from world import LONG, wait_for

SECONDS = 60 if LONG else 7
# failure-model 1.2: two owners at most, each time that one of them gives way.
OVERLAP_MS = {1000: 0, 250: 1400}
# An advert and the reading of the clock before it are two calls: a quota may end between them. Below that, b is not Master yet.
EARLY_MS = 100


def quota_folder():
    """Where a cgroup with a quota can be made, with (file, text) that allow a twentieth of one processor, in one piece each
    second: between two pieces nothing in it runs."""
    if os.path.exists("/sys/fs/cgroup/cpu/cgroup.procs"):
        return "/sys/fs/cgroup/cpu", (("cpu.cfs_period_us", "1000000"), ("cpu.cfs_quota_us", "50000"))
    return "/sys/fs/cgroup", (("cpu.max", "50000 1000000"),)


class Quota:
    """A cgroup of little time, shared with busy loops."""

    def __init__(self, name):
        root, limits = quota_folder()
        self.root, self.folder = root, f"{root}/{name}"
        os.makedirs(self.folder, exist_ok=True)
        for file, text in limits:
            self.put(self.folder, file, text)

    @staticmethod
    def put(folder, file, text):
        with open(f"{folder}/{file}", "w") as out:
            out.write(text)

    def take(self, pids):
        for pid in pids:
            self.put(self.folder, "cgroup.procs", str(pid))

    def remove(self):
        def empty():
            with open(self.folder + "/cgroup.procs") as file:
                left = file.read().split()
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    self.put(self.root, "cgroup.procs", pid)
            return not left
        wait_for(empty, 3)
        os.rmdir(self.folder)


@contextlib.contextmanager
def busy(count):
    """So many loops that never wait."""
    loops = [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield [x.pid for x in loops]
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def late(program):
    """(How many adverts left more than 25 ms after they were due, how often one was too late to leave at all.)"""
    metrics = program.metrics()
    name = "fairlead_node_vrrp_advert_lateness_seconds_bucket"
    left = metrics[name + '{le="+Inf"}'] - metrics[name + '{le="0.025"}']
    return left, program.metric("fairlead_node_vrrp_transitions_total", reason="FenceExpired")


class Starved:
    """a and b with a group of 1 s adverts and one of 250 ms, and x."""

    def __init__(self, story):
        self.story, self.three = story, Three(story, Fairlead)
        self.told = {node: [told, told.but(name="h", vrid=52, interval=250, vips=("192.0.2.110",))]
                     for node, told in self.three.told.items()}

    def settle(self):
        for node, told in self.told.items():
            self.three.programs[node] = Fairlead(self.story.world, self.story.segment.of[node], node).start(told)
        good = wait_for(self.a_alone, 10)
        time.sleep(1.3)
        return self.story.check("at first a is the one Master of both", good and self.a_alone(), good)

    def a_alone(self):
        return all(self.three.own().holders(r.vips[0]) == ["a"] for r in self.told["a"])

    def gaps(self, router, since, until):
        said = [e["t"] for e in self.three.own().adverts("a", "x", router.vrid, since, until)]
        return [milliseconds(q - p) for p, q in zip(said, said[1:])]

    def judge(self, begun, what):
        """Nobody was hurt by it."""
        ended, check = time.monotonic_ns(), self.story.check
        for router in self.told["a"]:
            interval, name = router.interval, f"{what}, {router.interval} ms"
            periods = self.three.own().periods(router.vips[0], begun, ended)
            both = [milliseconds(q - p) for p, q, who in periods if len(who) > 1]
            limit = OVERLAP_MS[interval]
            check(f"{name}: two holders for at most {limit} ms each time", max(both, default=0) <= limit, both)
            gaps = self.gaps(router, begun - interval * 1_000_000, ended)
            # Too late for its advert a is Backup, and listens: no gap is in between.
            down, listened = down_ms(interval, 150), down_ms(interval, 150) - EARLY_MS + down_ms(interval, 200)
            wrong = [g for g in gaps if down <= g < listened]
            check(f"{name}: no advert when b may be Master (give-up rule of 1.2)", gaps and not wrong,
                  f"{len(gaps)} adverts, longest gap {max(gaps, default=None)} ms, wrong {wrong}")

    def calm(self):
        """Time again: all is as before."""
        self.story.eventually("time again: a is the one Master of both", self.a_alone, 12)
        time.sleep(0.2)
        begun = time.monotonic_ns()
        time.sleep(4)
        for router in self.told["a"]:
            gaps = self.gaps(router, begun, time.monotonic_ns())
            self.story.check(f"and keeps its beat, {router.interval} ms", len(gaps) >= 2 and max(gaps) < 1.25 * router.interval, gaps)
        self.story.check("and stays it", self.a_alone())


def starved(story):
    """Busy loops on every processor, then nearly no time at all; then all is as before."""
    world = Starved(story)
    if not world.settle():
        return
    a = world.three.programs["a"]
    before, begun = late(a), time.monotonic_ns()
    with busy(2 * os.cpu_count()):
        time.sleep(SECONDS)
        world.judge(begun, "busy loops")
    quota, begun = Quota(f"fairlead-interop-{story.tag}"), time.monotonic_ns()
    try:
        with busy(2) as loops:
            quota.take([a.program.child.pid, *loops])
            time.sleep(SECONDS)
            world.judge(begun, "a twentieth of a processor")
    finally:
        quota.remove()
    after = late(a)
    story.check("the metrics of lateness have grown", after[0] > before[0] or after[1] > before[1], (before, after))
    world.calm()
