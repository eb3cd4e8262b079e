"""What the tests of the wire share: two namespaces joined by two cables, wire_driver in them, and raw sockets of our own in
any of them, so that what leaves and what arrives is judged byte by byte by somebody else's code."""
import contextlib
import ctypes
import os
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3


def run(command, check=True):
    return subprocess.run(command.split(), check=check, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def remove(names):
    there = run("ip netns list").split()
    for name in names:
        if name in there:
            run(f"ip netns del {name}")


def joined(one, two):
    """Two namespaces, made anew, with a cable from eth1 to eth1; both ends are down and make no address of their own."""
    remove([one, two])
    for name in (one, two):
        run(f"ip netns add {name}")
        run(f"ip -n {name} link set lo up")
    run(f"ip -n {one} link add eth1 type veth peer name eth1 netns {two}")
    for name in (one, two):
        run(f"ip -n {name} link set eth1 addrgenmode none")


@contextlib.contextmanager
def namespace(name):
    """This thread stands in the namespace; sockets made meanwhile stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{name}") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {name}")
        try:
            yield
        finally:
            if libc.setns(home.fileno(), CLONE_NEWNET) != 0:
                os._exit(70)  # nothing may go on in the wrong namespace


def index_of(name, interface):
    with namespace(name):
        return socket.if_nametoindex(interface)


class Driver:
    """One wire_driver; `ask` returns the lines of its answer without the last, or raises with the error."""

    def __init__(self, name, before=()):
        command = ["ip", "netns", "exec", name, *before, BUILD + "/support/wire_driver"]
        self.child = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        lines = []
        for line in self.child.stdout:
            line = line.rstrip("\n")
            if line == "ok":
                return lines
            if line.startswith("error "):
                raise RuntimeError(f"{command}: {line}")
            lines.append(line)
        raise RuntimeError(f"{command}: wire_driver ended")

    def end(self):
        self.child.stdin.close()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(5)
        self.child.stdout.close()


class Capture:
    """All frames that arrive at an interface, whole, in order."""

    def __init__(self, name, interface):
        with namespace(name):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)
        self.frames = []

    def read(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, where = self.socket.recvfrom(65536)
                if where[2] != socket.PACKET_OUTGOING:
                    self.frames.append(frame)
        return self.frames

    def wait(self, wanted, count=1, seconds=3.0):
        """The first `count` frames that `wanted` takes; fewer if they do not come in time. Forgets what came before."""
        limit = time.monotonic() + seconds
        while True:
            found = [f for f in self.read() if wanted(f)]
            if len(found) >= count or time.monotonic() > limit:
                self.frames = []
                return found[:count]
            time.sleep(0.01)

    def close(self):
        self.socket.close()


def send_frames(name, interface, frames):
    with namespace(name):
        out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        out.bind((interface, 0))
    with out:
        for frame in frames:
            out.send(frame)


# Bytes, written a second time here on purpose: the tests do not trust the code they test.

def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


def ip(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def vrrp3(vrid, source, destination, addresses, priority=100, spoil=0):
    """A version 3 message; of IPv4 with the checksum of RFC 9568."""
    body = b"".join(ip(a) for a in addresses)
    head = struct.pack("!BBBBH", 0x31, vrid, priority, len(addresses), 100)
    plain = head + b"\0\0" + body
    pseudo = b"" if "." in source else ip(source) + ip(destination) + struct.pack("!II", len(plain), 112)
    return head + struct.pack("!H", checksum(pseudo + plain) ^ spoil) + body


def frame(source_mac, source, destination, payload, ttl=255, destination_mac=None, protocol=112):
    """An Ethernet frame around a payload; the multicast MAC is derived, any other must be given."""
    to = ip(destination)
    if len(to) == 4:
        multicast = b"\x01\x00\x5e" + bytes([to[1] & 0x7f]) + to[2:]
        head = struct.pack("!BBHHHBBH", 0x45, 0xc0, 20 + len(payload), 1, 0, ttl, protocol, 0) + ip(source) + to
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        kind = b"\x08\x00"
    else:
        multicast = b"\x33\x33" + to[12:]
        head = struct.pack("!IHBB", 0x6c000000, len(payload), protocol, ttl) + ip(source) + to
        kind = b"\x86\xdd"
    return (mac(destination_mac) if destination_mac else multicast) + mac(source_mac) + kind + head + payload


def is_vrrp(f):
    return (f[12:14] == b"\x08\x00" and f[23] == 112) or (f[12:14] == b"\x86\xdd" and f[20] == 112)


# vrrp.md 2: the VIPs 192.0.2.100 and 2001:db8::100 are at 02:00:00:00:00:10.
G1 = unhex("ff ff ff ff ff ff 02 00 00 00 00 10 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 10 c0 00 02 64 "
           "02 00 00 00 00 10 c0 00 02 64")
G2 = G1[:21] + b"\x02" + G1[22:]
N1 = unhex("33 33 00 00 00 01 02 00 00 00 00 10 86 dd 60 00 00 00 00 20 3a ff 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00 "
           "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01 88 00 f7 1d 20 00 00 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 "
           "01 00 02 01 02 00 00 00 00 10")
