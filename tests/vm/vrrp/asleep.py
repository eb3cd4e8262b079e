"""The Master's machine goes to sleep (ACPI S3) and is woken by QMP: its monotonic clock stood still, its boot-time clock did not.
Who answers is asked from outside, as in paused.py. FN-02, I-1."""
import os
import re
import sys
import time

import asking
from faults import DOWN_MS, GATE_MS, INTERVAL_MS, Three
from measure import milliseconds
from paused import BOOT_SECONDS, TWO_MS, Cable, Machine, lone
from routers import Fairlead
from sleeper import Sleeper
from stories import Story
from world import TREE, wait_for

sys.path.insert(0, TREE + "/tests/netns")
from twonodes_daemons import Daemon  # noqa: E402

ASLEEP_SECONDS = 6


def checkpoint(three, folder):
    """The folder of node a: the group that a is told, as a plan of one group that needs no IPVS."""
    program = Fairlead(three.story.world, three.story.segment.of["a"], "a")
    group = program.group(three.told["a"])
    group["metadata"].update(uid="uid-g", generation=1, creationTimestamp="2026-01-01T00:00:00Z")
    for address in group["spec"]["addresses"]:
        address["forwarding"] = "Delegate"
    return Daemon("a", folder, [group], "").folder


def told(world, folder):
    story = Story(world, "sleep", "")
    three = Three(story, Fairlead)
    Cable(story.segment.of["a"], folder)
    guest = Sleeper(folder, checkpoint(three, folder))
    try:
        three.start("b")
        machine = Machine(folder + "/qmp")
        with asking.asking(story, three.vip, 150):
            sleep_and_wake(story, three, machine, guest)
    except Exception as error:  # the guest's own words belong to it
        story.check("told to its end", False, f"{error!r} {guest.said[-1500:]}")
    finally:
        guest.end()
        story.check("netwatch missed nothing", not story.watch.end())
    return [(name.removeprefix(": "), ok, detail) for name, ok, detail in story.results]


def sleep_and_wake(story, three, machine, guest):
    begun = time.monotonic_ns()
    if not story.check("the guest's daemon has the role, and answers", lone(story, three, "a", BOOT_SECONDS),
                       f"after {(time.monotonic_ns() - begun) / 1e9:.1f} s; {guest.lines('it can sleep')}"):
        raise RuntimeError("no Master in the guest")
    refused = guest.lines("forwarding.fence_failed")
    story.check("its kernel holds the finer fence", not refused, refused)
    time.sleep(2)
    b = three.programs["b"]
    begun, became = time.monotonic_ns(), b.became("g")
    guest.tell("mem")
    if not story.check("it sleeps", wait_for(lambda: machine.tell("query-status")["status"] == "suspended", 10, every=0.05)):
        raise RuntimeError("it does not sleep")
    time.sleep(ASLEEP_SECONDS)
    last = three.own().adverts("a", "x", until=time.monotonic_ns())[-1]["t"]
    taken = three.own().first(three.vip, "b", True, begun)
    story.check(f"asleep: b takes over within {DOWN_MS} + {GATE_MS} ms of its last advert",
                taken and milliseconds(taken - last) <= DOWN_MS + GATE_MS, milliseconds(taken - last) if taken else None)
    woken = time.monotonic_ns()
    machine.tell("system_wakeup")
    story.check("woken: in the end it has the role again", lone(story, three, "a", 20))
    report(story, three, guest, begun, woken)
    story.check("b is Backup, and was Master once", b.state("g") == "Backup" and b.became("g") == became + 1,
                (b.state("g"), b.became("g") - became))


def report(story, three, guest, begun, woken):
    slept = re.findall(r"slept: exit (\d+), uptime (\S+) to (\S+)", guest.said)
    counted = float(slept[0][2]) - float(slept[0][1]) if slept else 0
    story.check("its boot-time clock counted the sleep", slept and slept[0][0] == "0" and counted >= ASLEEP_SECONDS - 1.5, slept)
    both = asking.both_answered(story, three.vip, begun, woken)
    story.check("asleep: none answers beside b", both == 0, both)
    first = asking.answers(story, three.vip, "a", woken, time.monotonic_ns())[0]
    both = asking.both_answered(story, three.vip, woken, time.monotonic_ns())
    story.check(f"woken: two answered for at most {TWO_MS} ms (I-1)", both <= TWO_MS,
                f"{both}; its first answer came after {milliseconds(first - woken)} ms")
    gave_up = guest.lines("vrrp.became_backup")
    story.check("woken: it gives the role up before it says anything (failure-model 1.2, G)",
                any("reason=FenceExpired" in x for x in gave_up), gave_up)
    adverts = [e["t"] for e in three.own().adverts("a", "x", since=woken)]
    story.check(f"woken: it listens first: no advert for {3 * INTERVAL_MS} ms", adverts and
                milliseconds(adverts[0] - woken) >= 3 * INTERVAL_MS, milliseconds(adverts[0] - woken) if adverts else None)
