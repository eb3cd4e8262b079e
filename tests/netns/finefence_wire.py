"""For finefence_test.py: the namespaces, who beats in a and how it is stopped, and who asks from b, with his questions as bytes."""
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/interop")
from frames import checksum  # noqa: E402

BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
VIP4, VIP6 = "203.0.113.100", "2001:db8:f::100"
AWAY = "203.0.113.101"  # of the group, but on c: a passes it on
MAC_A, MAC_B = "02:fa:1e:ad:00:0a", "02:fa:1e:ad:00:0b"
INTERVAL_MS, SILENT_MS = 100, 301
SLOW = int(os.environ.get("FAIRLEAD_SLOW", "1"))
PERIOD_MS = 2 * SLOW


def run(command, **options):
    return subprocess.run(command.split(), check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def names():
    return ["fairlead-finefence-a", "fairlead-finefence-b", "fairlead-finefence-c"]


def inside(which):
    return f"ip netns exec fairlead-finefence-{which} "


def remove():
    there = run("ip netns list").split()
    for name in names():
        if name in there:
            run(f"ip netns del {name}")


def build():
    remove()
    a, b, c = names()
    for name in names():
        run(f"ip netns add {name}")
        run(f"ip -n {name} link set lo up")
    run(f"ip -n {a} link add eth1 address {MAC_A} type veth peer name eth1 address {MAC_B} netns {b}")
    run(f"ip -n {a} link add eth2 type veth peer name eth2 netns {c}")
    for name, four, six in ((a, "203.0.113.1/24", "2001:db8:f::1/64"), (b, "203.0.113.2/24", "2001:db8:f::2/64")):
        run(f"ip -n {name} link set eth1 up")
        run(f"ip -n {name} address add {four} dev eth1")
        run(f"ip -n {name} address add {six} dev eth1 nodad")
    run(f"ip -n {a} address add {VIP4}/32 dev eth1")
    run(f"ip -n {a} address add {VIP6}/128 dev eth1 nodad preferred_lft 0")
    run(f"ip -n {a} link set eth2 up")
    run(f"ip -n {c} link set eth2 up")
    run(f"ip -n {a} address add 198.51.100.1/24 dev eth2")
    run(f"ip -n {c} address add 198.51.100.2/24 dev eth2")
    run(f"ip -n {c} address add {AWAY}/32 dev lo")
    run(f"ip -n {c} route add default via 198.51.100.1")
    run(f"ip -n {a} route add {AWAY}/32 via 198.51.100.2")
    run(inside("a") + "sysctl -q -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0")


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def arp_request():
    body = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, mac(MAC_B), socket.inet_aton("203.0.113.2"), b"\0" * 6,
                       socket.inet_aton(VIP4))
    return b"\xff" * 6 + mac(MAC_B) + struct.pack("!H", 0x806) + body


def ping(target):
    icmp = struct.pack("!BBHHH", 8, 0, 0, 7, 1)
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0, socket.inet_aton("203.0.113.2"),
                     socket.inet_aton(target))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return mac(MAC_A) + mac(MAC_B) + struct.pack("!H", 0x800) + ip + icmp


def icmp6(to_mac, to, hops, body):
    source, target = (socket.inet_pton(socket.AF_INET6, x) for x in ("2001:db8:f::2", to))
    total = checksum(source + target + struct.pack("!II", len(body), 58) + body)
    body = body[:2] + struct.pack("!H", total) + body[4:]
    header = struct.pack("!IHBB", 6 << 28, len(body), 58, hops) + source + target
    return mac(to_mac) + mac(MAC_B) + struct.pack("!H", 0x86dd) + header + body


def solicitation():
    target = socket.inet_pton(socket.AF_INET6, VIP6)
    body = struct.pack("!BBHI", 135, 0, 0, 0) + target + b"\1\1" + mac(MAC_B)
    return icmp6("33:33:ff:00:01:00", "ff02::1:ff00:100", 255, body)


def classify(frame):
    """What a frame from a says of the VIPs, or None."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x806 and frame[28:32] == socket.inet_aton(VIP4):
        return "arp" if frame[21] == 2 else "garp"
    if kind == 0x800 and frame[23] == 112:
        return "vrrp"
    if kind == 0x800 and frame[23] == 1 and frame[34] == 0:
        return {VIP4: "ping", AWAY: "away"}.get(socket.inet_ntoa(frame[26:30]))
    if kind == 0x86dd and frame[20] == 112:
        return "vrrp6"
    if kind == 0x86dd and frame[20] == 58:
        vip = socket.inet_pton(socket.AF_INET6, VIP6)
        if frame[54] == 136 and frame[62:78] == vip:
            return "nd" if struct.unpack("!I", frame[58:62])[0] & 0x40000000 else "unsolicited"
        if frame[54] == 129 and frame[22:38] == vip:
            return "ping6"
        if frame[54] == 135 and frame[22:38] == vip:
            return "ns-from-vip"
    return None


def setns(which):
    import ctypes
    with open(f"/run/netns/fairlead-finefence-{which}") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")


class Prober:
    """Asks from b every 2 ms in a process of its own; `heard` is (kind, CLOCK_MONOTONIC ns) of what a said."""

    def __init__(self):
        self.heard, self.asked = [], []
        self.pipe, writer = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            try:
                os.close(self.pipe)
                self.work(os.fdopen(writer, "wb", buffering=0))
            finally:
                os._exit(1)
        os.close(writer)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def work(self, out):
        setns("b")
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        wire.bind(("eth1", 0))
        wire.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        wire.setblocking(False)
        echo6 = icmp6(MAC_A, VIP6, 64, struct.pack("!BBHHH", 128, 0, 0, 7, 1))
        questions = [arp_request(), solicitation(), ping(VIP4), echo6, ping(AWAY)]
        due = time.monotonic()
        while os.getppid() != 1:
            with contextlib.suppress(BlockingIOError):
                for question in questions:
                    wire.send(question)
            out.write(b"asked %d\n" % time.monotonic_ns())
            offset = time.monotonic_ns() - time.time_ns()
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame, extra, _, sender = wire.recvmsg(2048, 256)
                    kind = classify(frame) if sender[2] != socket.PACKET_OUTGOING else None
                    seconds, nanoseconds = struct.unpack("qq", extra[0][2])
                    if kind:
                        out.write(b"%s %d\n" % (kind.encode(), seconds * 10**9 + nanoseconds + offset))
            due = max(due + PERIOD_MS / 1000, time.monotonic() - PERIOD_MS / 1000)
            time.sleep(max(0, due - time.monotonic()))

    def read(self):
        with os.fdopen(self.pipe) as file:
            for line in file:
                kind, at = line.split()
                (self.asked.append(int(at)) if kind == "asked" else self.heard.append((kind, int(at))))

    def of(self, kind, since=0, until=1 << 63):
        return [at for k, at in list(self.heard) if k == kind and since <= at <= until]

    def questions(self, since, until):
        return len([at for at in list(self.asked) if since <= at <= until])

    def end(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)


class Runner:
    def __init__(self):
        command = inside("a") + f"{BUILD}/support/fence_runner {INTERVAL_MS} {SILENT_MS} 51 {VIP4} {AWAY} {VIP6}"
        self.child = subprocess.Popen(command.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()
        if not self.wait("ready", seconds=60):
            raise RuntimeError("fence_runner is not ready")

    def read(self):
        for line in self.child.stdout:
            what, _, at = line.rstrip().rpartition(" ")
            self.lines.append((what, int(at)))

    def all(self, what, since=0):
        return [at for w, at in list(self.lines) if w == what and at >= since]

    def wait(self, what, since=0, seconds=5):
        limit = time.monotonic() + seconds
        while not self.all(what, since):
            if time.monotonic() > limit:
                return None
            time.sleep(0.005)
        return self.all(what, since)[0]

    def tell(self, command):
        since = time.monotonic_ns()
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        if self.wait("did " + command, since) is None:
            raise RuntimeError("fence_runner does not answer")

    def signal(self, number):
        self.child.send_signal(number)

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()


class Freezer:
    """A cgroup of its own, version 2 or 1."""

    def __init__(self, pid):
        two = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
        self.path = f"/sys/fs/cgroup/{'' if two else 'freezer/'}fairlead-finefence"
        self.file, self.words = ("cgroup.freeze", ("1", "0")) if two else ("freezer.state", ("FROZEN", "THAWED"))
        os.makedirs(self.path, exist_ok=True)
        self.write("cgroup.procs", str(pid))

    def write(self, name, text):
        with open(f"{self.path}/{name}", "w") as file:
            file.write(text)

    def freeze(self):
        self.write(self.file, self.words[0])

    def thaw(self):
        self.write(self.file, self.words[1])

    def remove(self):
        for _ in range(100):
            with contextlib.suppress(OSError):
                os.rmdir(self.path)
                return
            time.sleep(0.02)
