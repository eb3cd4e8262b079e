#!/usr/bin/python3
"""The vrrp thread on a real wire: two of them on a bridge of this machine's kernel, a third place that sends what it
likes. Election, kill -9, freeze, hand-over order, and the adverts that must be dropped without moving a timer
(RFC 9568 7.1, VR-030..VR-047; failure-model I-1..I-3, FN-01, FN-02, FN-22)."""
import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from labkit.cases import Cases  # noqa: E402

BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
VIPS = ["203.0.113.100", "203.0.113.101"]
INTERVAL_MS = 250
# Active_Down_Interval of the backup, priority 150: 3 x 250 ms + 106 / 256 x 250 ms.
DOWN_MS = 853.5
GOOD = {"ttl": 255, "version": 3, "type": 1, "vrid": 51, "priority": 254, "count": 2, "interval": 25, "spoil": 0, "cut": None}
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


def run(command):
    subprocess.run(command.split(), check=True)


def names():
    return ["fairlead-v1", "fairlead-v2", "fairlead-v3", "fairlead-vb"]


def remove():
    there = subprocess.run(["ip", "netns", "list"], text=True, stdout=subprocess.PIPE, check=True).stdout.split()
    for name in names():
        if name in there:
            run(f"ip netns del {name}")


def build():
    remove()
    for name in names():
        run(f"ip netns add {name}")
    run("ip -n fairlead-vb link add br0 type bridge")
    run("ip -n fairlead-vb link set br0 up")
    for i in (1, 2, 3):
        run(f"ip -n fairlead-v{i} link add eth1 type veth peer name p{i} netns fairlead-vb")
        run(f"ip -n fairlead-vb link set p{i} master br0 up")
        run(f"ip -n fairlead-v{i} addr add 203.0.113.{i}/24 dev eth1")
        run(f"ip -n fairlead-v{i} link set lo up")
        run(f"ip -n fairlead-v{i} link set eth1 up")


def write_group(folder):
    """The one group of both routers, as the API server would hold it."""
    spec = {"family": "IPv4", "virtualRouterID": 51, "interface": "eth1", "advertIntervalMs": INTERVAL_MS,
            "preemptDelaySeconds": 1, "addresses": [{"address": v} for v in VIPS],
            "members": [{"node": "v1", "priority": 200}, {"node": "v2", "priority": 150}]}
    with open(folder + "/group.json", "w") as file:
        json.dump({"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": "test"},
                   "spec": spec}, file)
    return file.name


class Router:
    """One vrrp_runner; its last report and its counters."""

    def __init__(self, number, group):
        command = ["ip", "netns", "exec", f"fairlead-v{number}", BUILD + "/support/vrrp_runner", "--node", f"v{number}",
                   group]
        self.number = number
        self.child = subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
        self.lines = []
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()

    def state(self):
        with self.news:
            reports = [x for x in self.lines if x.startswith("group=test ")]
        return reports[-1].split()[1].split("=")[1] if reports else "none"

    def wait(self, state, seconds):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if self.state() == state:
                return True
            time.sleep(0.01)
        return False

    def metrics(self):
        with self.news:
            begun = len(self.lines)
            self.child.send_signal(signal.SIGUSR1)
            if not self.news.wait_for(lambda: "end of metrics" in self.lines[begun:], 5):
                raise RuntimeError("no metrics came")
            return self.lines[begun:]

    def rejected(self, reason):
        found = [re.search(r"\} (\d+)", x) for x in self.metrics()
                 if x.startswith("fairlead_node_vrrp_adverts_rejected_total") and f'reason="{reason}"' in x]
        return sum(int(m.group(1)) for m in found)

    def end(self, number):
        if self.child.poll() is None:
            self.child.send_signal(number)
        self.child.wait(10)


class Watch:
    """netwatch over both routers and the sender's place."""

    def __init__(self, folder):
        self.path = folder + "/watch.json"
        self.child = subprocess.Popen([BUILD + "/support/netwatch", self.path, "fairlead-v1", "fairlead-v2", "+fairlead-v3"])
        limit = time.monotonic() + 5
        while not any(e["ev"] == "ready" for e in self.events()):
            if time.monotonic() > limit:
                raise RuntimeError("netwatch is not ready")
            time.sleep(0.05)

    def events(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            return [json.loads(x) for x in file.read().splitlines(keepends=True) if x.endswith("\n")]

    def end(self):
        self.child.terminate()
        self.child.wait(5)


def in_namespace(number, function):
    """Runs a function in a namespace, in a process of its own, so that ours stays where it is."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with open(f"/run/netns/fairlead-v{number}") as file:
                os.setns(file.fileno()) if hasattr(os, "setns") else setns(file.fileno())
            function()
            code = 0
        finally:
            os._exit(code)
    return child


def setns(descriptor):
    import ctypes
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def message(change):
    m = dict(GOOD, **change)
    addresses = b"".join(socket.inet_aton(v) for v in VIPS)[:4 * m["count"]]
    head = struct.pack("!BBBBHH", m["version"] << 4 | m["type"], m["vrid"], m["priority"], m.get("claim", m["count"]),
                       m["interval"], 0)
    total = checksum(head + addresses) ^ m["spoil"]
    return (head[:6] + struct.pack("!H", total) + addresses)[:m["cut"]], m["ttl"]


def send(changes, seconds, every):
    """Multicasts the messages in turn from the third place for so long."""
    def work():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("203.0.113.3"))
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            for change in changes:
                body, ttl = message(change)
                raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
                raw.sendto(body, ("224.0.0.18", 0))
                time.sleep(every)
    return in_namespace(3, work)


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


def hand_over(cases, one, two, watch):
    begun = time.monotonic_ns()
    one.end(signal.SIGTERM)
    cases.check("SIGTERM: exit 0", one.child.returncode == 0, one.child.returncode)
    cases.check("SIGTERM: the backup takes over", two.wait("Master", 2), two.state())
    time.sleep(0.2)
    events = watch.events()
    zero = [e["t"] for e in events if e["ev"] == "vrrp" and e["priority"] == 0 and e["t"] >= begun]
    gone = [[t for t, ns, there in holders(events, vip) if ns == "fairlead-v1" and not there and t >= begun] for vip in VIPS]
    taken = [t for t, ns, there in holders(events, VIPS[0]) if ns == "fairlead-v2" and there and t >= begun]
    cases.check("SIGTERM: one priority-0 advert", len(zero) == 1, len(zero))
    cases.check("SIGTERM: both addresses are gone before it leaves (I-3)",
                zero and all(g and g[0] < zero[0] + 5 * 10**6 for g in gone), [ms(g[0] - zero[0]) for g in gone if g and zero])
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
