#!/usr/bin/python3
"""Two fairlead-node daemons and one prober on a wire (failure-model I-1, P-2, 10.2): whatever stops the Master, the
last that is heard of a VIP from it comes before the first that is heard from the other. The prober asks both nodes
every 2 ms for both VIPs: by ARP or neighbour solicitation, by ping and by UDP, the last two to the MAC of each.
The control runs the same daemons with --no-finer-fence. An argument: how often each of them is stopped (default 1, with --long 25)."""
import contextlib
import fcntl
import hashlib
import json
import os
import random
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
VIP = {4: "203.0.113.100", 6: "2001:db8:f::100"}
LINK_LOCAL_VIP = "fe80::f:100"
ASKING = {4: "203.0.113.9", 6: "2001:db8:f::9"}
NODES = ("a", "b")
MACS = {"a": "02:fa:1e:ad:01:0a", "b": "02:fa:1e:ad:01:0b", "p": "02:fa:1e:ad:01:0c"}
PRIORITY = {"a": 200, "b": 150}
KINDS = {4: ("arp", "ping", "udp"), 6: ("nd", "ping6", "udp6")}
CLAIMS = {4: (*KINDS[4], "garp"), 6: (*KINDS[6], "unsolicited")}
PORT = 7777
# A kubeconfig is required; nobody listens there, so the plan is the checkpoint's.
API = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
       "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority": "/none"}}], "users": [{"name": "u", "user": {"token": "none"}}]}


def run(command, **options):
    return subprocess.run(command.split(), check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def namespace(which):
    return f"fairlead-twonodes-{which}"


def remove():
    there = run("ip netns list").split()
    for which in (*MACS, "w"):
        if namespace(which) in there:
            run(f"ip netns del {namespace(which)}")


def build():
    remove()
    for which in (*MACS, "w"):
        run(f"ip netns add {namespace(which)}")
        run(f"ip -n {namespace(which)} link set lo up")
    run(f"ip -n {namespace('w')} link add br0 type bridge mcast_snooping 0")
    run(f"ip -n {namespace('w')} link set br0 up")
    for number, which in ((1, "a"), (2, "b"), (9, "p")):
        name = namespace(which)
        run(f"ip -n {name} link add eth1 address {MACS[which]} type veth peer name to-{which} netns {namespace('w')}")
        run(f"ip -n {namespace('w')} link set to-{which} master br0 up")
        run(f"ip -n {name} link set eth1 up")
        run(f"ip -n {name} address add 203.0.113.{number}/24 dev eth1")
        run(f"ip -n {name} address add 2001:db8:f::{number}/64 dev eth1 nodad")
    time.sleep(2)  # duplicate address detection of the link-local addresses, which adverts are sent from


def enter(which):
    import ctypes
    with open(f"/run/netns/{namespace(which)}") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ethernet(to, kind):
    return mac(to) + mac(MACS["p"]) + struct.pack("!H", kind)


def packet(family, to, protocol, hops, target, body):
    """An IP packet of that protocol; `body` has its checksum at 2 (ICMP) or 6 (UDP), still 0."""
    source, target = packed(ASKING[family]), packed(target)
    pseudo = b"" if protocol == 1 else source + target + struct.pack("!II" if family == 6 else "!HH", *(
        (len(body), protocol) if family == 6 else (protocol, len(body))))
    at = 6 if protocol == 17 else 2
    body = body[:at] + struct.pack("!H", checksum(pseudo + body)) + body[at + 2:]
    if family == 6:
        return ethernet(to, 0x86dd) + struct.pack("!IHBB", 6 << 28, len(body), protocol, hops) + source + target + body
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, hops, protocol, 0, source, target)
    return ethernet(to, 0x800) + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def questions():
    out = [ethernet("ff:ff:ff:ff:ff:ff", 0x806) + struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, mac(MACS["p"]), packed(ASKING[4]),
                                                              b"\0" * 6, packed(VIP[4])),
           packet(6, "33:33:ff:00:01:00", 58, 255, "ff02::1:ff00:100",
                  struct.pack("!BBHI", 135, 0, 0, 0) + packed(VIP[6]) + b"\1\1" + mac(MACS["p"]))]
    datagram = struct.pack("!HHHH", PORT, PORT, 12, 0) + b"who?"
    for node in NODES:
        out.append(packet(4, MACS[node], 1, 64, VIP[4], struct.pack("!BBHHH", 8, 0, 0, 7, 1)))
        out.append(packet(6, MACS[node], 58, 64, VIP[6], struct.pack("!BBHHH", 128, 0, 0, 7, 1)))
        out.append(packet(4, MACS[node], 17, 64, VIP[4], datagram))
        out.append(packet(6, MACS[node], 17, 64, VIP[6], datagram))
    return out


def classify(frame):
    """What a frame of a node says of a VIP, or None."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x806 and frame[28:32] == packed(VIP[4]):
        return "arp" if frame[21] == 2 and frame[38:42] != packed(VIP[4]) else "garp"
    if kind == 0x800:
        if frame[23] == 112:
            return "vrrp"
        return {1: "ping", 17: "udp"}.get(frame[23]) if frame[26:30] == packed(VIP[4]) else None
    if kind != 0x86dd:
        return None
    if frame[20] == 112:
        return "vrrp6"
    if frame[20] == 58 and frame[54] == 136 and frame[62:78] == packed(VIP[6]):
        return "nd" if frame[58] & 0x40 else "unsolicited"
    if frame[22:38] != packed(VIP[6]):
        return None
    return "udp6" if frame[20] == 17 else "ping6" if frame[20] == 58 and frame[54] == 129 else None


class Forked:
    """A process of its own in a namespace, before all others of this machine."""

    def __init__(self, which):
        self.child = os.fork()
        if self.child == 0:
            try:
                enter(which)
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
                self.work()
            finally:
                os._exit(1)

    def end(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)


class Server(Forked):
    """Answers UDP on every address of a node, from the one that was asked."""

    def work(self):
        import select
        four, six = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        four.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        four.bind(("0.0.0.0", PORT))
        six.bind(("::", PORT))
        while os.getppid() != 1:
            for asked in select.select([four, six], [], [], 1)[0]:
                data, extra, _, sender = asked.recvmsg(64, 256)
                level, kind, told = extra[0]
                with contextlib.suppress(OSError):  # the address is gone by now
                    asked.sendmsg([data], [(level, kind, told)], 0, sender)


class Prober(Forked):
    """`heard` is (kind, node, CLOCK_MONOTONIC ns) of what the nodes said of the VIPs."""

    def __init__(self):
        self.heard, self.rounds = [], []
        self.pipe, self.writer = os.pipe()
        super().__init__("p")
        os.close(self.writer)
        threading.Thread(target=self.read, daemon=True).start()

    def work(self):
        os.close(self.pipe)
        quiet = [socket.socket(f, socket.SOCK_DGRAM) for f in (socket.AF_INET, socket.AF_INET6)]
        quiet[1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for one, address in zip(quiet, ("0.0.0.0", "::")):
            one.bind((address, PORT))  # else the kernel refuses the answers
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        wire.bind(("eth1", 0))
        wire.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        wire.setblocking(False)
        nodes = {mac(MACS[node]): node for node in NODES}
        asked, due = questions(), time.monotonic()
        while os.getppid() != 1:
            with contextlib.suppress(BlockingIOError):
                for question in asked:
                    wire.send(question)
            lines = [f"asked - {time.monotonic_ns()}\n"]
            offset = time.monotonic_ns() - time.time_ns()
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame, extra, _, sender = wire.recvmsg(2048, 256)
                    node = nodes.get(frame[6:12]) if sender[2] != socket.PACKET_OUTGOING else None
                    kind = classify(frame) if node else None
                    if kind:
                        seconds, nanoseconds = struct.unpack("qq", extra[0][2])
                        lines.append(f"{kind} {node} {seconds * 10**9 + nanoseconds + offset}\n")
            os.write(self.writer, "".join(lines).encode())
            due = max(due + 0.002, time.monotonic() - 0.002)
            time.sleep(max(0, due - time.monotonic()))

    def read(self):
        with os.fdopen(self.pipe) as file:
            for line in file:
                kind, node, at = line.split()
                self.rounds.append(int(at)) if kind == "asked" else self.heard.append((kind, node, int(at)))

    def forget(self):
        self.heard, self.rounds = [], []

    def of(self, node, kinds, since=0):
        return [at for k, n, at in list(self.heard) if n == node and k in kinds and at >= since]


class Daemon:
    def __init__(self, node, folder, groups, options):
        self.node, self.folder, self.options = node, f"{folder}/{node}", options
        os.makedirs(self.folder + "/state", mode=0o700, exist_ok=True)
        with open(self.folder + "/kubeconfig", "w") as file:
            json.dump(API, file)
        self.write_checkpoint(groups)
        self.log, self.child = self.folder + "/log", None

    def write_checkpoint(self, groups):
        payload = json.dumps({"node": self.node, "nodeUID": "", "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                              "groups": groups, "sets": [], "ownedAddresses": [], "ownedServices": []})
        path = self.folder + "/state/checkpoint.json"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write('{"version":1,"sha256":"%s","payload":%s}\n' % (hashlib.sha256(payload.encode()).hexdigest(), payload))

    def start(self):
        command = (f"ip netns exec {namespace(self.node)} {BUILD}/node/fairlead-node --node-name {self.node} --state-dir "
                   f"{self.folder}/state --kubeconfig {self.folder}/kubeconfig {self.options}")
        with open(self.log, "w") as log:
            self.child = subprocess.Popen(command.split(), stdout=log, stderr=log)

    def state(self, group):
        """Of the newest of the lines that tell of it."""
        with open(self.log) as file:
            told = re.findall(rf" vrrp\.(became_active|became_backup|initialize) group={group} ", file.read())
        return told[-1] if told else "none"

    def logged(self, event):
        with open(self.log) as file:
            return [line.rstrip() for line in file if f" {event}" in line]

    def end(self, number=signal.SIGKILL):
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.send_signal(number)
            self.child.wait(15)


def groups(interval):
    def one(number, family, addresses):
        return {"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup",
                "metadata": {"name": f"v{family}", "uid": f"uid-{family}", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
                "spec": {"family": f"IPv{family}", "virtualRouterID": number, "interface": "eth1", "advertIntervalMs": interval,
                         "preempt": False, "addresses": [{"address": x, "forwarding": "Delegate"} for x in addresses],
                         "members": [{"node": n, "priority": PRIORITY[n]} for n in NODES]}}
    return [one(51, 4, [VIP[4]]), one(61, 6, [LINK_LOCAL_VIP, VIP[6]])]


class Freezer:
    """A cgroup for each node; of version 2, of version 1 where there is no other."""

    def __init__(self):
        base = next((x for x in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") if os.path.exists(x + "/cgroup.controllers")), None)
        self.version = 2 if base else 1
        self.paths = {node: (base or "/sys/fs/cgroup/freezer") + "/fairlead-twonodes-" + node for node in NODES}
        for path in self.paths.values():
            os.makedirs(path, exist_ok=True)

    def write(self, node, name, text):
        with open(f"{self.paths[node]}/{name}", "w") as file:
            file.write(text)

    def freeze(self, daemon):
        self.write(daemon.node, "cgroup.procs", str(daemon.child.pid))
        self.write(daemon.node, *(("cgroup.freeze", "1") if self.version == 2 else ("freezer.state", "FROZEN")))

    def thaw(self, daemon):
        self.write(daemon.node, *(("cgroup.freeze", "0") if self.version == 2 else ("freezer.state", "THAWED")))

    def remove(self):
        """Thawed first; empty once the daemons have ended."""
        for node, path in self.paths.items():
            self.write(node, *(("cgroup.freeze", "0") if self.version == 2 else ("freezer.state", "THAWED")))
            for _ in range(200):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
                    break
                time.sleep(0.02)


def until(what, seconds):
    limit = time.monotonic() + seconds
    while not what():
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True


def ms(ns):
    return round(ns / 1e6, 1)


class Pair:
    """Both daemons; `old` is Master of both groups, `new` is Backup."""

    def __init__(self, prober, folder, interval, options=""):
        self.prober, self.interval = prober, interval
        self.daemons = {node: Daemon(node, folder, groups(interval), options) for node in NODES}
        self.old, self.new = "a", "b"

    def start(self):
        self.daemons["a"].start()
        if not until(lambda: self.settled("a", "became_active"), 20):
            raise RuntimeError("a is not Master: " + open(self.daemons["a"].log).read()[-3000:])
        self.daemons["b"].start()
        return self

    def end(self):
        """SIGKILL ends a frozen process, too, but of a cgroup of version 1 only once it is thawed."""
        for daemon in self.daemons.values():
            if daemon.child and daemon.child.poll() is None:
                daemon.child.kill()

    def settled(self, node, state):
        return all(self.daemons[node].state(f"v{family}") == state for family in (4, 6))

    def ready(self):
        """The old one is all that is heard, and the other knows it."""
        def alone():
            since = time.monotonic_ns() - 2 * 10**8
            return all(self.prober.of(self.old, (kind,), since) for family in (4, 6) for kind in KINDS[family]) and not any(
                self.prober.of(self.new, CLAIMS[family], since) for family in (4, 6))
        return until(lambda: self.settled(self.old, "became_active") and self.settled(self.new, "became_backup") and alone(), 20)

    def stop(self, how):
        """(ms by which the new one's first word of a VIP came after the old one's last, by family; ms until it had
        answered every kind of question) or None: not ready, or never taken over."""
        self.prober.forget()
        if not self.ready():
            return None
        time.sleep(random.uniform(0, self.interval / 1000))
        begun = time.monotonic_ns()
        how(self.daemons[self.old])
        answered = until(lambda: all(self.prober.of(self.new, (kind,), begun) for f in (4, 6) for kind in KINDS[f]), 10)
        took = time.monotonic_ns() - begun
        time.sleep(2.5)  # an address that the kernel has to remove is gone by then
        if not answered:
            return None
        margins = {f: ms(min(self.prober.of(self.new, CLAIMS[f], begun)) - max(self.prober.of(self.old, CLAIMS[f], begun), default=begun))
                   for f in (4, 6)}
        return margins, ms(took)

    def swap(self):
        self.old, self.new = self.new, self.old


def repeat(cases, name, pair, count, how, go_on, gone):
    """`go_on` brings the stopped one back; if `gone`, as another process."""
    stops, late = [], []
    for _ in range(count):
        stop = pair.stop(how)
        if stop is None:
            break
        stops.append(stop)
        thawed = time.monotonic_ns()
        go_on(pair.daemons[pair.old])
        if not gone:
            time.sleep(0.6)
            late += [k for k, n, at in list(pair.prober.heard) if n == pair.old and at >= thawed]
        pair.swap()
    margins = {f: sorted(m[f] for m, _ in stops) for f in (4, 6)}
    cases.check(f"{name}: taken over each time", len(stops) == count, sorted(t for _, t in stops))
    for family in (4, 6):
        cases.check(f"{name}, IPv{family}: the other is first heard after the last word of the old one, in ms",
                    stops and min(margins[family]) > 0, margins[family])
    if not gone:
        cases.check(f"{name}: once it runs again it says nothing", not late, late)


def fenced(cases, prober, folder, interval, count):
    pair = Pair(prober, f"{folder}/{interval}", interval).start()
    with contextlib.ExitStack() as stack:
        freezer = Freezer()
        stack.callback(freezer.remove)
        stack.callback(pair.end)
        name = f"{interval} ms"
        repeat(cases, f"{name}, kill -9", pair, count, lambda d: d.end(), lambda d: d.start(), True)
        repeat(cases, f"{name}, SIGSTOP", pair, count, lambda d: d.child.send_signal(signal.SIGSTOP),
               lambda d: d.child.send_signal(signal.SIGCONT), False)
        repeat(cases, f"{name}, frozen cgroup of version {freezer.version}", pair, count, freezer.freeze, freezer.thaw, False)
        refused = [line for d in pair.daemons.values() for line in d.logged("forwarding.fence_failed")]
        cases.check(f"{name}: the kernel holds the fence, the group has no FenceOverlap", not refused and overlaps(pair) is False, refused)
        for node in NODES:
            pair.daemons[node].end(signal.SIGTERM)
        left = [n for n in NODES if "fairlead_fence" in run(f"ip netns exec {namespace(n)} nft list tables")]
        cases.check(f"{name}: stopped cleanly, they leave no table", not left, left)


def overlaps(pair):
    """Of the node that is Master now."""
    shown = subprocess.run(f"ip netns exec {namespace(pair.old)} {BUILD}/node/fairlead-node status -o json".split(), text=True,
                           stdout=subprocess.PIPE).stdout
    return "FenceOverlap" in shown if '"groups"' in shown else None


def control(cases, prober, folder):
    pair = Pair(prober, folder + "/control", 100, "--no-finer-fence").start()
    with contextlib.ExitStack() as stack:
        stack.callback(pair.end)
        ready = pair.ready()
        cases.check("control, without the finer fence: status tells of the overlap", ready and overlaps(pair))
        stop = pair.stop(lambda d: d.end())
        cases.check("control, without the finer fence: after kill -9 both are heard at once for long, in ms",
                    stop and all(margin < -200 for margin in stop[0].values()), stop)


def main():
    cases = Cases()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 25 if os.environ.get("FAIRLEAD_LONG") else 1
    if os.geteuid() != 0:
        cases.skip("all", "needs root, for namespaces")
        cases.finish()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-twonodes-test.lock", "w")), fcntl.LOCK_EX)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-twonodes-"))
        stack.callback(remove)
        build()
        for node in NODES:
            stack.callback(Server(node).end)
        prober = Prober()
        stack.callback(prober.end)
        for interval in (100, 250):
            fenced(cases, prober, folder, interval, count)
        control(cases, prober, folder)
    cases.finish()


if __name__ == "__main__":
    main()
