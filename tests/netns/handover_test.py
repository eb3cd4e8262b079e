#!/usr/bin/python3
"""members[].handOver with three real daemons (docs/nodes.md, "Handed over"; I-1, I-3): the master that is told gives up, the next is
master in less than a second, never two; who gave up waits behind all others, and has its rank again once the field is gone; the last
one left takes the role back. A group with `preempt` and one without, side by side. Judged by netlink and by what is on the wire."""
import contextlib
import fcntl
import os
import tempfile
import time
import typing

from handover_world import World, build, remove
from static_world import until
from labkit.cases import Cases


class Group(typing.NamedTuple):
    name: str
    vrid: int
    vip: str
    preempt: bool


TAKES, KEEPS = Group("takes", 51, "192.0.2.100", True), Group("keeps", 52, "192.0.2.110", False)
GROUPS = (TAKES, KEEPS)
QUIET = 2.0  # s in which nothing may move: two of the longest Active_Down_Interval


def called(group):
    return f"preempt: {str(group.preempt).lower()}"


def one_by_one(cases, world, since, group, wanted):
    """Who has had the address since then; never two at once, and nobody else advertises."""
    owners, others = world.owners(group, since), world.out_of_turn(group, since)
    cases.check(f"{called(group)}: one owner after the other ({', '.join(wanted)}), and nobody else advertises", owners == wanted and not others,
                (owners, others[:5]))


def handed_over(cases, world):
    """The address is gone from one before it is on the other, and c, which is ready too, says nothing."""
    told = world.write(("a",))
    cases.check("told to hand over: the next in rank is master", world.is_master("b", GROUPS), [world.masters(g) for g in GROUPS])
    time.sleep(QUIET)
    for group in GROUPS:
        moves = world.moves(group, told)
        cases.check(f"{called(group)}: the address is held by nobody before the next one has it, and for less than a second",
                    [(node, op) for _, node, op in moves] == [("a", "del"), ("b", "add")] and 0 < moves[1][0] - moves[0][0] < 1000, moves)
        one_by_one(cases, world, told, group, ["b"])
        farewells = [e for e in world.watch.adverts(group.vrid, told) if e["priority"] == 0]
        cases.check(f"{called(group)}: the farewell is sent once the kernel has taken the address away (I-3)",
                    farewells and (farewells[0]["t"] - told) / 1e6 > moves[0][0], (moves, farewells))
        cases.check(f"{called(group)}: the log says why, on either side", world.nodes["a"].changes(group)[-1] == ("became_backup", "HandedOver")
                    and world.nodes["b"].changes(group)[-1] == ("became_active", "Relinquished"), world.nodes["a"].changes(group))
        cases.check(f"{called(group)}: who gave up stays Backup", world.masters(group) == ["b"])


def behind_all_others(cases, world):
    """While the field stands: c of priority 100 is taken before a of 200."""
    since = time.monotonic_ns()
    world.nodes["b"].end()
    cases.check("while it is told so, another of lower priority is taken before it", world.is_master("c", GROUPS), [world.masters(g) for g in GROUPS])
    world.nodes["b"].start()
    cases.check("the others keep their rank among themselves: with preempt the better one, without it who has it",
                world.is_master("b", [TAKES]) and world.is_master("c", [KEEPS]), [world.masters(g) for g in GROUPS])
    time.sleep(QUIET)
    one_by_one(cases, world, since, TAKES, ["c", "b"])
    one_by_one(cases, world, since, KEEPS, ["c"])


def its_rank_again(cases, world):
    since = world.write(())
    cases.check("the field gone, with preempt: it is master again", world.is_master("a", [TAKES]), world.masters(TAKES))
    time.sleep(QUIET)
    cases.check("without preempt: who is master stays so", world.masters(KEEPS) == ["c"], world.masters(KEEPS))
    world.nodes["c"].end()
    cases.check("and when that one ends it is the first again", world.is_master("a", GROUPS), [world.masters(g) for g in GROUPS])
    time.sleep(QUIET)
    one_by_one(cases, world, since, TAKES, ["a"])
    one_by_one(cases, world, since, KEEPS, ["a"])


def last_one_left(cases, world):
    """It cannot know that nobody is there: it gives up, and takes the role back when nobody has come."""
    world.nodes["b"].end()
    told = world.write(("a",))
    back = {group: world.moves(group, told) for group in GROUPS}

    def is_back():
        back.update({group: world.moves(group, told) for group in GROUPS})
        return all([op for _, _, op in moves] == ["del", "add"] for moves in back.values())
    until(is_back, 10)
    cases.check("the last one left has the addresses again within its Active_Down_Interval and a second",
                all(len(moves) == 2 and moves[1][0] - moves[0][0] < 975 + 1000 for moves in back.values()), back)
    time.sleep(QUIET)
    cases.check("and keeps them", world.is_master("a", GROUPS, 0) and is_back(), back)
    world.nodes["b"].start()
    cases.check("until another is there: with preempt it is master", world.is_master("b", [TAKES]), world.masters(TAKES))
    time.sleep(QUIET)
    cases.check("without preempt the last one keeps the role", world.masters(KEEPS) == ["a"], world.masters(KEEPS))
    one_by_one(cases, world, told, TAKES, ["a", "b"])
    one_by_one(cases, world, told, KEEPS, ["a"])


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("all", "needs root, for namespaces")
        cases.finish()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-handover-test.lock", "w")), fcntl.LOCK_EX)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-handover-"))
        stack.callback(remove)
        build()
        world = World(folder, GROUPS)
        stack.callback(world.end)
        world.nodes["a"].start()
        ready = world.is_master("a", GROUPS, 10)
        for name in ("b", "c"):
            world.nodes[name].start()
        ready = ready and world.all_listen(("b", "c"))
        if cases.check("one master, two backups", ready, [world.masters(g) for g in GROUPS]):
            for part in (handed_over, behind_all_others, its_rank_again, last_one_left):
                part(cases, world)
    cases.finish()


if __name__ == "__main__":
    main()
