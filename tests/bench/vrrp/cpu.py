"""Processor and memory of a Master and a Backup of many groups whom nobody disturbs, in two namespaces joined by one cable."""
import os
import time

import kinds
from table import Line
from world import batch, wait_for

SETTLE_SECONDS = 6  # announcements of a promotion go on for 5 s, with either program
MIB = 1 << 20


class Cable:
    """Namespaces a and b, each with one end of it as eth1."""

    def __init__(self, world, tag):
        self.of = {node: world.namespace(f"{tag}-{node}") for node in ("a", "b")}
        batch(self.of["a"], [f"link add eth1 type veth peer name eth1 netns {self.of['b']}"])
        for number, namespace in enumerate(self.of.values(), 1):
            batch(namespace, [f"link set eth1 address 02:00:00:00:00:{number:02x} addrgenmode none up",
                              f"address add 192.0.2.{number}/24 dev eth1"])


def processor_ns(pids):
    """What all their threads have run for."""
    total = 0
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
    return total


def resident(pids):
    """Bytes, pages that processes share counted once for each of them."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) << 10
    return total


def measure(world, tag, make, groups, interval, seconds):
    """{node: (percent of a processor, MiB, percent that went to rtnetlink or None, how often its groups became Master meanwhile, of
    how many it is not Master in the end)}.
    keepalived does not come to rest on a busy machine; what it takes then is measured, and is no measure for others."""
    cable, told = Cable(world, tag), kinds.Told(groups, interval)
    programs = {node: make(world, cable.of[node], node).start(told.routers[node]) for node in ("a", "b")}
    try:
        wait_for(lambda: kinds.masters(programs["a"]) == groups, 20, every=0.2)
        time.sleep(SETTLE_SECONDS)
        times = make is kinds.fairlead_bare
        before = {n: (processor_ns(p.pids()), kinds.netlink_ns(p) if times else 0, kinds.promotions(p)) for n, p in programs.items()}
        begun = time.monotonic_ns()
        time.sleep(seconds)
        took = time.monotonic_ns() - begun
        return {n: (100 * (processor_ns(p.pids()) - before[n][0]) / took, resident(p.pids()) / MIB,
                    100 * (kinds.netlink_ns(p) - before[n][1]) / took if times else None, kinds.promotions(p) - before[n][2],
                    groups - kinds.masters(p))
                for n, p in programs.items()}
    finally:
        for program in programs.values():
            program.stop()


def lines_of(groups, interval, ours, bare, theirs):
    for node, role in (("a", "Master"), ("b", "Backup")):
        one, other, third = theirs[node], ours[node], bare[node]
        judged = role == "Master" and groups == 255 and not theirs["a"][3] and not theirs["b"][3]
        most = {1000: 1.5 * one[0], 100: one[0]}.get(interval) if judged else None
        yield Line(f"{groups} groups x {interval} ms, {role}: processor", "%", one[0], other[0], third[0] - third[2], most)
        yield Line(f"{groups} groups x {interval} ms, {role}: memory", "MiB", one[1], other[1])
        if one[3] or other[3] or third[3]:
            yield Line(f"{groups} groups x {interval} ms, {role}: groups that became Master meanwhile", "", one[3], other[3], third[3])
        # Who has nothing to do takes no processor.
        if role == "Master" and max(other[4], third[4]) > 0:
            yield Line(f"{groups} groups x {interval} ms, {role}: groups it is not Master of", "", one[4], max(other[4], third[4]), most=0)


def lines(world, options):
    for groups in options.groups:
        for interval in options.intervals:
            tag = f"c{groups}-{interval}"
            found = [measure(world, f"{tag}-{name}", make, groups, interval, options.seconds)
                     for name, make in (("k", kinds.keepalived), ("f", kinds.fairlead), ("n", kinds.fairlead_bare))]
            yield from lines_of(groups, interval, found[1], found[2], found[0])
