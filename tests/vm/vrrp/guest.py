"""The stories that are told inside of the guest. They use the segment, the judges and some of the stories of tests/interop."""
import json
import os
import resource
import signal
import subprocess
import time

from faults import DOWN_MS, FENCE_MS, INTERVAL_MS, Three
from measure import milliseconds
from routers import Fairlead
from stories import tell
from world import BUILD, World, batch

HOUR = 3600
# An emulated processor: what is not promised in time is judged more loosely than on this kernel.
LATE_MS = 1.4 * INTERVAL_MS


def beats(three, node, since):
    """Renewals of the address, on netwatch's monotonic clock: frames are stamped with the clock that jumps."""
    return [e["t"] for e in three.story.watch.events() if e["ev"] == "addr" and e["op"] == "renew" and e["t"] >= since
            and e["ns"] == three.story.segment.of[node] and e["addr"].startswith(three.vip + "/")]


def clock_jumps(story):
    """FN-03: an hour forward, two back, one forward again: nobody moves, and the beat is kept."""
    three = Three(story, Fairlead)
    if not three.settle(60):
        return
    begun = time.monotonic_ns()
    for hours in (1, -2, 1):
        wall = time.time()
        time.clock_settime(time.CLOCK_REALTIME, wall + hours * HOUR)
        story.check(f"the clock jumps by {hours} h", abs(time.time() - wall - hours * HOUR) < 5, round(time.time() - wall))
        time.sleep(3.5)
    said = beats(three, "a", begun)
    gaps = [milliseconds(q - p) for p, q in zip(said, said[1:])]
    story.check("the beat is kept", len(gaps) >= 8 and max(gaps) < LATE_MS, gaps)
    a, b = three.programs["a"], three.programs["b"]
    story.check("nobody moved", (a.became("g"), a.state("g"), b.became("g"), b.state("g")) == (1, "Master", 0, "Backup"),
                (a.became("g"), a.state("g"), b.became("g"), b.state("g")))
    story.check("b said nothing", not three.own().adverts("b", "x"))
    counted = a.metric("fairlead_node_address_repairs_total")
    story.check("nothing had to be repaired", counted == 0, counted)


def bonded(three):
    """a's eth1 becomes a bond, active-backup, with two ports on the switch. The kernel's own announcements are off."""
    place, switch = three.story.segment.of["a"], three.story.segment.switch
    batch(place, ["link delete eth1", "link add eth1 type bond mode active-backup miimon 50 num_grat_arp 0",
                  "link set eth1 address 02:00:00:00:00:01"])
    for port in ("p1", "p2"):
        batch(switch, [f"link add {port} type veth peer name {port} netns {place}", f"link set {port} master br0 up"])
        batch(place, [f"link set {port} master eth1"])
    batch(place, ["link set eth1 addrgenmode none up", "address add 192.0.2.1/24 dev eth1", "address add fe80::1/64 dev eth1 nodad"])


def active_port(place):
    shown = subprocess.run(["ip", "netns", "exec", place, "cat", "/sys/class/net/eth1/bonding/active_slave"], text=True,
                           stdout=subprocess.PIPE, check=True)
    return shown.stdout.strip()


def bond(story):
    """FN-05: the bond's link fails, the other port takes over: hosts are told by a round, and nobody moves."""
    three = Three(story, Fairlead)
    bonded(three)
    if not three.settle(60):
        return
    time.sleep(5.5)  # the rounds of the promotion are over
    place, a = story.segment.of["a"], three.programs["a"]
    for how in ("its link fails", "somebody changes it"):
        before, begun = active_port(place), time.monotonic_ns()
        other = "p2" if before == "p1" else "p1"
        if how == "its link fails":
            batch(story.segment.switch, [f"link set {before} down"])
        else:
            batch(story.segment.switch, [f"link set {other} up"])
            time.sleep(0.3)
            begun = time.monotonic_ns()
            batch(place, [f"link set eth1 type bond active_slave {other}"])
        story.eventually(f"{how}: the bond has another port", lambda o=other: active_port(place) == o, 3)
        time.sleep(2.5)
        told = [e for e in three.own().heard("x", "arp", since=begun) if e["garp"] and e["sip"] == three.vip]
        story.check(f"{how}: one round, request and reply", {e["op"] for e in told} == {1, 2} and len(told) == 2,
                    [(e["op"], milliseconds(e["t"] - begun)) for e in told])
        said = [e["t"] for e in three.own().adverts("a", "x", since=begun - 1_100_000_000)]
        gaps = [milliseconds(q - p) for p, q in zip(said, said[1:])]
        # While the bond notices, an advert may be lost.
        story.check(f"{how}: the adverts go on", gaps and max(gaps) < 2 * LATE_MS, gaps)
    story.check("nobody moved", a.became("g") == 1 and a.state("g") == "Master" and three.programs["b"].became("g") == 0,
                (a.became("g"), a.state("g"), three.programs["b"].became("g")))


def out_of_memory(story):
    """FN-01: the kernel kills the Master for want of memory: as any other death."""
    three = Three(story, Fairlead)
    if not three.settle(60):
        return
    folder = "/sys/fs/cgroup/fairlead-" + story.tag
    with open("/sys/fs/cgroup/cgroup.subtree_control", "w") as file:
        file.write("+memory")
    os.mkdir(folder)
    a, begun = three.programs["a"], time.monotonic_ns()
    with open(folder + "/cgroup.procs", "w") as file:
        file.write(str(a.program.child.pid))
    with open(folder + "/memory.max", "w") as file:
        file.write("4096")
    # What it had before the move is not counted: the next page it touches is one too many.
    a.program.signal(signal.SIGUSR1)
    a.program.child.wait(10)
    with open(folder + "/memory.events") as file:
        events = dict(line.split() for line in file)
    story.check("killed by the kernel, for want of memory", a.program.child.returncode == -9 and int(events["oom_kill"]) == 1,
                (a.program.child.returncode, events))
    time.sleep(6)
    last = three.own().adverts("a", "x")[-1]["t"]
    gone = three.own().first(three.vip, "a", False, begun)
    story.check(f"the address is gone within {FENCE_MS} ms of its last beat (I-2)", gone and milliseconds(gone - last) <= FENCE_MS,
                milliseconds(gone - last) if gone else None)
    taken = three.own().first(three.vip, "b", True, begun)
    story.check("b takes over, an emulated processor's 500 ms late at most", taken and DOWN_MS - 20 <= milliseconds(taken - last) <= DOWN_MS + 500,
                milliseconds(taken - last) if taken else None)
    three.never_two(begun, "out of memory (P-2)")
    os.rmdir(folder)


def locked_memory(story):
    """FN-29: the real daemon locks its memory where nothing limits that, and nothing under a limit, which would refuse what comes
    later. It needs no API server for that."""
    place = story.place("a").of["a"]
    kubeconfig, authority = (f"{story.world.folder}/{story.tag}.{kind}" for kind in ("kubeconfig", "crt"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                    "-subj", "/CN=nobody", "-keyout", authority + ".key", "-out", authority], check=True, capture_output=True)
    with open(kubeconfig, "w") as file:
        json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                   "clusters": [{"name": "k", "cluster": {"server": "https://192.0.2.250:6443", "certificate-authority": authority}}],
                   "users": [{"name": "u", "user": {"token": "none"}}],
                   "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}, file)
    for name, limit in (("under a limit", 8 << 20), ("without a limit", resource.RLIM_INFINITY)):
        log = f"{story.world.folder}/{story.tag}-{limit}.log"
        with open(log, "w") as file:
            daemon = subprocess.Popen(
                ["ip", "netns", "exec", place, BUILD + "/node/fairlead-node", "--node-name", "a", "--kubeconfig", kubeconfig,
                 "--state-dir", f"{story.world.folder}/{story.tag}-state"], stdout=file, stderr=subprocess.STDOUT,
                preexec_fn=lambda most=limit: resource.setrlimit(resource.RLIMIT_MEMLOCK, (most, most)))

        def said(word, path=log):
            with open(path) as file:
                return word in file.read()
        story.eventually(f"{name}: it asks for the API server", lambda: said("api.unreachable"), 20)
        with open(f"/proc/{daemon.pid}/status") as file:
            locked = next(int(line.split()[1]) for line in file if line.startswith("VmLck"))
        unlimited = limit == resource.RLIM_INFINITY
        story.check(f"{name}: {'memory is locked' if unlimited else 'none is locked, and that is said'}",
                    (locked > 0, said("node.memory_not_locked")) == (unlimited, not unlimited), f"{locked} KiB")
        daemon.terminate()
        story.check(f"{name}: it ends by itself", daemon.wait(20) == 0, daemon.returncode)


STORIES = (("locked", "FN-29 memory", locked_memory), ("clock", "FN-03", clock_jumps), ("bond", "FN-05 bond", bond),
           ("memory", "FN-01 out of memory", out_of_memory))


class Kept:
    """Verdicts as labkit's Cases takes them, kept."""

    def __init__(self):
        self.results = []

    def check(self, name, ok, detail=""):
        self.results.append((name, ok, detail))


def told():
    """The verdicts (name, ok, detail) of all stories, told at once."""
    kept = Kept()
    with World("guest") as world:
        tell(kept, world, STORIES, at_once=len(STORIES))
    return kept.results
