"""I-6 and FN-34 on a real kernel: what is not ours is as it was, whatever becomes of us, and an address that somebody else has is
never taken over."""
import subprocess
import time

import foreign
from faults import Three, VIPS
from routers import Fairlead
from world import BUILD, inside, wait_for

TAKEN = {4: "192.0.2.110", 6: "2001:db8::110"}


def untouched(family, number):
    """Through start, take-over, a fight, change, stop, kill, restart and clean-up. number: the seed."""
    def tell(story):
        three = Three(story, Fairlead, family)
        place, a = story.segment.of["a"], Fairlead(story.world, story.segment.of["a"], "a")
        three.programs["a"] = a
        foreign.seed(place, number)
        with inside(place):
            subprocess.run(["nft", "-f", "-"], input="table inet theirs { chain c { type filter hook input priority 10; counter; }; }",
                           text=True, check=True)
        before = at_rest(place)
        story.check("there is much that is foreign", len(before["addresses"]) > 20, len(before["addresses"]))

        def same(what):
            after = foreign.state(place, VIPS[family] + (added,))
            found = foreign.differences(forget_counters(before), forget_counters(after))
            story.check(f"{what}: what is foreign is as it was (I-6)", not found, found[:6])

        added = "192.0.2.111" if family == 4 else "2001:db8::111"
        if not three.settle():
            return
        same("Master")
        fight(three, 2)
        same("after a fight")
        a.reload([three.told["a"].but(vips=VIPS[family] + (added,))])
        story.eventually("the change is carried out", lambda: story.ownership.holders(added) == ["a"], 3)
        same("changed")
        a.stop()
        three.alone("b", "stopped: b serves", 4)
        same("stopped")
        three.start("a")
        three.alone("a", "started: a takes over")
        same("taken over")
        a.kill()
        three.alone("b", "killed: b serves, the kernel has removed what was ours", 8)
        same("killed")
        three.start("a")
        three.alone("a", "started again")
        same("started again")
        a.kill()
        cleaned(story, three, same)
    return tell


def at_rest(place):
    """The state once it stays: addresses of IPv6 are tentative at first, and their routes come after that."""
    wait_for(lambda: not foreign.shown(place, "ip", "-6", "address", "show", "tentative"), 5, every=0.1)
    seen = foreign.state(place)
    for _ in range(10):
        time.sleep(0.3)
        last, seen = seen, foreign.state(place)
        if not foreign.differences(last, seen):
            break
    return seen


def forget_counters(state):
    return dict(state, nft=[t for t in state["nft"] if "rule" not in t])


def fight(three, seconds):
    """Somebody deletes the VIP five times a second."""
    for _ in range(5 * seconds):
        subprocess.run(["ip", "-n", three.story.segment.of["a"], "address", "del", three.vip, "dev", "eth1"], stderr=subprocess.DEVNULL)
        time.sleep(0.2)


def cleaned(story, three, same):
    """fairlead-node cleanup, right after a kill: what carries our tag goes."""
    with inside(story.segment.of["a"]):
        done = subprocess.run([BUILD + "/node/fairlead-node", "cleanup", "--state-dir", f"{story.world.folder}/{story.tag}-state"],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    named = [v for v in VIPS[three.family] if f"removed address {v} from eth1" in done.stdout]
    story.check("clean-up after a kill names what it removes", done.returncode == 0 and len(named) == len(VIPS[three.family]),
                (done.returncode, done.stdout))
    wait_for(lambda: "a" not in three.holders(), 1)
    story.check("clean-up removes it", "a" not in three.holders(), three.holders())
    same("cleaned up")


def taken_already(family):
    """FN-34: a VIP that is on another interface already is not touched, and keeps no other group from serving."""
    def tell(story):
        three = Three(story, Fairlead, family)
        place, vip = story.segment.of["a"], TAKEN[family]
        foreign.second_interface(place)
        three.ip("a", f"address add {vip}/{24 if family == 4 else 64} dev eth2" + (" nodad" if family == 6 else ""))
        before = foreign.state(place)
        other = ("fe80::110", vip) if family == 6 else (vip,)
        for node in ("a", "b"):
            told = three.told[node]
            three.programs[node] = Fairlead(story.world, story.segment.of[node], node)
            three.programs[node].start([told, told.but(name="h", vrid=52, vips=other)])
        a = three.programs["a"]
        three.alone("a", "the other group: a is Master")
        story.eventually("the group of that address: b serves, who has it not", lambda: three.programs["b"].state("h") == "Master", 6)
        story.check("a does not take part in it", a.state("h") == "Initialize", a.state("h"))
        story.check("condition AddressInUse", "AddressInUse" in a.problems("h") and "AddressInUse" not in a.problems("g"),
                    (a.problems("h"), a.problems("g")))
        told = a.logged("vrrp.problem", "group=h ", "type=AddressInUse", vip + " is on eth2")
        story.check("the address and its interface are named", told, told)
        found = foreign.differences(before, foreign.state(place, VIPS[family]))
        story.check("the address is as it was", not found, found)
        three.ip("a", f"address del {vip}/{24 if family == 4 else 64} dev eth2")
        story.eventually("it is gone: a takes the group over", lambda: a.state("h") == "Master" and
                         story.ownership.holders(vip) == ["a"], 8)
    return tell
