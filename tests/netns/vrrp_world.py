"""For vrrp_test.py: two vrrp threads on a bridge, the watch over both, and a third place that sends what it likes."""
import json
import os
import re
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
VIPS = ["203.0.113.100", "203.0.113.101"]
INTERVAL_MS = 250
GOOD = {"ttl": 255, "version": 3, "type": 1, "vrid": 51, "priority": 254, "count": 2, "interval": 25, "spoil": 0, "cut": None}


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
