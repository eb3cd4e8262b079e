"""How late adverts leave, by the kernel's stamps at another node: by how much the time to the one before exceeds the interval, which
is what a Backup waits for. A group that falls silent is as late as it was silent. Quiet, beside two busy loops for each processor,
and under a flood of 100,000 junk packets a second to the Master; with and without a realtime class."""
import contextlib
import os
import subprocess
import time

import asking
import beats
import faults_flood
import kinds
from stories import Story
from table import Line
from world import wait_for

INTERVAL_MS = 100
SHARES = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))


@contextlib.contextmanager
def quiet(_story, _seconds):
    yield


@contextlib.contextmanager
def busy(_story, _seconds):
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2 * os.cpu_count())]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@contextlib.contextmanager
def flooded(story, seconds):
    program = faults_flood.begin(story, "a", int(seconds) + 1)

    try:
        yield
    finally:
        program.child.wait(30)


CONDITIONS = {"quiet": quiet, "busy loops": busy, "flood": flooded}


def excesses(seen, groups, interval_ms, begun, ended):
    """ms; one for each advert, and one for the silence at the end of each group. Wall clock, as the stamps are."""
    late = []
    for vrid in groups:
        times = seen.get((4, vrid), [])
        gaps = [b - a for a, b in zip(times, times[1:])]
        silent = [ended - times[-1], times[0] - begun] if times else [ended - begun]
        gaps += [g for g in silent if g > interval_ms * 1e6]
        late += [max(0, g / 1e6 - interval_ms) for g in gaps]
    return late


def measured(world, tag, make, realtime, seconds):
    """{condition: {p: ms}}"""
    story = Story(world, tag, "")
    story.place("a", "b", "x")
    story.watch.end()  # it would have to write each of the flood's frames
    told = {node: faults_flood.routers(own, 350 - own, INTERVAL_MS, (4,)) for node, own in kinds.PRIORITY.items()}
    told = {node: [r.but(checksum="RFC5798") for r in routers] for node, routers in told.items()}
    programs = {node: make(world, story.segment.of[node], node, realtime).start(told[node]) for node in ("a", "b")}
    found = {}
    if not wait_for(lambda: kinds.masters(programs["a"]) == len(told["a"]), 20, every=0.2):
        return found
    time.sleep(6)  # the announcements of the promotion
    groups = [r.vrid for r in told["a"]]
    for name, condition in CONDITIONS.items():
        arrived, before = faults_flood.arrived(story, "a"), kinds.promotions(programs["b"])
        with condition(story, seconds):
            begun = time.time_ns()
            seen = beats.watch_for(story.segment.of["x"], asking.mac_of(story.segment, "a"), seconds)
            arrived = (faults_flood.arrived(story, "a") - arrived) / seconds
            late = excesses(seen, groups, INTERVAL_MS, begun, time.time_ns())
        found[name] = {f"late {p}": beats.percentile(late, share) for p, share in SHARES}
        found[name]["take-overs by the Backup"] = kinds.promotions(programs["b"]) - before
        if condition is flooded:
            found[name]["packets a second that reach the Master"] = arrived
    for program in programs.values():
        program.stop()
    return found


def lines(world, options):
    for realtime in (False, True):
        found = {name: measured(world, f"l{name[0]}{int(realtime)}", make, realtime, options.seconds) for name, make in kinds.KINDS.items()}
        theirs, ours = found["keepalived"], found["fairlead"]
        for condition in CONDITIONS:
            one, other = theirs.get(condition, {}), ours.get(condition, {})
            for what in one or other:
                yield Line(f"32 groups x {INTERVAL_MS} ms, {condition}{', realtime' if realtime else ''}: {what}",
                           "ms" if what.startswith("late") else "", one.get(what), other.get(what))
