"""What the stories of faults share: two nodes a (priority 200) and b (150) of one program, a third place x that looks on and
speaks what it likes, and the numbers of failure-model.md 1.2 for 1 s adverts."""
import contextlib
import os
import subprocess
import time

import frames
from asking import asked_both
from measure import milliseconds
from routers import Fairlead, VirtualRouter
from world import inside, packet_socket, wait_for

VIPS = {4: ("192.0.2.100",), 6: ("fe80::100", "2001:db8::100")}
JUDGED = {4: "192.0.2.100", 6: "2001:db8::100"}
INTERVAL_MS = 1000
DOWN_MS = 3414           # Active_Down_Interval of b, priority 150
FENCE_MS = 2000 + 1100   # an address is gone so long after its last renewal, at the latest (failure-model 1.2)
GATE_MS = 200            # P-1 and P-13 allow 100; gates are twice as loose


def down_ms(interval, priority):
    """Active_Down_Interval of a router of that priority."""
    return interval * (3 + (256 - priority) / 256)


def listens(three, node, interface):
    """Whether the node is a member of the VRRP group on that interface."""
    shown = subprocess.run(["ip", "-n", three.story.segment.of[node], "maddress", "show", "dev", interface], text=True,
                           stdout=subprocess.PIPE, check=True).stdout
    return (frames.GROUP4 if three.family == 4 else frames.GROUP6) in shown.split()


class Three:
    """The segment of a, b and x, and the two routers on it."""

    def __init__(self, story, kind, family=4, **change):
        self.story, self.kind, self.family = story, kind, family
        story.place("a", "b", "x")
        self.vip = JUDGED[family]
        base = VirtualRouter("g", family=family, vips=VIPS[family], interval=INTERVAL_MS, checksum="RFC9568")
        self.told = {"a": base.but(priority=200, others=(150,)).but(**change),
                     "b": base.but(priority=150, others=(200,)).but(**change)}
        self.programs = {}

    def start(self, *nodes):
        for node in nodes:
            if node not in self.programs:
                self.programs[node] = self.kind(self.story.world, self.story.segment.of[node], node)
            self.programs[node].start([self.told[node]])
        return self

    def settle(self, seconds=10):
        """Both run, a is the one Master, and has been for a while: False if that does not come about."""
        self.start("a", "b")
        time.sleep(0.2)
        refused = [r for p in self.programs.values() if self.kind is Fairlead for r in p.refused()]
        if not self.story.check("the group is taken", not refused, refused):
            return False
        good = wait_for(lambda: self.holders() == ["a"], seconds)
        time.sleep(1.1)
        if good and self.kind is Fairlead:
            asked_both(self.story, self.vip, "a", "b")
        return self.story.check("at first a is the one Master", good and self.holders() == ["a"], self.holders())

    def holders(self):
        return self.story.ownership.holders(self.vip)

    def own(self):
        return self.story.ownership

    def alone(self, who, what, seconds=8):
        return self.story.eventually(what, lambda: self.holders() == [who], seconds)

    def overlap(self, since):
        return self.own().overlap(self.vip, since, time.monotonic_ns())

    def never_two(self, since, what, at_most=0):
        found = self.overlap(since)
        self.story.check(f"{what}: two holders for at most {at_most} ms", found <= at_most, found)

    def announced(self, of, since):
        """Gratuitous ARP or unsolicited advertisements of that node for the judged address, as x heard them."""
        mac = f"02:00:00:00:00:{self.story.segment.nodes.index(of) + 1:02x}"
        if self.family == 4:
            told = [e for e in self.own().heard("x", "arp", since=since) if e["garp"] and e["sip"] == self.vip]
        else:
            told = [e for e in self.own().heard("x", "na", since=since) if e["target"] == self.vip and not e["flags"] & 2]
        return [e for e in told if e["smac"] == mac]

    def taken_over(self, begun, what):
        """b holds it, in time after a's last advert; when (ns)."""
        taken = self.own().first(self.vip, "b", True, begun)
        said = self.own().adverts("a", "x", until=taken or time.monotonic_ns())
        silence = milliseconds(taken - said[-1]["t"]) if taken and said else None
        self.story.check(f"{what}: b takes over within {DOWN_MS} + {GATE_MS} ms of a's last advert (P-1)",
                         silence is not None and DOWN_MS - 20 <= silence <= DOWN_MS + GATE_MS, silence)
        return taken

    def ip(self, node, words):
        subprocess.run(["ip", "-n", self.story.segment.of[node], *words.split()], check=True)

    def nft(self, node, text, check=True):
        with inside(self.story.segment.of[node]):
            child = subprocess.Popen(["nft", "-f", "-"], stdin=subprocess.PIPE, text=True)
        child.communicate(text)
        if check and child.returncode:
            raise RuntimeError("nft failed: " + text)

    def deaf(self, node):
        """Adverts no longer reach the node's programs; everything else does."""
        self.nft(node, """table netdev interop { chain arriving { type filter hook ingress device "eth1" priority 0;
            ip protocol 112 drop; ip6 nexthdr 112 drop; }; }""")

    def mute(self, node):
        """The node's own adverts do not leave; sending them fails."""
        self.nft(node, """table inet interop { chain leaving { type filter hook output priority 0;
            meta l4proto 112 drop; }; }""")

    def mend(self, node):
        for table in ("netdev interop", "inet interop"):
            self.nft(node, f"add table {table}\ndelete table {table}\n")

    def say(self, **change):
        """An advert from x, as a frame; source and ttl may be given."""
        source = change.pop("source", self.story.segment.address("x", self.family))
        usual = {"priority": 254, "addresses": VIPS[self.family], "form": "RFC9568"}
        return frames.advert(source, bytes.fromhex("020000000003"), change.pop("ttl", 255), **dict(usual, **change))

    def speaker_says(self, frame, count=1, every=0.0):
        """x sends a frame so many times; from when on (ns) each was on its way."""
        sent = []
        with packet_socket(self.story.segment.of["x"]) as out:
            for number in range(count):
                sent.append(time.monotonic_ns())
                out.sendto(frame, ("eth1", 0))
                if number + 1 < count:
                    time.sleep(every)
        return sent

    def steadily(self, who, since, what):
        """Nobody else held it since then, and it was held all the while."""
        periods = self.own().periods(self.vip, since, time.monotonic_ns())
        self.story.check(what, {x for _, _, x in periods} == {frozenset((who,))},
                         [(milliseconds(e - s), sorted(x)) for s, e, x in periods])


def freezer_folders():
    """Where cgroups can be made that freeze: (folder, file, frozen, thawed), the newer kind first."""
    for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.path.exists(root + "/cgroup.procs"):
            yield root, "cgroup.freeze", "1", "0"
    if os.path.exists("/sys/fs/cgroup/freezer/cgroup.procs"):
        yield "/sys/fs/cgroup/freezer", "freezer.state", "FROZEN", "THAWED"


class Freezer:
    """A cgroup with one program in it, to be frozen as a whole."""

    def __init__(self, name, pids):
        root, self.file, self.frozen, self.thawed = next(freezer_folders())
        self.folder = f"{root}/{name}"
        os.makedirs(self.folder, exist_ok=True)
        self.parent = root
        for pid in pids:
            self.put("cgroup.procs", str(pid))

    def put(self, file, text, folder=None):
        with open(f"{folder or self.folder}/{file}", "w") as out:
            out.write(text)

    def freeze(self):
        self.put(self.file, self.frozen)

    def thaw(self):
        self.put(self.file, self.thawed)

    def remove(self):
        self.thaw()
        with open(self.folder + "/cgroup.procs") as file:
            pids = file.read().split()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                self.put("cgroup.procs", pid, self.parent)
        wait_for(lambda: not self.busy(), 3)
        os.rmdir(self.folder)

    def busy(self):
        with open(self.folder + "/cgroup.procs") as file:
            return file.read().strip()
