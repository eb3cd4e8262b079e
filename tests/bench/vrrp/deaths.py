"""A Master of 255 groups is lost: what its clients notice, what stays behind, and whether two have an address at one time."""
import time

import duel
import kinds
from client import Client
from stories import Story
from table import Line

GROUPS = 255
INTERVALS = (1000,)
FROZEN_SECONDS = 8
GONE_SECONDS = 3.1  # the last address of a dead Fairlead (failure-model 1.2)
TAKEN_OVER_MS = 100  # P-1, beyond the Active_Down_Interval


def power(one):
    one.story.segment.carrier("a", False)
    one.programs["a"].kill()


def kill(one):
    one.programs["a"].kill()


def stop(one):
    one.programs["a"].stop()


def freeze(one):
    one.programs["a"].freeze()


CAUSES = {"power loss": power, "kill -9": kill, "SIGTERM": stop, "SIGSTOP 8 s": freeze}


def recover(one, cause):
    if cause == "power loss":
        one.story.segment.carrier("a", True)
    if cause != "SIGSTOP 8 s":
        one.start("a")


def figures(one, client, begun, dead, until):
    """Of one death, in ms where they are times; None: not all were taken over. `dead`: until then a did not run."""
    one.follow()
    taken = {vip: one.taken(vip, begun) for vip in one.group}
    known = [t for t in taken.values() if t]
    whole = len(known) == len(taken)
    silences = [one.silence_ms(vip, begun, t) for vip, t in taken.items()]
    return {"the first address is taken over, after the death": (min(known) - begun) / 1e6 if known else None,
            "the last address is taken over, after the death": (max(known) - begun) / 1e6 if whole else None,
            "the last one, after its group's last advert": max(silences) if whole and None not in silences else None,
            "a client's outage, worst address": max(client.outage_ms(vip, begun, until) for vip in one.asked),
            "two list one address": max(one.both_listed_ms(vip, begun, until) for vip in one.group),
            "two answer for one address": max(one.both_answered_ms(vip, begun) for vip in one.asked),
            "addresses not taken over": len(taken) - len(known),
            "addresses left behind": sum(1 for vip in one.group if one.had("a", vip, dead))}


def lose(one, cause):
    seconds = {"SIGSTOP 8 s": FROZEN_SECONDS, "SIGTERM": 2.5}.get(cause, max(one.told.down_ms / 1000, GONE_SECONDS) + 1)
    with one.asking(60), Client(one.story.segment.of["x"], one.asked) as client:
        time.sleep(0.5)
        begun = duel.now()
        CAUSES[cause](one)
        time.sleep(seconds)
        ended = duel.now()
        if cause == "SIGSTOP 8 s":
            one.programs["a"].thaw()
            time.sleep(1)
        until = duel.now()
    return figures(one, client, begun, ended, until)


def told_of(world, tag, make, interval):
    """{cause: figures}"""
    story = Story(world, tag, "")
    one, found = duel.Duel(story, make, kinds.Told(GROUPS, interval)), {}
    one.start("a", "b")
    for cause in CAUSES:
        if not one.settled(40):
            break
        time.sleep(1.5)
        found[cause] = lose(one, cause)
        recover(one, cause)
    for program in one.programs.values():
        program.stop()
    missed = story.watch.end()
    if missed:
        raise RuntimeError(f"netwatch missed something: {missed[:3]}")
    return found


def demanded(what, cause, told):
    """The most that is allowed of Fairlead, or None. At SIGTERM nobody waits for an interval."""
    if what.startswith("addresses "):
        return 0
    if what.startswith("two ") and told.interval >= 1000:
        return 0
    if what.startswith("two answer"):
        return 0
    if what == "the last one, after its group's last advert" and cause != "SIGTERM":
        return told.down_ms + TAKEN_OVER_MS
    return None


def lines(world, options):
    for interval in [i for i in options.intervals if i in INTERVALS] or options.intervals[:1]:
        told = kinds.Told(GROUPS, interval)
        found = {name: told_of(world, f"d{interval}-{name[0]}", make, interval) for name, make in kinds.KINDS.items()}
        for cause in CAUSES:
            theirs, ours = (found[name].get(cause, {}) for name in ("keepalived", "fairlead"))
            for what in theirs or ours:
                unit = "" if what.startswith("addresses ") else "ms"
                yield Line(f"{GROUPS} x {interval} ms, {cause}: {what}", unit, theirs.get(what), ours.get(what),
                           most=demanded(what, cause, told))
