"""The daemons of twonodes_test.py and overlap_test.py: fairlead-node on both nodes, what stops one, and which of them is heard."""
import contextlib
import ctypes
import hashlib
import json
import os
import re
import signal
import subprocess
import time

from twonodes_wire import CLAIMS, GROUPS, KINDS, LINK_LOCAL, NODES, OWN, namespace, run

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
PRIORITY = {"a": 200, "b": 150}
# A kubeconfig is required; nobody listens there, so the plan is the checkpoint's.
API = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
       "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority": "/none"}}], "users": [{"name": "u", "user": {"token": "none"}}]}
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 17, 0x4206, 0x4207, 0x40000000


def until(what, seconds, every=0.01):
    limit = time.monotonic() + seconds
    while not what():
        if time.monotonic() > limit:
            return False
        time.sleep(every)
    return True


def ms(ns):
    return round(ns / 1e6, 1)


def vrrp_group(group, unicast):
    def member(node):
        named = {"unicastAddress": OWN[4][node] if group.family == 4 else LINK_LOCAL[node]} if unicast else {}
        return {"node": node, "priority": PRIORITY[node], **named}
    return {"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup",
            "metadata": {"name": group.name, "uid": f"uid-{group.name}", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"family": f"IPv{group.family}", "virtualRouterID": group.vrid, "interface": "eth1", "advertIntervalMs": group.interval,
                     "preempt": False, "addresses": [{"address": x, "forwarding": "Delegate"} for x in group.addresses()],
                     "transport": "Unicast" if unicast else "Multicast", "members": [member(n) for n in NODES]}}


class Daemon:
    """fairlead-node, told what to do by its checkpoint."""

    def __init__(self, node, folder, groups, options):
        """groups: VRRPGroups"""
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
            told = re.findall(rf" vrrp\.(became_active|became_backup|initialize) group={group.name} ", file.read())
        return told[-1] if told else "none"

    def logged(self, event):
        with open(self.log) as file:
            return [line.rstrip() for line in file if f" {event}" in line]

    def end(self, number=signal.SIGKILL):
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.send_signal(number)
            self.child.wait(15)

    def thread(self, name):
        """Its id in the system."""
        return thread_of(self.child.pid, name)


def thread_of(process, name):
    for task in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{task}/comm") as file:
            if file.read().strip() == name:
                return int(task)
    raise RuntimeError(f"process {process} has no thread {name}")


def ptrace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(request, thread, None, None) == -1:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {thread}")


@contextlib.contextmanager
def hung(thread):
    """That thread of another process alone stands still meanwhile."""
    ptrace(PTRACE_SEIZE, thread)
    ptrace(PTRACE_INTERRUPT, thread)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        try:
            ptrace(PTRACE_DETACH, thread)
        except ProcessLookupError:  # its process has ended, and is waited for by others once we know
            os.waitpid(thread, WALL)


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


class Pair:
    """Both daemons; `old` is Master of every group, `new` is Backup, unless a story says otherwise."""

    def __init__(self, prober, folder, options="", unicast=False):
        self.prober = prober
        told = [vrrp_group(group, unicast) for group in GROUPS]
        self.daemons = {node: Daemon(node, folder, told, options) for node in NODES}
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
        return all(self.daemons[node].state(group) == state for group in GROUPS)

    def holder(self, group):
        """The one node that answers for it, and is all that was heard of late; None: none, or both."""
        since = time.monotonic_ns() - 2 * 10**8
        heard = [node for node in NODES if self.prober.claims(group, node, since)]
        return heard[0] if len(heard) == 1 and self.prober.answers(group, heard[0], since) else None

    def ready(self):
        """The old one is all that is heard, and the other knows it."""
        return until(lambda: self.settled(self.old, "became_active") and self.settled(self.new, "became_backup") and all(
            self.holder(group) == self.old for group in GROUPS), 20)

    def gather(self):
        """Every group is led to `old`: the other one begins anew."""
        self.daemons[self.new].end(signal.SIGTERM)
        until(lambda: self.settled(self.old, "became_active"), 10)
        self.daemons[self.new].start()
        return self.ready()

    def other(self, node):
        return next(n for n in NODES if n != node)

    def margin(self, group, begun, old=None):
        """ms from the last word of the old one to the first of the other; None: the other has said nothing."""
        old = old or self.old
        first = self.prober.claims(group, self.other(old), begun)[:1]
        last = self.prober.claims(group, old, begun)[-1:] or [begun]
        return ms(first[0] - last[0]) if first else None

    def answered(self, begun, groups=GROUPS):
        """The new one has answered every kind of question within 10 s."""
        return until(lambda: all(self.prober.answers(group, self.new, begun) for group in groups), 10)

    def lists_none(self, node):
        """Whether no VIP is on the node's interface any more."""
        shown = run(f"ip -n {namespace(node)} -o address show dev eth1")
        return not any(f" {address}/" in shown for group in GROUPS for address in group.addresses())

    def stop(self, how, pause):
        """After a pause in seconds. ({group: margin}, ms until the new one had answered every kind of question) or None: not ready, or never taken
        over. Ends when the kernel has removed what the old one left."""
        self.prober.forget()
        if not self.ready():
            return None
        time.sleep(pause)
        begun = time.monotonic_ns()
        how(self.daemons[self.old])
        answered = self.answered(begun)
        took = time.monotonic_ns() - begun
        gone = until(lambda: self.lists_none(self.old), 4, 0.1)
        time.sleep(0.1)
        if not answered or not gone:
            return None
        return {group: self.margin(group, begun) for group in GROUPS}, ms(took)

    def silences(self, group, node, since):
        """The longest one of each kind of answer from then to now, in ms."""
        now, told = time.monotonic_ns(), {}
        for kind in KINDS[group.family]:
            times = [since, *self.prober.of(group, node, (kind,), since), now]
            told[kind] = ms(max(y - x for x, y in zip(times, times[1:])))
        return told

    def last_word(self, group, node, since):
        """ms after `since`; 0: nothing was heard."""
        return ms(max(self.prober.of(group, node, CLAIMS[group.family], since), default=since) - since)

    def swap(self):
        self.old, self.new = self.new, self.old


def overlaps(node):
    """What `status` tells of FenceOverlap on a node: {group: how long}; None: it does not tell of all groups."""
    shown = subprocess.run(f"ip netns exec {namespace(node)} {BUILD}/node/fairlead-node status -o json".split(), text=True, stdout=subprocess.PIPE).stdout
    groups = json.loads(shown)["groups"] if shown else []
    told = {group["name"]: problem["message"] for group in groups for problem in group["problems"] if problem["type"] == "FenceOverlap"}
    return told if len(groups) == len(GROUPS) else None
