#!/usr/bin/python3
"""Figures, no verdict: how late adverts leave (P-5), for 100 and 250 ms, IPv4 and IPv6, in peace and under a flood of 100,000 junk
packets a second. Captured at another node with the kernel's stamps. lateness.py [SECONDS], 20 each by default."""
import json
import os
import sys
import time

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/interop")
import asking  # noqa: E402
import beats  # noqa: E402
import faults_flood  # noqa: E402
from routers import Fairlead  # noqa: E402
from stories import Story  # noqa: E402
from world import World, wait_for  # noqa: E402


def measure(world, family, interval, seconds):
    story = Story(world, f"v{family}-{interval}", "")
    story.place("a", "b", "x")
    story.watch.end()
    told = {p: faults_flood.routers(p, 350 - p, interval, (family,)) for p in (200, 150)}
    a, b = story.run(Fairlead, "a", told[200]), story.run(Fairlead, "b", told[150])
    if not wait_for(lambda: all(a.state(r.name) == "Master" for r in told[200]), 10):
        raise RuntimeError("a is not Master")
    time.sleep(1)
    for flooded in (False, True):
        program = faults_flood.begin(story, seconds) if flooded else None
        seen = beats.watch_for(story.segment.of["x"], asking.mac_of(story.segment, "a"), seconds)
        rate = 0
        if program:
            program.child.wait(30)
            sent = json.loads(program.text().splitlines()[-1])
            rate = sent["sent"] / sent["seconds"]
        late = beats.of_all(seen, interval)
        moved = "" if b.became(told[150][0].name) == 0 else "; b was Master meanwhile"
        print(f"IPv{family} {interval} ms, {len(seen)} groups, {rate:.0f} junk packets/s: {beats.told(late) if late else 'none'}{moved}",
              flush=True)
    for program in (a, b):
        program.stop()


def main():
    if os.geteuid() != 0:
        sys.exit("needs root for network namespaces")
    seconds = float(sys.argv[1]) if sys.argv[1:] else 20
    with World("lateness") as world:
        for family in (4, 6):
            for interval in (100, 250):
                measure(world, family, interval, seconds)


if __name__ == "__main__":
    main()
