#!/usr/bin/python3
"""What is left of overlap beside the finer fence (vrrp.md 8, failure-model 9): a daemon is dead or frozen, and another takes over
sooner than an Active_Down_Interval after its last advert. The fence closes at its time all the same: that is judged, and how
long both were heard is printed. Daemons, prober and wire are those of twonodes_test.py."""
import contextlib
import fcntl
import os
import random
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import twonodes_test as two  # noqa: E402
from twonodes_test import (CLAIMS, KINDS, MACS, NODES, PRIORITY, VIP, Cases, Daemon, Prober, Server, ms, namespace,  # noqa: E402
                           until)

sys.path.insert(0, two.TREE + "/tests/interop")
import frames  # noqa: E402
from world import packet_socket  # noqa: E402

LATE_MS = 30
ADVERTS = {4: ("vrrp",), 6: ("vrrp6",)}
LOSE_ADVERTS = 'table netdev lose { chain in { type filter hook ingress device "to-a" priority 0; ip protocol 112 drop; ip6 nexthdr 112 drop; }; }'


def down_ms(interval, node):
    """Active_Down_Interval of that node."""
    return interval * (3 + (256 - PRIORITY[node]) / 256)


def groups(interval, preempt=False):
    made = two.groups(interval)
    for group in made:
        group["spec"].update(preempt=preempt, preemptDelaySeconds=0)
    return made


class Case:
    """Two daemons, the one that is stopped and the one that takes over."""

    def __init__(self, cases, prober, folder, old, new):
        self.cases, self.prober, self.folder, self.old, self.new = cases, prober, folder, old, new
        self.daemons = {}

    def start(self, node, told):
        self.daemons[node] = Daemon(node, self.folder, told, "")
        self.daemons[node].start()

    def wait(self, node, state, seconds=20):
        if not until(lambda: all(self.daemons[node].state(f"v{f}") == state for f in (4, 6)), seconds):
            raise RuntimeError(f"{node} is not {state}: " + open(self.daemons[node].log).read()[-2000:])

    def master(self, node, told):
        self.start(node, told)
        self.wait(node, "became_active")
        time.sleep(0.5)
        self.prober.forget()

    def judge(self, name, begun, silent_ms, most_ms, lost=0):
        """`silent_ms`: the fence's time; `lost`: ms of adverts that nobody heard; `most_ms`: how long both may be heard."""
        heard = self.prober
        taken = until(lambda: all(heard.of(self.new, (kind,), begun) for f in (4, 6) for kind in KINDS[f]), 10)
        time.sleep(max(2500, silent_ms + lost) / 1000)  # by then whatever is to be silent is
        if not self.cases.check(f"{name}: the other takes over", taken):
            return
        for f in (4, 6):
            last = max(heard.of(self.old, CLAIMS[f]))
            after = ms(last - max(heard.of(self.old, ADVERTS[f])))
            both = max(0, ms(last - min(heard.of(self.new, CLAIMS[f], begun))))
            self.cases.check(f"{name}, IPv{f}: silent within {silent_ms + lost} ms of the last advert that was heard",
                             0 < after <= silent_ms + lost + LATE_MS, after)
            self.cases.check(f"{name}, IPv{f}: both are heard for at most {most_ms:.0f} ms", both <= most_ms + LATE_MS, both)

    def end(self):
        for daemon in self.daemons.values():
            daemon.end()


def preempted(case, interval):
    """A Master freezes while one that outranks it listens, whose time is running already."""
    silent = int(down_ms(interval, "a")) - 20
    case.master("b", groups(interval, preempt=True))
    case.start("a", groups(interval, preempt=True))
    case.wait("a", "became_backup")
    time.sleep(random.uniform(0.5, 0.8) * down_ms(interval, "a") / 1000)
    begun = time.monotonic_ns()
    case.daemons["b"].child.send_signal(signal.SIGSTOP)
    case.judge(f"{interval} ms, a frozen Master is preempted", begun, silent, silent)


def farewell(case, interval):
    """While the Master is frozen, a third one says priority 0: a Backup waits for no more than Skew_Time."""
    silent = int(down_ms(interval, "b")) - 20
    case.master("a", groups(interval))
    case.start("b", groups(interval))
    case.wait("b", "became_backup")
    time.sleep(interval / 1000 * random.uniform(2, 3))
    usual = {"priority": 0, "interval": interval // 10, "form": "RFC9568"}
    said = [frames.advert("203.0.113.9", two.mac(MACS["p"]), vrid=51, addresses=(VIP[4],), **usual),
            frames.advert("fe80::9", two.mac(MACS["p"]), vrid=61, addresses=(two.LINK_LOCAL_VIP, VIP[6]), **usual)]
    with packet_socket(namespace("p")) as wire:
        begun = time.monotonic_ns()
        case.daemons["a"].child.send_signal(signal.SIGSTOP)
        for frame in said:
            wire.sendto(frame, ("eth1", 0))
    case.judge(f"{interval} ms, priority 0 of a third while the Master is frozen", begun, silent,
               silent - interval * (256 - PRIORITY["b"]) / 256)


def lost(case, interval):
    """FN-35: the last advert of each group is lost on the wire, then the Master dies."""
    silent = int(down_ms(interval, "b")) - 20
    case.master("a", groups(interval))
    case.start("b", groups(interval))
    case.wait("b", "became_backup")
    time.sleep(interval / 1000 * random.uniform(2, 3))
    two.run(f"ip netns exec {namespace('w')} nft -f -", input=LOSE_ADVERTS)
    time.sleep(0.95 * interval / 1000)
    begun = time.monotonic_ns()
    case.daemons["a"].end()
    two.run(f"ip netns exec {namespace('w')} nft delete table netdev lose")
    case.judge(f"{interval} ms, FN-35", begun, silent, interval - 20, lost=interval)


def shorter(case, interval):
    """The Master freezes as one begins that was told a shorter interval, and has heard nobody yet."""
    silent = int(down_ms(interval, "b")) - 20
    case.master("a", groups(interval))
    case.start("b", groups(interval // 10))
    case.wait("b", "became_backup")
    begun = time.monotonic_ns()
    case.daemons["a"].child.send_signal(signal.SIGSTOP)
    case.judge(f"{interval} ms, a member that was told {interval // 10} ms", begun, silent, silent - down_ms(interval // 10, "b"))


def play(cases, prober, folder):
    told = [(preempted, 100, "ba"), (preempted, 250, "ba"), (farewell, 100, "ab"), (farewell, 250, "ab"), (lost, 100, "ab"),
            (lost, 250, "ab"), (shorter, 1000, "ab")]
    for number, (tell, interval, (old, new)) in enumerate(told):
        case = Case(cases, prober, f"{folder}/{number}", old, new)
        try:
            tell(case, interval)
        finally:
            case.end()


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("all", "needs root, for namespaces")
        cases.finish()
    with contextlib.ExitStack() as stack:
        fcntl.flock(stack.enter_context(open("/run/fairlead-twonodes-test.lock", "w")), fcntl.LOCK_EX)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-overlap-"))
        stack.callback(two.remove)
        two.build()
        for node in NODES:
            stack.callback(Server(node).end)
        prober = Prober()
        stack.callback(prober.end)
        play(cases, prober, folder)
    cases.finish()


if __name__ == "__main__":
    main()
