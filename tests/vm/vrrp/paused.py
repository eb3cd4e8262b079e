"""The Master runs in a guest, alone on its machine, the Backup outside of it, on one segment. x outside asks every 10 ms who has the
address: it is the only judge who sees both on one clock. QEMU stops the guest, lets it go on, and in the end ends it."""
import errno
import json
import os
import signal
import socket
import subprocess
import threading
import time

import asking
from faults import DOWN_MS, GATE_MS, INTERVAL_MS, Three
from measure import milliseconds
from routers import Fairlead
from stories import Story
from world import BUILD, batch, inside, wait_for

PAUSED_SECONDS = 6
BOOT_SECONDS = 90
# I-1: an interval + 50 ms after it runs again. Gates are twice as loose, an emulated processor needs as much again.
TWO_MS = INTERVAL_MS + 200


class Cable:
    """Frames of a's port on the segment, to and from QEMU's datagrams. The namespace's own kernel has no address on it."""

    def __init__(self, namespace, folder):
        self.host = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.host.bind(folder + "/host")
        self.guest = folder + "/guest"
        batch(namespace, ["address flush dev eth1", "link set eth1 promisc on"])
        with inside(namespace):
            self.port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.port.bind(("eth1", 0))
        for work in (self.inward, self.outward):
            threading.Thread(target=work, daemon=True).start()

    def inward(self):
        while True:
            try:
                frame, where = self.port.recvfrom(4096)
            except OSError as problem:
                if problem.errno != errno.ENETDOWN:
                    raise
                return  # the namespace is taken down
            if where[2] == socket.PACKET_OUTGOING:
                continue
            try:
                self.host.sendto(frame, socket.MSG_DONTWAIT, self.guest)
            except OSError:
                pass  # it does not run yet, or does not read: a cable keeps nothing

    def outward(self):
        while True:
            self.port.send(self.host.recv(4096))


class Machine:
    """QEMU's own control socket (QMP)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.file = self.socket.makefile("r")
        self.file.readline()
        self.tell("qmp_capabilities")

    def tell(self, command):
        self.socket.send(json.dumps({"execute": command}).encode() + b"\n")
        for line in self.file:
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(line)
            if "return" in answer:
                return answer["return"]


def master_of(three, folder):
    """What the guest runs: the group, in a file that it finds on the shared root, and eth1 with a's address."""
    a = Fairlead(three.story.world, three.story.segment.of["a"], "a")
    a.write([three.told["a"]])
    path = folder + "/group.json"
    with open(a.files[0]) as file, open(path, "w") as out:
        out.write(file.read())
    script = ("ip link set eth1 addrgenmode none up && ip address add 192.0.2.1/24 dev eth1 && "
              f"exec {BUILD}/support/vrrp_runner --node a --log {path}")
    return ["sh", "-c", script]


def told(world, folder, vm):
    story = Story(world, "pause", "")
    three = Three(story, Fairlead)
    Cable(story.segment.of["a"], folder)
    with open(folder + "/guest.log", "w") as log:
        child = subprocess.Popen([*vm, "--wire", folder, "--qmp", folder + "/qmp", "--", *master_of(three, folder)], stdout=log,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        three.start("b")
        wait_for(lambda: os.path.exists(folder + "/qmp"), 20)
        machine = Machine(folder + "/qmp")
        with asking.asking(story, three.vip, 150):
            pause(story, three, machine)
            cut_power(story, three, machine)
    except Exception as error:  # the guest's own words belong to it
        with open(folder + "/guest.log") as log:
            story.check("told to its end", False, f"{error!r} {log.read()[-1500:]}")
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)
        story.check("netwatch missed nothing", not story.watch.end())
    return [(name.removeprefix(": "), ok, detail) for name, ok, detail in story.results]


def lone(story, three, node, seconds):
    """Only this node has answered for the last half second."""
    def answers():
        now = time.monotonic_ns()
        return [bool(asking.answers(story, three.vip, n, now - 500_000_000, now)) for n in ("a", "b")]
    return wait_for(lambda: answers() == [node == "a", node == "b"], seconds, every=0.1)


def pause(story, three, machine):
    begun = time.monotonic_ns()
    if not story.check("the guest's router has the role, and answers", lone(story, three, "a", BOOT_SECONDS),
                       f"after {(time.monotonic_ns() - begun) / 1e9:.1f} s"):
        raise RuntimeError("no Master in the guest")
    time.sleep(2)
    b = three.programs["b"]
    begun, became = time.monotonic_ns(), b.became("g")
    machine.tell("stop")
    time.sleep(PAUSED_SECONDS)
    last = three.own().adverts("a", "x", until=begun + 100_000_000)[-1]["t"]
    taken = three.own().first(three.vip, "b", True, begun)
    story.check(f"stopped: b takes over within {DOWN_MS} + {GATE_MS} ms of its last advert",
                taken and milliseconds(taken - last) <= DOWN_MS + GATE_MS, milliseconds(taken - last) if taken else None)
    running = time.monotonic_ns()
    machine.tell("cont")
    story.check("it goes on, and has the role: who has the higher priority is heard", lone(story, three, "a", 8))
    gone = three.own().first(three.vip, "b", False, running)
    story.check(f"two had it for at most {TWO_MS} ms from then on (I-1)", gone and milliseconds(gone - running) <= TWO_MS,
                milliseconds(gone - running) if gone else None)
    both = asking.both_answered(story, three.vip, running, time.monotonic_ns())
    story.check(f"two answered for at most {TWO_MS} ms", both <= TWO_MS, both)
    both = asking.both_answered(story, three.vip, begun, running)
    story.check("and none of them while it was stopped", both == 0, both)
    story.check("b is Backup, and was Master once", b.state("g") == "Backup" and b.became("g") == became + 1,
                (b.state("g"), b.became("g") - became))


def cut_power(story, three, machine):
    time.sleep(1.2)
    begun = time.monotonic_ns()
    machine.tell("quit")
    story.check("power lost: b takes over", lone(story, three, "b", 6))
    last = three.own().adverts("a", "x")[-1]["t"]
    taken = three.own().first(three.vip, "b", True, begun)
    story.check(f"power lost: within {DOWN_MS} + {GATE_MS} ms of its last advert", taken and milliseconds(taken - last) <= DOWN_MS + GATE_MS,
                milliseconds(taken - last) if taken else None)
    both = asking.both_answered(story, three.vip, begun, time.monotonic_ns())
    story.check("power lost: no question has two answers (P-2)", both == 0, both)
