#!/usr/bin/python3
"""The vrrp thread on a real wire: two of them on a bridge of this machine's kernel, a third place that sends what it
likes. Election, kill -9, freeze, hand-over order, and the adverts that must be dropped without moving a timer
(RFC 9568 7.1, VR-030..VR-047; failure-model I-1..I-3, FN-01, FN-02, FN-22)."""
import contextlib
import fcntl
import os
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from labkit.cases import Cases  # noqa: E402
from vrrp_world import INTERVAL_MS, VIPS, Router, Watch, build, remove, send, write_group  # noqa: E402

# Active_Down_Interval of the backup, priority 150: 3 x 250 ms + 106 / 256 x 250 ms.
DOWN_MS = 853.5
BAD = {
    "TTL 254": ({"ttl": 254}, "ip-ttl"),
    "wrong checksum": ({"spoil": 1}, "checksum"),
    "foreign VRID": ({"vrid": 52}, "vrid"),
    "interval 0": ({"interval": 0}, "interval"),
    "count 0": ({"count": 0}, "address-list"),
    "version 4": ({"version": 4}, "version"),
    "type 2": ({"type": 2}, "type"),
    "cut to 10 bytes": ({"cut": 10}, "packet-length"),
    "count above its addresses": ({"claim": 255}, "packet-length"),
}


def ms(ns):
    return ns / 1e6


def adverts(events, source, begun, ended):
    return [e["t"] for e in events if e["ev"] == "vrrp" and e["src"] == source and begun <= e["t"] <= ended]


def holders(events, vip):
    """(t, namespace, there) of each change of who lists the address."""
    return [(e["t"], e["ns"], e["op"] != "del") for e in events
            if e["ev"] == "addr" and e["addr"].split("/")[0] == vip and e["op"] in ("have", "add", "del")]


def bad_adverts(cases, one, two, watch):
    for name, (change, reason) in BAD.items():
        before = one.rejected(reason), two.rejected(reason)
        begun = time.monotonic_ns()
        os.waitpid(send([change], 1.0, 0.02), 0)
        ended = time.monotonic_ns()
        grown = one.rejected(reason) - before[0], two.rejected(reason) - before[1]
        cases.check(f"{name}: dropped and counted as {reason} by both", min(grown) >= 20, grown)
        cases.check(f"{name}: nobody changes state", (one.state(), two.state()) == ("Master", "Backup"),
                    (one.state(), two.state()))
        times = adverts(watch.events(), "203.0.113.1", begun, ended)
        gaps = [ms(b - a) for a, b in zip(times, times[1:])]
        cases.check(f"{name}: the master's adverts keep their beat", gaps and max(abs(g - INTERVAL_MS) for g in gaps) < 60,
                    [round(g) for g in gaps])


def death_under_bad_adverts(cases, one, two, watch):
    """Bad adverts of a higher priority arrive all the while: they re-arm nothing, so the backup is on time."""
    sender = send([change for change, _ in BAD.values()], 4.0, 0.01)
    time.sleep(1)
    begun = time.monotonic_ns()
    one.end(signal.SIGKILL)
    taken = two.wait("Master", 5)
    os.waitpid(sender, 0)
    events = watch.events()
    last = adverts(events, "203.0.113.1", 0, begun + 10**9)[-1]
    first = [e["t"] for e in events if e["ev"] == "arp" and e["garp"] and e["sip"] == VIPS[0] and e["t"] > begun]
    silence = ms(first[0] - last) if first else None
    cases.check("kill -9 under bad adverts: the backup takes over after its Active_Down_Interval",
                taken and silence is not None and DOWN_MS - 5 <= silence <= DOWN_MS + 100, silence)
    time.sleep(1.2)
    gone = [t for t, ns, there in holders(watch.events(), VIPS[0]) if ns == "fairlead-v1" and not there and t > begun]
    cases.check("kill -9: the dead daemon's address goes by itself", gone and ms(gone[0] - last) < 2200,
                [ms(t - last) for t in gone])


def freeze(cases, one, two, watch):
    one.child.send_signal(signal.SIGSTOP)
    cases.check("freeze: the backup takes over", two.wait("Master", 3), two.state())
    time.sleep(2)
    thawed = time.monotonic_ns()
    one.child.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    events = watch.events()
    back = [t for t, ns, there in holders(events, VIPS[0]) if ns == "fairlead-v1" and there and thawed <= t < thawed + 4 * 10**8]
    cases.check("thaw: the expired address is not brought back", not back, [ms(t - thawed) for t in back])
    said = [e for e in events if e["ev"] == "vrrp" and e["src"] == "203.0.113.1" and thawed <= e["t"] < thawed + 4 * 10**8]
    cases.check("thaw: not one advert leaves", not said, len(said))
    cases.check("thaw: the daemon is a backup", one.state() == "Backup", one.state())


def gone_before(events, vip, begun):
    """netwatch stamps a removal when it reads of it: the order of its lines tells which came first, not the times."""
    return any(ns == "fairlead-v1" and not there and t >= begun for t, ns, there in holders(events, vip))


def hand_over(cases, one, two, watch):
    begun = time.monotonic_ns()
    one.end(signal.SIGTERM)
    cases.check("SIGTERM: exit 0", one.child.returncode == 0, one.child.returncode)
    cases.check("SIGTERM: the backup takes over", two.wait("Master", 2), two.state())
    time.sleep(0.2)
    events = watch.events()
    frames = [n for n, e in enumerate(events) if e["ev"] == "vrrp" and e["priority"] == 0 and e["t"] >= begun]
    zero = [events[n]["t"] for n in frames]
    gone = [[t for t, ns, there in holders(events, vip) if ns == "fairlead-v1" and not there and t >= begun] for vip in VIPS]
    taken = [t for t, ns, there in holders(events, VIPS[0]) if ns == "fairlead-v2" and there and t >= begun]
    cases.check("SIGTERM: one priority-0 advert", len(zero) == 1, len(zero))
    cases.check("SIGTERM: both addresses are gone before it leaves (I-3)",
                frames and all(gone_before(events[:frames[0]], vip, begun) for vip in VIPS), [ms(g[0] - zero[0]) for g in gone if g and zero])
    cases.check("SIGTERM: taken over within skew + 50 ms (P-3)", zero and taken and ms(taken[0] - zero[0]) <= 103.6 + 50,
                ms(taken[0] - zero[0]) if zero and taken else None)
    cases.check("SIGTERM: never two owners", gone[0] and taken and gone[0][0] < taken[0],
                ms(taken[0] - gone[0][0]) if gone[0] and taken else None)


def main():
    cases = Cases()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-vrrp-test.lock", "w")), fcntl.LOCK_EX)
        stack.callback(remove)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-vrrp-"))
        build()
        group = write_group(folder)
        watch = Watch(folder)
        stack.callback(watch.end)
        one, two = Router(1, group), Router(2, group)
        routers = [one, two]
        stack.callback(lambda: [r.end(signal.SIGKILL) for r in routers])
        cases.check("election: the higher priority is master", one.wait("Master", 5) and two.state() == "Backup",
                    (one.state(), two.state()))
        time.sleep(0.5)
        bad_adverts(cases, one, two, watch)
        death_under_bad_adverts(cases, one, two, watch)
        one = Router(1, group)
        routers.append(one)
        cases.check("return: the higher priority reclaims", one.wait("Master", 8) and two.wait("Backup", 1),
                    (one.state(), two.state()))
        time.sleep(0.5)
        freeze(cases, one, two, watch)
        cases.check("after the thaw: reclaims again", one.wait("Master", 8), one.state())
        time.sleep(0.5)
        hand_over(cases, one, two, watch)
        lost = [e for e in watch.events() if e["ev"] == "lost"]
        cases.check("netwatch missed nothing", not lost, lost)
    cases.finish()


if __name__ == "__main__":
    main()
