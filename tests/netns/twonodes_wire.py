"""The wire of twonodes_test.py and overlap_test.py: nodes a and b, a bridge, and a prober who asks both nodes for every VIP: by ARP
or neighbour solicitation every 2 ms, by ping and by UDP every 4 ms, the last two to the MAC of each node. On an emulated machine
(FAIRLEAD_SLOW=10: so many times slower) it asks less often."""
import bisect
import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import typing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "interop"))
from frames import checksum, packed  # noqa: E402

NODES = ("a", "b")
MACS = {"a": "02:fa:1e:ad:01:0a", "b": "02:fa:1e:ad:01:0b", "p": "02:fa:1e:ad:01:0c"}
OWN = {4: {"a": "203.0.113.1", "b": "203.0.113.2", "p": "203.0.113.9"}, 6: {"a": "2001:db8:f::1", "b": "2001:db8:f::2", "p": "2001:db8:f::9"}}
# As the kernel makes them of the MACs.
LINK_LOCAL = {"a": "fe80::fa:1eff:fead:10a", "b": "fe80::fa:1eff:fead:10b"}
PORT = 7777
SLOW = int(os.environ.get("FAIRLEAD_SLOW", "1"))
PERIOD = 0.002 * SLOW
KINDS = {4: ("arp", "ping", "udp"), 6: ("nd", "ping6", "udp6")}
CLAIMS = {4: (*KINDS[4], "garp"), 6: (*KINDS[6], "unsolicited")}


class Group(typing.NamedTuple):
    name: str
    family: int
    interval: int  # ms between adverts
    vrid: int
    vip: str
    link_local: str = ""

    def addresses(self):
        return [self.link_local, self.vip] if self.link_local else [self.vip]


GROUPS = (Group("v4-100", 4, 100, 51, "203.0.113.100"), Group("v6-100", 6, 100, 61, "2001:db8:f::100", "fe80::f:100"),
          Group("v4-250", 4, 250, 52, "203.0.113.250"), Group("v6-250", 6, 250, 62, "2001:db8:f::250", "fe80::f:250"))


def run(command, **options):
    return subprocess.run(command.split(), check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def namespace(which):
    return f"fairlead-twonodes-{which}"


def inside(which, command, **options):
    return run(f"ip netns exec {namespace(which)} {command}", **options)


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
    for which, address in MACS.items():
        name = namespace(which)
        run(f"ip -n {name} link add eth1 address {address} type veth peer name to-{which} netns {namespace('w')}")
        run(f"ip -n {namespace('w')} link set to-{which} master br0 up")
        run(f"ip -n {name} link set eth1 up")
        run(f"ip -n {name} address add {OWN[4][which]}/24 dev eth1")
        run(f"ip -n {name} address add {OWN[6][which]}/64 dev eth1 nodad")
    time.sleep(2)  # duplicate address detection of the link-local addresses, which adverts are sent from


def hear_multicast(node, hears):
    """Whether the bridge passes multicast on to a node: adverts and solicitations, not ARP."""
    inside("w", f"bridge link set dev to-{node} mcast_flood {'on' if hears else 'off'}")


def enter(which):
    import ctypes
    with open(f"/run/netns/{namespace(which)}") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ethernet(to, kind):
    return mac(to) + mac(MACS["p"]) + struct.pack("!H", kind)


def packet(family, to, protocol, hops, target, body):
    """An IP packet of that protocol; `body` has its checksum at 2 (ICMP) or 6 (UDP), still 0."""
    source, target = packed(OWN[family]["p"]), packed(target)
    pseudo = b"" if protocol == 1 else source + target + struct.pack("!II" if family == 6 else "!HH", *(
        (len(body), protocol) if family == 6 else (protocol, len(body))))
    at = 6 if protocol == 17 else 2
    body = body[:at] + struct.pack("!H", checksum(pseudo + body)) + body[at + 2:]
    if family == 6:
        return ethernet(to, 0x86dd) + struct.pack("!IHBB", 6 << 28, len(body), protocol, hops) + source + target + body
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, hops, protocol, 0, source, target)
    return ethernet(to, 0x800) + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def who_has(group):
    vip, prober = packed(group.vip), packed(OWN[group.family]["p"])
    if group.family == 4:
        return ethernet("ff:ff:ff:ff:ff:ff", 0x806) + struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, mac(MACS["p"]), prober, b"\0" * 6, vip)
    last = vip[-3:]
    return packet(6, f"33:33:ff:{last[0]:02x}:{last[1]:02x}:{last[2]:02x}", 58, 255, f"ff02::1:ff{last[0]:02x}:{last[1]:02x}{last[2]:02x}",
                  struct.pack("!BBHI", 135, 0, 0, 0) + vip + b"\1\1" + mac(MACS["p"]))


def questions():
    """(asked in each round, in the even ones, in the odd ones)"""
    pings, datagrams = [], []
    for group in GROUPS:
        for node in NODES:
            echo, protocol = (struct.pack("!BBHHH", 8, 0, 0, 7, 1), 1) if group.family == 4 else (struct.pack("!BBHHH", 128, 0, 0, 7, 1), 58)
            pings.append(packet(group.family, MACS[node], protocol, 64, group.vip, echo))
            datagrams.append(packet(group.family, MACS[node], 17, 64, group.vip, struct.pack("!HHHH", PORT, PORT, 12, 0) + b"who?"))
    return [who_has(group) for group in GROUPS], pings, datagrams


BY_VIP = {packed(group.vip): group.name for group in GROUPS}
BY_VRID = {(group.family, group.vrid): group.name for group in GROUPS}


def classify(frame):
    """(kind, group) of what a frame of a node says; None: nothing of a VIP, and no advert."""
    kind = frame[12:14]
    if kind == b"\x08\x06":
        group = BY_VIP.get(frame[28:32])
        return group and ("arp" if frame[21] == 2 and frame[38:42] != frame[28:32] else "garp", group)
    if kind == b"\x08\x00":
        if frame[23] == 112:
            return "vrrp", BY_VRID.get((4, frame[35]))
        group = BY_VIP.get(frame[26:30])
        return group and frame[23] in (1, 17) and ("ping" if frame[23] == 1 else "udp", group)
    if kind != b"\x86\xdd":
        return None
    if frame[20] == 112:
        return "vrrp", BY_VRID.get((6, frame[55]))
    if frame[20] == 58 and frame[54] == 136:
        group = BY_VIP.get(frame[62:78])
        return group and ("nd" if frame[58] & 0x40 else "unsolicited", group)
    group = BY_VIP.get(frame[22:38])
    return group and (("udp6", group) if frame[20] == 17 else ("ping6", group) if frame[20] == 58 and frame[54] == 129 else None)


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
    """What the nodes said of the VIPs, by CLOCK_MONOTONIC in ns as the kernel stamped it."""

    def __init__(self):
        self.heard = {}  # (group, node, kind): when, ascending
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
        wire.setsockopt(263, 23, 1)  # SOL_PACKET, PACKET_IGNORE_OUTGOING
        wire.setblocking(False)
        nodes = {mac(MACS[node]): node for node in NODES}
        (every, even, odd), due = questions(), time.monotonic()
        while os.getppid() != 1:
            with contextlib.suppress(BlockingIOError):
                for question in every + even:
                    wire.send(question)
            even, odd = odd, even
            lines, offset = [], time.monotonic_ns() - time.time_ns()
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame, extra, _, _ = wire.recvmsg(2048, 256)
                    node = nodes.get(frame[6:12])
                    said = node and classify(frame)
                    if said:
                        seconds, nanoseconds = struct.unpack("qq", extra[0][2])
                        lines.append(f"{said[0]} {said[1]} {node} {seconds * 10**9 + nanoseconds + offset}\n")
            if lines:
                os.write(self.writer, "".join(lines).encode())
            due = max(due + PERIOD, time.monotonic() - PERIOD)
            time.sleep(max(0, due - time.monotonic()))

    def read(self):
        with os.fdopen(self.pipe) as file:
            for line in file:
                kind, group, node, at = line.split()
                self.heard.setdefault((group, node, kind), []).append(int(at))

    def forget(self):
        self.heard = {}

    def of(self, group, node, kinds, since=0):
        """When, ascending."""
        found = []
        for kind in kinds:
            times = self.heard.get((group.name, node, kind), [])
            found += times[bisect.bisect_left(times, since):]
        return sorted(found)

    def claims(self, group, node, since=0):
        return self.of(group, node, CLAIMS[group.family], since)

    def answers(self, group, node, since):
        """Every kind of question, since then."""
        return all(self.of(group, node, (kind,), since) for kind in KINDS[group.family])
