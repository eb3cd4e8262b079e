"""FN-01, FN-02, FN-04: a daemon that is dead, frozen, or has missed what the kernel told it. keepalived goes through the same:
the checkers must report its left-over address and its two owners."""
import os
import socket
import struct
import threading
import time

from faults import DOWN_MS, FENCE_MS, Freezer, GATE_MS, INTERVAL_MS, Three
from measure import milliseconds
from routers import Fairlead, Keepalived
from world import inside, wait_for


def killed(kind, family):
    """FN-01: kill -9 of the Master."""
    def tell(story):
        three = Three(story, kind, family)
        if not three.settle():
            return
        begun = time.monotonic_ns()
        three.programs["a"].kill()
        time.sleep(7)
        if kind is Keepalived:
            story.check("control: the checker reports the address that keepalived left over", three.holders() == ["a", "b"],
                        three.holders())
            story.check("control: the checker reports its two holders", three.overlap(begun) > 2000, three.overlap(begun))
            return
        three.taken_over(begun, "kill -9")
        last = three.own().adverts("a", "x")[-1]["t"]
        gone = three.own().first(three.vip, "a", False, begun)
        after = milliseconds(gone - last) if gone else None
        story.check(f"kill -9: a's address is gone within {FENCE_MS} ms of its last beat (I-2)", after and after <= FENCE_MS, after)
        three.never_two(begun, "kill -9 (P-2)")
        begun = time.monotonic_ns()
        three.start("a")
        time.sleep(1.5)
        story.check("back, with another Master: a holds nothing at first", three.holders() == ["b"], three.holders())
        three.alone("a", "back: a reclaims the address")
        three.never_two(begun, "reclaimed (I-1)", 100)
    return tell


def frozen(kind, family, how):
    """FN-02: the Master does not run for 8 s. how: signal (SIGSTOP) or cgroup (the freezer)."""
    def tell(story):
        three = Three(story, kind, family)
        if not three.settle():
            return
        a = three.programs["a"]
        pids = a.pids() if kind is Keepalived else [a.program.child.pid]
        freezer = Freezer(f"fairlead-interop-{story.tag}", pids) if how == "cgroup" else a
        try:
            begun = time.monotonic_ns()
            freezer.freeze()
            time.sleep(8)
            frozen_overlap = three.overlap(begun)
            thawed = time.monotonic_ns()
            freezer.thaw()
            time.sleep(0.6)
            after(story, three, kind, begun, thawed, frozen_overlap)
        finally:
            if how == "cgroup":
                freezer.remove()
    return tell


def after(story, three, kind, begun, thawed, frozen_overlap):
    """What must hold once it runs again."""
    if kind is Keepalived:
        story.check("control: the checker reports keepalived's two holders", frozen_overlap > 3000, frozen_overlap)
        return
    three.taken_over(begun, "frozen")
    story.check("frozen 8 s: never two holders (P-2)", frozen_overlap == 0, frozen_overlap)
    back = three.own().first(three.vip, "a", True, thawed)
    soon = [e for e in three.own().adverts("a", "x", since=thawed) if e["t"] < thawed + 500_000_000]
    story.check("thawed: the expired address is not brought back", back is None or back > thawed + 500_000_000)
    story.check("thawed: not one advert leaves", not soon, len(soon))
    story.check("thawed: a is Backup", three.programs["a"].state("g") == "Backup", three.programs["a"].state("g"))
    three.alone("a", "thawed: a reclaims the address in the end")
    three.never_two(begun, "in all (I-1)", 100)


def frozen_for_a_moment(story):
    """FN-02, the rule for G: kept from running for less than a lifetime, a goes on, and nobody else begins."""
    three = Three(story, Fairlead)
    if not three.settle():
        return
    begun = time.monotonic_ns()
    for moment in (0.3, 0.6, 0.9):
        three.programs["a"].freeze()
        time.sleep(moment)
        three.programs["a"].thaw()
        time.sleep(1.7)
    periods = three.own().periods(three.vip, begun, time.monotonic_ns())
    story.check("0.3, 0.6 and 0.9 s: a holds the address all the while", {x for _, _, x in periods} == {frozenset("a")},
                [(milliseconds(e - s), sorted(x)) for s, e, x in periods])
    story.check("b said nothing", not three.own().adverts("b", "x", since=begun))


def drops(pid):
    """What the netlink sockets of a process dropped, by the kernel's own count."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{name}")
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    with open(f"/proc/{pid}/net/netlink") as file:
        rows = [line.split() for line in file.read().splitlines()[1:]]
    return sum(int(row[8]) for row in rows if row[9] in inodes)


def burst(namespace, changes, last):
    """So many changes of addresses of its family on lo, and the deletion of `last` in the middle, without waiting for a single
    answer. Seconds."""
    v6 = ":" in last
    with inside(namespace):
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        eth1 = socket.if_nametoindex("eth1")

    def change(kind, flags, address, index):
        family = socket.AF_INET6 if v6 else socket.AF_INET
        packed = socket.inet_pton(family, address)
        attributes = b"".join(struct.pack("=HH", 4 + len(packed), number) + packed for number in (1, 2))  # IFA_ADDRESS, IFA_LOCAL
        body = struct.pack("=BBBBI", family, 8 * len(packed), NODAD, 0, index) + attributes
        return struct.pack("=IHHII", 16 + len(body), kind, 1 | flags, 0, 0) + body

    add, delete, create = 20, 21, 0x400
    others = [f"2001:db8:ffff::{n:x}" if v6 else f"10.0.{n // 250}.{n % 250}" for n in range(changes // 2)]
    messages = [m for other in others for m in (change(add, create, other, 1), change(delete, 0, other, 1))]
    messages.insert(len(messages) // 2, change(delete, 0, last, eth1))
    begun, thread = time.monotonic(), threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, -15)  # a lifetime is 2 s, whatever else this machine does
    try:
        for n in range(0, len(messages), 500):
            netlink.send(b"".join(messages[n:n + 500]))
    finally:
        os.setpriority(os.PRIO_PROCESS, thread, 0)
        netlink.close()
    return time.monotonic() - begun


CHANGES = 10_000
NODAD = 2  # IFA_F_NODAD
ONE_BURST = threading.Lock()  # each takes a processor for itself


def missed_news(family):
    """FN-04: 10,000 address changes while it cannot read: netlink says ENOBUFS. What it missed, it finds."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        a = three.programs["a"]
        for _ in range(4):
            with ONE_BURST:
                # Right after a renewal, so that the lifetime is long enough for the burst; on a busy machine it may not be.
                said = len(three.own().adverts("a", "x"))
                wait_for(lambda s=said: len(three.own().adverts("a", "x")) > s, 3, every=0.005)
                begun, became = time.monotonic_ns(), a.became("g")
                a.freeze()
                took = burst(story.segment.of["a"], CHANGES, three.vip)
                a.thaw()
                thawed = time.monotonic_ns()
            if took < 1.6:
                break
            three.alone("a", f"a burst of {took:.1f} s was too slow: once more", 12)
            time.sleep(2)
        story.check("the burst fits into the lifetime", took < 1.6, f"{took:.2f} s")
        story.eventually("the address is back", lambda: three.own().first(three.vip, "a", True, begun), 3)
        back = three.own().first(three.vip, "a", True, begun)
        story.check("with the next advert at the latest (P-13)", back and milliseconds(back - thawed) <= INTERVAL_MS + GATE_MS,
                    milliseconds(back - thawed) if back else None)
        story.check("it did miss news: its sockets dropped some", drops(a.program.child.pid) > 0, drops(a.program.child.pid))
        time.sleep(4)
        story.check("a was Master all the while", three.holders() == ["a"] and a.became("g") == became,
                    (three.holders(), a.became("g")))
        story.check("b said nothing", not three.own().adverts("b", "x", since=begun))
    return tell
