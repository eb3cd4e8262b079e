"""What static_test.py works with: one node with a cable to the next namespace, the daemon that runs on files there, and netwatch
at both ends."""
import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
NODE, FAR = "fairlead-static-node", "fairlead-static-far"
# A kubeconfig of an API server that is not there.
NOBODY = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
          "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority": "/none"}}],
          "users": [{"name": "u", "user": {"token": "none"}}]}


def run(command, check=True):
    return subprocess.run(command.split(), check=check, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def remove():
    there = run("ip netns list").split()
    for name in (NODE, FAR):
        if name in there:
            run(f"ip netns del {name}")


def build():
    remove()
    for name in (NODE, FAR):
        run(f"ip netns add {name}")
        run(f"ip -n {name} link set lo up")
    run(f"ip -n {NODE} link add eth1 type veth peer name eth1 netns {FAR}")
    for name, address in ((NODE, "192.0.2.11"), (FAR, "192.0.2.12")):
        run(f"ip -n {name} address add {address}/24 dev eth1")
        run(f"ip -n {name} link set eth1 up")


def until(what, seconds=5.0, every=0.02):
    """The first true answer of `what`, or the last one after that time."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(every)


def group(name, vrid, addresses, **more):
    """A VRRPGroup of the node `lb1` as a person would write it, Delegate."""
    lines = ["apiVersion: fairlead.dev/v1alpha1", "kind: VRRPGroup", "metadata:", f"  name: {name}", "spec:", "  family: IPv4",
             f"  virtualRouterID: {vrid}", "  interface: eth1", "  advertIntervalMs: 250", "  addresses:"]
    lines += [f"  - {{address: {a}, forwarding: Delegate}}" for a in addresses]
    lines += ["  members:", f"  - {{node: lb1, priority: {more.pop('priority', 200)}}}", "  - {node: lb2, priority: 150}"]
    lines += [f"  {key}: {value}" for key, value in more.items()]
    return "\n".join(lines) + "\n"


class Files:
    """The folder of manifests."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return f"{self.folder}/{name}"

    def write(self, name, *documents):
        """In place, as an editor or a shell does."""
        with open(self.path(name), "w") as file:
            file.write("---\n".join(documents))

    def rename_into_place(self, name, *documents):
        self.write("." + name, *documents)
        os.rename(self.path("." + name), self.path(name))

    def remove(self, name):
        os.unlink(self.path(name))

    def clear(self):
        for name in os.listdir(self.folder):
            os.unlink(self.path(name))


class Daemon:
    """fairlead-node on the node."""

    def __init__(self, folder, files):
        self.folder, self.files, self.child, self.starts = folder, files, None, 0

    def start(self, *options, before=(), api=False):
        self.starts += 1
        self.log = f"{self.folder}/log-{self.starts}"
        words = ["--kubeconfig", self.folder + "/kubeconfig"] if api else ["--no-api"]
        if api:
            with open(self.folder + "/kubeconfig", "w") as file:
                json.dump(NOBODY, file)
        command = ["ip", "netns", "exec", NODE, *before, BUILD + "/node/fairlead-node", "--node-name", "lb1", "--static", self.files.folder,
                   "--state-dir", self.folder + "/state", *words, *options]
        os.makedirs(self.folder + "/state", mode=0o700, exist_ok=True)
        with open(self.log, "w") as log:
            self.child = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: "node.started" in self.text(), 10)
        return self

    def end(self, number=signal.SIGTERM):
        if self.child and self.child.poll() is None:
            self.child.send_signal(number)
            return self.child.wait(20)
        return self.child.returncode if self.child else None

    def text(self):
        with open(self.log) as file:
            return file.read()

    def events(self, name):
        return [line for line in self.text().splitlines() if f" {name} " in line]

    def orders(self):
        return len(self.events("plan.ordered"))

    def status(self, *words):
        """(exit code, output) of fairlead-node status"""
        done = subprocess.run(["ip", "netns", "exec", NODE, BUILD + "/node/fairlead-node", "status", *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def state(self):
        code, text = self.status("-o", "json")
        return json.loads(text) if code == 0 else {"groups": [], "files": [], "problems": [text]}

    def group(self, name):
        return next((g for g in self.state()["groups"] if g["name"] == name), {"state": "none", "problems": []})

    def file(self, name):
        return next((f for f in self.state()["files"] if f["name"] == name), {"state": "none", "problems": []})

    def metrics(self):
        return run(f"ip netns exec {NODE} curl -s 127.0.0.1:9473/metrics")

    def threads(self):
        """name -> id in the system"""
        out = {}
        for task in os.listdir(f"/proc/{self.child.pid}/task"):
            with open(f"/proc/{self.child.pid}/task/{task}/comm") as file:
                out[file.read().strip()] = int(task)
        return out

    def write_checkpoint(self, groups):
        """As an earlier run with an API server left it."""
        payload = json.dumps({"node": "lb1", "nodeUID": "", "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                              "groups": groups, "sets": [], "ownedAddresses": [], "ownedServices": []})
        path = self.folder + "/state/checkpoint.json"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write('{"version":1,"sha256":"%s","payload":%s}\n' % (hashlib.sha256(payload.encode()).hexdigest(), payload))


def addresses():
    """What the node's interface has besides its own."""
    links = json.loads(run(f"ip -n {NODE} -4 -j address show dev eth1"))
    return sorted(a["local"] for a in links[0]["addr_info"] if a["local"] != "192.0.2.11")


class Watch:
    """netwatch: addresses of the node, frames at the far end of its cable; or of other namespaces."""

    def __init__(self, folder, *namespaces):
        self.file = folder + "/netwatch"
        open(self.file, "w").close()
        self.child = subprocess.Popen([BUILD + "/support/netwatch", self.file, *(namespaces or (NODE, "+" + FAR))])
        if not until(lambda: '"ready"' in self.text()):
            raise RuntimeError("netwatch does not begin")

    def text(self):
        with open(self.file) as file:
            return file.read()

    def events(self, kind, since=0, **wanted):
        """Those of a kind, since a time (CLOCK_MONOTONIC, ns), that have these values."""
        told = [json.loads(line) for line in self.text().splitlines() if line.endswith("}")]
        if any(e["ev"] == "lost" for e in told):
            raise RuntimeError("netwatch missed something: the measurement is void")
        return [e for e in told if e["ev"] == kind and e["t"] >= since and all(e.get(k) == v for k, v in wanted.items())]

    def adverts(self, vrid, since=0):
        return self.events("vrrp", since, vrid=vrid)

    def longest_pause(self, vrid, since):
        """Milliseconds between two adverts, at most."""
        times = [e["t"] for e in self.adverts(vrid, since)]
        return max(((b - a) / 1e6 for a, b in zip(times, times[1:])), default=None)

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(10)


CALL = re.compile(r"^(?:\d+ +)?(\w+)\(")


@contextlib.contextmanager
def traced(thread, path, *options):
    """strace writes the system calls of that thread into the file."""
    child = subprocess.Popen(["strace", "-qq", *options, "-p", str(thread), "-o", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def tracer():
        with open(f"/proc/{thread}/status") as file:
            return int(re.search(r"^TracerPid:\s+(\d+)", file.read(), re.MULTILINE)[1])
    if not until(tracer):
        raise RuntimeError(f"strace does not begin: {child.communicate(timeout=5)[0]}")
    try:
        yield
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(10)


def calls(path):
    """name -> how often"""
    out = {}
    with open(path, errors="replace") as file:
        for line in file:
            found = CALL.match(line)
            if found:
                out[found[1]] = out.get(found[1], 0) + 1
    return out
