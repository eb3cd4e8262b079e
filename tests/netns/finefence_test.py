#!/usr/bin/python3
"""The finer fence on a real wire (failure-model 10.2, FN-01, FN-02): fence_runner beats for two VIPs in namespace a, a
prober in b asks for them every 2 ms by ARP, neighbour solicitation, ping and ping6; a router's third leg is c. On an emulated
machine (FAIRLEAD_SLOW=10: so many times slower) it asks less often and is told later.
What must hold: nothing of the VIP is heard later than its time after the last advert, whatever became of the process;
everything is heard while adverts leave; other tables stay as they are."""
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
VIP4, VIP6 = "203.0.113.100", "2001:db8:f::100"
AWAY = "203.0.113.101"  # of the group, but on c: a passes it on
MAC_A, MAC_B = "02:fa:1e:ad:00:0a", "02:fa:1e:ad:00:0b"
INTERVAL_MS, SILENT_MS = 100, 301
KINDS = ("arp", "nd", "ping", "ping6")
SLOW = int(os.environ.get("FAIRLEAD_SLOW", "1"))
PERIOD_MS = 2 * SLOW
# Kernel ticks on both ends, and a busy machine between the clock reading and the packet.
LATE_MS, EARLY_MS = 28 + PERIOD_MS, 28 + PERIOD_MS
GAP_MS = 98 + PERIOD_MS
FOREIGN = """table inet foreign {
  set s { type ipv4_addr; flags timeout; elements = { 192.0.2.1 timeout 1h } }
  chain c { type filter hook input priority 0; policy accept; ip saddr @s counter accept; }
}
table netdev foreign {
  chain c { type filter hook ingress device eth1 priority 0; policy accept; counter; }
}
table arp foreign { }
"""


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


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


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


def ms(ns):
    return round(ns / 1e6, 1)


def silent_since(prober, since):
    """What was heard of the VIPs since then, by kind; and whether anybody asked."""
    now = time.monotonic_ns()
    return {k: len(prober.of(k, since)) for k in KINDS if prober.of(k, since)}, prober.questions(since, now)


def check_silence(cases, name, prober, runner):
    """After the last advert: everything is heard up to its time, and nothing later."""
    time.sleep(SILENT_MS / 1000 + 0.4)
    last = max(runner.all("sent"))
    ends = {k: ms(max(prober.of(k, last), default=last) - last) for k in KINDS}
    cases.check(f"{name}: each kind is silent {SILENT_MS} ms after the last advert, and not before",
                all(SILENT_MS - EARLY_MS <= end <= SILENT_MS + LATE_MS for end in ends.values()), ends)
    asked = prober.questions(last + (SILENT_MS + LATE_MS) * 10**6, time.monotonic_ns())
    cases.check(f"{name}: while it was asked", asked >= 100 / PERIOD_MS, asked)


def check_answers(cases, name, prober, runner):
    begun = time.monotonic_ns()
    runner.tell("go")
    first = runner.wait("sent", begun)
    time.sleep(0.5)
    firsts = {k: ms(min(prober.of(k, first), default=1 << 62) - first) for k in KINDS}
    cases.check(f"{name}: each kind is answered at once after the first advert",
                all(after <= 38 + PERIOD_MS for after in firsts.values()) and not any(prober.of(k, begun, first) for k in KINDS), firsts)


def check_kernel_claims(cases, name, prober, heard):
    """What the kernel says by itself when the link's address changes (as bonds do on failover)."""
    since = time.monotonic_ns()
    for address in ("02:fa:1e:ad:00:0c", MAC_A):
        run(f"ip -n {names()[0]} link set eth1 address {address}")
    time.sleep(0.3)
    said = {k: len(prober.of(k, since)) for k in ("garp", "unsolicited")}
    cases.check(f"{name}: the kernel's own claims are {'heard' if heard else 'held back'}",
                all(said.values()) if heard else not any(said.values()), said)


def tables():
    """Everything but the fence's table and counters."""
    text = run(inside("a") + "nft -j list ruleset")
    rest = [o for o in json.loads(text)["nftables"] if "fairlead_fence" not in json.dumps(o)]
    return re.sub(r'"(packets|bytes|expires)": \d+', "", json.dumps(rest))


def ours():
    return "fairlead_fence" in run(inside("a") + "nft list tables")


def life(cases, prober, runner):
    time.sleep(0.3)
    said, asked = silent_since(prober, time.monotonic_ns() - 2 * 10**8)
    cases.check("begin: a local address of a group that never sent is not heard", not said and asked > 40 / PERIOD_MS, (said, asked))
    check_kernel_claims(cases, "silent", prober, False)
    check_answers(cases, "begin", prober, runner)
    check_kernel_claims(cases, "beating", prober, True)
    shown = run(inside("a") + "nft list table netdev fairlead_fence")
    cases.check("nft can show the table, and who is live", re.search(rf"{VIP4} timeout \d+ms expires", shown),
                re.findall(rf"{VIP4} timeout \S+ expires \S+", shown))
    since = time.monotonic_ns()
    time.sleep(1)
    gaps = {k: ms(max(b - a for a, b in zip(prober.of(k, since), prober.of(k, since)[1:]))) for k in KINDS}
    cases.check("beating: no gap", all(gap < GAP_MS for gap in gaps.values()), gaps)
    runner.tell("stop")
    check_silence(cases, "no adverts", prober, runner)
    before = time.monotonic_ns()
    runner.tell("zero")
    time.sleep(0.2)
    said, _ = silent_since(prober, before)
    cases.check("priority 0 leaves, and opens nothing", len(prober.of("vrrp", before)) == 1 and not said, said)
    away = prober.of("away", time.monotonic_ns() - 2 * 10**8)
    cases.check("silent: packets to an address of the group that is not local pass", len(away) > 40 / PERIOD_MS, len(away))


def freeze(cases, name, prober, runner, stop, go_on):
    check_answers(cases, name, prober, runner)
    stop()
    check_silence(cases, name, prober, runner)
    thawed = time.monotonic_ns()
    go_on()
    refused = runner.wait("refused", thawed)
    time.sleep(0.3)
    said, _ = silent_since(prober, thawed)
    adverts = len(prober.of("vrrp", thawed)) + len(prober.of("vrrp6", thawed))
    cases.check(f"{name}, thawed: the late advert does not leave, the process is told, nothing is heard",
                refused and not adverts and not said, (bool(refused), adverts, said))


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


def flushed(cases, prober, runner):
    check_answers(cases, "before the flush", prober, runner)
    begun = time.monotonic_ns()
    run(inside("a") + "nft flush ruleset")
    repaired = runner.wait("repaired", begun)
    time.sleep(0.5)
    heard = {k: prober.of(k, begun) for k in KINDS}
    gaps = {k: ms(max((b - a for a, b in zip(at, at[1:])), default=10**12)) for k, at in heard.items()}
    cases.check("nft flush ruleset by others: noticed, put back, and an Active group goes on being heard",
                repaired and ours() and all(gap < GAP_MS for gap in gaps.values()) and not runner.all("refused", begun),
                (ms(repaired - begun) if repaired else None, gaps))
    runner.tell("stop")
    check_silence(cases, "after the flush", prober, runner)
    flushed_while_silent(cases, prober, runner)


def flushed_while_silent(cases, prober, runner):
    """Nothing beats any more: what was silent may be heard until the table is back, and is silent with it."""
    begun = time.monotonic_ns()
    run(inside("a") + "nft flush ruleset")
    repaired = runner.wait("repaired", begun)
    time.sleep(SILENT_MS / 1000 + 0.1)
    ends = {k: ms(max(prober.of(k, begun), default=begun) - repaired) for k in KINDS} if repaired else {}
    asked = prober.questions(repaired, time.monotonic_ns()) if repaired else 0
    cases.check("nft flush ruleset once nothing beats: the table that is put back opens nothing, while it was asked",
                repaired and asked >= 100 / PERIOD_MS and all(end <= 8 + PERIOD_MS for end in ends.values()), (asked, ends))


def clean(cases, prober, runner):
    runner.kill()
    run(inside("a") + "nft -f -", input=FOREIGN)
    foreign = tables()
    with tempfile.TemporaryDirectory(prefix="fairlead-finefence-") as folder:
        for wanted in (True, False):
            said = run(inside("a") + f"{BUILD}/node/fairlead-node cleanup --state-dir {folder}")
            told = "removed nft table netdev fairlead_fence" in said
            cases.check(f"cleanup {'removes the table' if wanted else 'again has nothing to remove'}",
                        told == wanted and not ours(), said)
    cases.check("and leaves other tables", tables() == foreign)
    since = time.monotonic_ns()
    time.sleep(0.2)
    said, _ = silent_since(prober, since)
    cases.check("without the table the address is heard again", len(said) == len(KINDS), said)


def prepared(cases):
    """What the fence needs may be built in: the kernel is asked, not its list of modules."""
    check = subprocess.run((inside("a") + BUILD + "/node/fairlead-node prepare-host --check").split(), text=True, stdout=subprocess.PIPE)
    said = re.findall("^module +nft_fib_netdev.*", check.stdout, re.M)
    cases.check("prepare-host --check finds what the fence needs", len(said) == 1 and re.search(" (loaded|built in) +ok$", said[0]), said)


def play(cases, stack):
    run(inside("a") + "nft -f -", input=FOREIGN)
    foreign = tables()
    prepared(cases)
    cases.check("and leaves no table", tables() == foreign)
    run(inside("a") + "sysctl -q -w net.ipv4.conf.all.arp_notify=1 net.ipv6.conf.all.ndisc_notify=1 "
                      "net.ipv4.conf.eth1.arp_notify=1 net.ipv6.conf.eth1.ndisc_notify=1")
    prober = Prober()
    stack.callback(prober.end)
    runner = Runner()
    stack.callback(lambda: runner.kill())
    life(cases, prober, runner)
    freeze(cases, "SIGSTOP", prober, runner, lambda: runner.signal(signal.SIGSTOP), lambda: runner.signal(signal.SIGCONT))
    freezer = Freezer(runner.child.pid)
    stack.callback(freezer.remove)
    stack.callback(freezer.thaw)
    freeze(cases, "frozen cgroup", prober, runner, freezer.freeze, freezer.thaw)
    check_answers(cases, "before kill -9", prober, runner)
    runner.kill()
    check_silence(cases, "kill -9", prober, runner)
    runner = Runner()
    time.sleep(0.2)
    said, _ = silent_since(prober, time.monotonic_ns() - 10**8)
    cases.check("a new run replaces what the dead one left, and begins silent", not said, said)
    cases.check("other tables are as they were", tables() == foreign)
    flushed(cases, prober, runner)
    runner.tell("leave")
    cases.check("no group left: no table left", not ours())
    runner.kill()
    runner = Runner()
    check_answers(cases, "before cleanup", prober, runner)
    clean(cases, prober, runner)


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("all", "needs root, for namespaces")
        cases.finish()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-finefence-test.lock", "w")), fcntl.LOCK_EX)
        stack.callback(remove)
        build()
        play(cases, stack)
    cases.finish()


if __name__ == "__main__":
    main()
