"""An interface that is not there yet, goes, comes back as another one, or changes its name: a group belongs to a name, and holds
nothing on any other interface."""
import json
import subprocess
import time

from asking import ask
from faults import listens, Three
from measure import milliseconds
from routers import Fairlead
from world import ip


def index_of(three, node, name="eth1"):
    shown = subprocess.run(["ip", "-n", three.story.segment.of[node], "-j", "link", "show", "dev", name], text=True,
                           stdout=subprocess.PIPE, check=True).stdout
    return json.loads(shown)[0]["ifindex"]


def missing(three, what):
    """a has lost its interface: it says so, and b serves."""
    story, a = three.story, three.programs["a"]
    story.eventually(f"{what}: a is in Initialize", lambda: a.state("g") == "Initialize", 3)
    told = a.reports("g")[-1].get("problems", "")
    story.check(f"{what}: condition InterfaceMissing", told == "InterfaceMissing", told)
    three.alone("b", f"{what}: b serves", 8)


def reclaimed(three, since, what):
    three.alone("a", f"{what}: a reclaims the address", 8)
    time.sleep(0.3)
    three.never_two(since, f"{what} (I-1)", 100)
    last = three.programs["a"].reports("g")[-1].get("problems", "")
    three.story.check(f"{what}: no condition is left", not last, last)
    said = ask(three.story.segment, "a", three.vip)
    three.story.check(f"{what}: a answers for the address, and nobody else", said == {"a": {"who", "ping", "tcp"}}, said)


def made_later(family):
    """The group is there before its interface; then the interface goes, and comes back as another one."""
    def tell(story):
        three = Three(story, Fairlead, family)
        story.segment.unplug("a")
        begun = time.monotonic_ns()
        three.start("a", "b")
        story.eventually("the group is taken", lambda: three.programs["a"].reports("g"), 3)
        story.check("without its interface it is not refused", not three.programs["a"].refused(), three.programs["a"].refused())
        missing(three, "before it is made")
        story.segment.plug("a")
        reclaimed(three, begun, "made")
        first, begun = index_of(three, "a"), time.monotonic_ns()
        story.segment.unplug("a")
        missing(three, "removed")
        three.taken_over(begun, "removed")
        three.never_two(begun, "removed")
        begun = time.monotonic_ns()
        story.segment.plug("a")
        story.check("made again: another interface", index_of(three, "a") != first, (first, index_of(three, "a")))
        reclaimed(three, begun, "made again")
        said = [e for e in three.own().adverts("a", "x", since=begun) if e["priority"] != 0]
        story.check("made again: a waited for its Active_Down_Interval", said and milliseconds(said[0]["t"] - begun) > 3200,
                    milliseconds(said[0]["t"] - begun) if said else None)
    return tell


def renamed(family):
    """eth1 becomes eth9 and eth1 again while a is Master. Kernels before 6.2 rename only what is down."""
    def rename(three, old, new):
        done = subprocess.run(["ip", "-n", three.story.segment.of["a"], "link", "set", old, "name", new], stderr=subprocess.PIPE)
        if done.returncode:
            ip(three.story.segment.of["a"], f"link set {old} down")
            ip(three.story.segment.of["a"], f"link set {old} name {new}")
            ip(three.story.segment.of["a"], f"link set {new} up")
            if family == 6:
                ip(three.story.segment.of["a"], f"address replace fe80::1/64 dev {new} nodad")

    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        story.check("a listens on eth1", listens(three, "a", "eth1"))
        begun = time.monotonic_ns()
        rename(three, "eth1", "eth9")
        done = time.monotonic_ns()
        missing(three, "renamed")
        gone = three.own().first(three.vip, "a", False, begun)
        story.check("renamed: the address goes at once", gone and milliseconds(gone - done) <= 200,
                    (milliseconds(gone - done), milliseconds(done - begun)) if gone else None)
        story.check("renamed: a no longer listens there", not listens(three, "a", "eth9"))
        three.never_two(begun, "renamed")
        begun = time.monotonic_ns()
        rename(three, "eth9", "eth1")
        reclaimed(three, begun, "named as before")
        story.check("named as before: a listens on eth1", listens(three, "a", "eth1"))
    return tell


def remade_while_the_peer_moves(family):
    """Lesson 19: a socket that is opened anew while the other one changes its state hears it all the same."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        begun = time.monotonic_ns()
        story.segment.unplug("b")
        time.sleep(0.5)
        story.segment.plug("b")
        three.programs["a"].stop()
        three.alone("b", "the Backup's interface is made anew while the Master ends: it takes over", 6)
        three.never_two(begun, "the Master ends")
        story.segment.unplug("b")
        story.segment.plug("b")
        three.start("a")
        three.alone("a", "the Master's interface is made anew while the stronger one starts: that one is Master", 10)
        time.sleep(3.7)
        story.check("and stays the only one", three.holders() == ["a"], three.holders())
        three.never_two(begun, "in all (I-1)", 100)
        story.check("b hears it", three.programs["b"].reports("g")[-1].get("hears") == story.segment.address("a", family),
                    three.programs["b"].reports("g")[-1].get("hears"))
    return tell
