#!/usr/bin/python3
"""What is left of overlap beside the finer fence (vrrp.md 8, failure-model 9): a daemon is frozen, and another takes over sooner
than an Active_Down_Interval after its last advert. The fence closes at its time all the same: that is judged, and how long both
were heard is printed. Daemons, prober and wire are those of twonodes_test.py, which has the lost advert (FN-35)."""
import contextlib
import fcntl
import os
import random
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import twonodes_wire as wire  # noqa: E402
from twonodes_daemons import PRIORITY, TREE, Pair, ms, until, vrrp_group  # noqa: E402
from twonodes_wire import CLAIMS, GROUPS, MACS, NODES, Prober, Server, namespace  # noqa: E402

sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/interop"]
import frames  # noqa: E402
from labkit.cases import Cases  # noqa: E402
from world import packet_socket  # noqa: E402

TICK_MS = 15
SLOW_MS, FAST_MS = 1000, 100  # of the member that was told less


def down_ms(interval, node):
    """Active_Down_Interval of that node."""
    return interval * (3 + (256 - PRIORITY[node]) / 256)


def silent_ms(interval, rival):
    """The fence's time: ms from the last advert to the last word, where that node is the strongest rival."""
    return down_ms(interval, rival) - 20


class Case:
    """Two daemons of their own: `old` is stopped, `new` takes over. `spec`: node -> what its groups' specs have instead."""

    def __init__(self, cases, prober, folder, old, spec):
        self.cases, self.prober = cases, prober
        self.pair = Pair(prober, tempfile.mkdtemp(dir=folder))
        self.pair.old, self.pair.new = old, self.pair.other(old)
        for node in NODES:
            groups = [vrrp_group(group, False) for group in GROUPS]
            for group in groups:
                group["spec"].update(spec.get(node, {}))
            self.pair.daemons[node].write_checkpoint(groups)

    def begin(self, node, state):
        self.pair.daemons[node].start()
        return until(lambda: self.pair.settled(node, state), 20, 0.002)

    def master(self):
        """The old one is Master of all groups, and some adverts old."""
        up = self.begin(self.pair.old, "became_active")
        self.prober.forget()
        time.sleep(1.5)
        return up

    def freeze(self):
        """Returns when every thread stands still: a Master that heard a priority 0 before would answer it."""
        child, begun = self.pair.daemons[self.pair.old].child, time.monotonic_ns()
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        return begun

    def judge(self, name, begun, groups, silent, most):
        """silent, most: of an interval in ms. The fence's time, and how long both may be heard."""
        taken = self.pair.answered(begun, groups)
        time.sleep(max(silent(g.interval) for g in groups) / 1000)  # by then whatever is to be silent is
        if not self.cases.check(f"{name}: the other takes over", taken):
            return
        for group in groups:
            last = self.prober.of(group, self.pair.old, CLAIMS[group.family])[-1]
            after = ms(last - self.prober.of(group, self.pair.old, ("vrrp",))[-1])
            both = max(0, -self.pair.margin(group, begun))
            told = f"{name}, {group.interval} ms, IPv{group.family}"
            self.cases.check(f"{told}: silent within {silent(group.interval):.0f} ms of its last advert",
                             0 < after <= silent(group.interval) + TICK_MS, after)
            self.cases.check(f"{told}: both are heard, for at most {most(group.interval):.0f} ms",
                             0 < both <= most(group.interval) + TICK_MS, both)


def preempted(case, drawn):
    """A Master freezes while one that outranks it listens, whose time is running already."""
    interval = 250
    groups = [g for g in GROUPS if g.interval == interval]
    up = case.master() and case.begin(case.pair.new, "became_backup")
    if case.cases.check("frozen before it is preempted: both are ready", up):
        time.sleep(drawn.uniform(0.3, 0.7) * down_ms(interval, case.pair.new) / 1000)

        def silent(interval):
            return silent_ms(interval, case.pair.new)
        case.judge("frozen before it is preempted", case.freeze(), groups, silent, silent)


def farewell(case, drawn):
    """While the Master is frozen, a third one says priority 0: a Backup waits for no more than Skew_Time."""
    up = case.master() and case.begin(case.pair.new, "became_backup")
    if not case.cases.check("priority 0 of a third: both are ready", up and case.pair.ready()):
        return
    time.sleep(1 + drawn.uniform(0, 0.25))  # it has heard some adverts
    third = wire.mac(MACS["p"])
    said = [frames.advert("203.0.113.9" if g.family == 4 else "fe80::9", third, vrid=g.vrid, addresses=tuple(g.addresses()),
                          priority=0, interval=g.interval // 10, form="RFC9568") for g in GROUPS]
    with packet_socket(namespace("p")) as out:
        begun = case.freeze()
        for frame in said:
            out.sendto(frame, ("eth1", 0))
    new = case.pair.new

    def most(interval):
        return silent_ms(interval, new) - interval * (256 - PRIORITY[new]) / 256
    case.judge("priority 0 of a third", begun, GROUPS, lambda interval: silent_ms(interval, new), most)


def shorter(case, _):
    """The Master freezes as one begins that was told a shorter interval, and has heard nobody yet."""
    name, new = f"a member that was told {FAST_MS} ms", case.pair.new
    groups = [g._replace(interval=SLOW_MS) for g in GROUPS]
    up = case.master()
    for _ in range(8):
        since = time.monotonic_ns()
        up = up and case.begin(new, "became_backup")
        begun = case.freeze()
        if not any(at <= begun for g in groups for at in case.prober.of(g, case.pair.old, ("vrrp",), since)):
            break
        # It has heard the Master: once more.
        case.pair.daemons[case.pair.old].child.send_signal(signal.SIGCONT)
        case.pair.daemons[new].end()
        case.prober.forget()
        time.sleep(4)
    else:
        up = False
    if case.cases.check(f"{name}: both are ready", up):
        case.judge(name, begun, groups, lambda interval: silent_ms(interval, new),
                   lambda interval: silent_ms(interval, new) - down_ms(FAST_MS, new))


def play(cases, prober, folder, drawn):
    preempts = {"preempt": True, "preemptDelaySeconds": 0}
    for tell, old, spec in ((preempted, "b", {n: preempts for n in NODES}), (farewell, "a", {}),
                            (shorter, "a", {"a": {"advertIntervalMs": SLOW_MS}, "b": {"advertIntervalMs": FAST_MS}})):
        case = Case(cases, prober, folder, old, spec)
        try:
            tell(case, drawn)
        finally:
            case.pair.end()
            for node in NODES:
                until(lambda node=node: case.pair.lists_none(node), 8, 0.1)


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("all", "needs root, for namespaces")
        cases.finish()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    print("seed", seed, flush=True)
    with contextlib.ExitStack() as stack:
        fcntl.flock(stack.enter_context(open("/run/fairlead-twonodes-test.lock", "w")), fcntl.LOCK_EX)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-overlap-"))
        stack.callback(wire.remove)
        wire.build()
        for node in NODES:
            stack.callback(Server(node).end)
        prober = Prober()
        stack.callback(prober.end)
        play(cases, prober, folder, random.Random(seed))
    cases.finish()


if __name__ == "__main__":
    main()
