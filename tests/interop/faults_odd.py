"""FN-18 and vrrp.md 5: adverts that come from a node's own address, two nodes that are one, and somebody who gives the role up
over and over."""
import time

from faults import GATE_MS, INTERVAL_MS, Three
from measure import milliseconds
from routers import Fairlead

SKEW_MS = 414  # of b, priority 150


def own_address(family):
    """FN-18: better adverts come from a's own address, as from a clone of it or from a network that sends ours back. a stays
    Master and does not answer; over IPv6 it tells. Over IPv4 the kernel drops them before the socket: there the two entries of
    the clones in the status are what tells."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        a, begun = three.programs["a"], time.monotonic_ns()
        clone = three.say(source=story.segment.address("a", family), priority=254)
        for sent in range(1, 5):
            three.speaker_says(clone)
            time.sleep(0.5)
            if family == 6 and sent == 2:
                story.check("twice may be an accident", "DuplicateAddress" not in a.problems("g"), a.problems("g"))
        three.steadily("a", begun, "adverts from its own address: a stays Master")
        said = three.own().adverts("a", "x", since=begun)
        gaps = [milliseconds(q["t"] - p["t"]) for p, q in zip(said, said[1:])]
        story.check("and keeps its beat", gaps and all(850 < gap < 1150 for gap in gaps), gaps)
        counted = a.metric("fairlead_node_vrrp_adverts_rejected_total", group="g", reason="own-address")
        if family == 4:
            story.check("the kernel dropped them all before a", counted == 0 and not a.logged("vrrp.peer_odd"), counted)
            return
        story.check("they are counted as own-address", counted == 4, counted)
        story.check("condition DuplicateAddress is there", "DuplicateAddress" in a.problems("g"), a.problems("g"))
        told = a.logged("vrrp.peer_odd", "group=g ", "what=DuplicateAddress")
        story.check("told once", len(told) == 1 and f"sender={story.segment.address('a', 6)} " in told[0], told)
        story.eventually("it goes by itself", lambda: not a.reports("g")[-1].get("problems"), 12)
    return tell


def priority_zeros(family):
    """vrrp.md 5: priority 0 over and over from one that shares our addresses. The Master answers each; a Backup that hears no
    Master is held in Backup for as long as it goes on, as the RFC has it, and says so."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        a, b, begun = three.programs["a"], three.programs["b"], time.monotonic_ns()
        zero = three.say(priority=0)
        sent = three.speaker_says(zero, count=20, every=0.2)
        three.steadily("a", begun, "priority 0 over and over: a stays Master")
        said = [e["t"] for e in three.own().adverts("a", "x", since=begun)]
        late = [milliseconds(min((s for s in said if s >= t), default=t + 10**10) - t) for t in sent]
        story.check("it answers each with an advert at once (VR-098)", max(late) < 100, late)
        for node, program in (("a", a), ("b", b)):
            story.check(f"condition PriorityZero is there, of {node}", "PriorityZero" in program.problems("g"), program.problems("g"))
        a.kill()
        begun = time.monotonic_ns()
        sent = three.speaker_says(zero, count=35, every=0.2)
        story.check("the Master dead and the stream going on: b is held in Backup (VR-077)", b.became("g") == 0, b.state("g"))
        three.alone("b", "once it ends b takes over", 3)
        taken = three.own().first(three.vip, "b", True, begun)
        after = milliseconds(taken - sent[-1]) if taken else None
        story.check(f"after its Skew_Time of {SKEW_MS} ms", after is not None and SKEW_MS - 20 <= after <= SKEW_MS + GATE_MS, after)
        three.never_two(begun, "in all (I-1)")
        story.eventually("the condition goes by itself", lambda: "PriorityZero" not in b.reports("g")[-1].get("problems", ""), 12)
    return tell


def two_of_one_name(family):
    """FN-18: b is a copy of a, with its name, its plan and its own address. An advert from one's own address is never obeyed, so
    both are Master; whoever hears it says so. Of IPv4 nobody does: Linux drops a packet from an address of its own."""
    def tell(story):
        three = Three(story, Fairlead, family)
        first, second = (story.segment.address(node, family) for node in "ab")
        length = 24 if family == 4 else 64
        three.ip("b", f"address del {second}/{length} dev eth1")
        three.ip("b", f"address add {first}/{length} dev eth1" + (" nodad" if family == 6 else ""))
        three.told["b"] = three.told["a"]
        three.programs = {node: Fairlead(story.world, story.segment.of[node], "a") for node in "ab"}
        three.start("a", "b")
        if not story.eventually("both are Master", lambda: three.holders() == ["a", "b"], 8):
            return
        if family == 6:
            begun = time.monotonic_ns()
            for node in "ab":
                story.eventually(f"{node} says DuplicateAddress within three adverts",
                                 lambda n=node: "DuplicateAddress" in three.programs[n].problems("g"), 3 * INTERVAL_MS / 1000 + 0.2)
            heard = three.own().adverts("a", "x", since=begun)
            story.check("both speak", heard, len(heard))
        time.sleep(2)
        story.check("neither gives way to itself", three.holders() == ["a", "b"], three.holders())
        three.programs["b"].stop()
        three.alone("a", "the copy ends: a is the one Master, and was all the time", 3)
        story.check("a was Master once", three.programs["a"].became("g") == 1, three.programs["a"].became("g"))
    return tell
