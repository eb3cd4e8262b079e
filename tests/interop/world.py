"""Where the interop tests play: namespaces of their own, the programs in them, and netwatch over all of it.

 Segment   a bridge in fairlead-<tag>-sw and a port eth1 in fairlead-<tag>-<node> for each node
 Cables    fairlead-<tag> and fairlead-<tag>-far, joined by many cables of their own: e1, e2, ... at both ends
"""
import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from labkit.cases import Cases  # noqa: E402, F401: the tests take it from here
BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
LONG = os.environ.get("FAIRLEAD_LONG") == "1"
PREFIX = "fairlead-interop-"
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
HOME = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def batch(namespace, lines):
    """Many `ip` commands in one process."""
    command = ["ip"] + (["-n", namespace] if namespace else []) + ["-batch", "-"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout.strip()}")


def ip(namespace, words):
    batch(namespace, [words])


@contextlib.contextmanager
def inside(namespace):
    """The calling thread is in the namespace meanwhile."""
    with open("/run/netns/" + namespace) as file:
        if LIBC.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + namespace)
    try:
        yield
    finally:
        if LIBC.setns(HOME, CLONE_NEWNET):
            os._exit(3)


def packet_socket(namespace):
    """A packet socket of that namespace that receives nothing: for sending, to (interface, 0)."""
    with inside(namespace):
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)


def set_sysctls(namespace, values):
    with inside(namespace):
        for name, value in values.items():
            with open("/proc/sys/" + name, "w") as file:
                file.write(str(value))


def existing():
    listed = subprocess.run(["ip", "netns", "list"], text=True, stdout=subprocess.PIPE, check=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line.startswith(PREFIX)}


def remove(names):
    there = existing()
    gone = [n for n in names if n in there]
    if gone:
        batch(None, [f"netns del {n}" for n in gone])


class Program:
    """A program in a namespace, its output in a file. Ended by its own process id."""

    def __init__(self, namespace, command, log):
        self.log = log
        with open(log, "ab") as out, inside(namespace):
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                          start_new_session=True)

    def running(self):
        return self.child.poll() is None

    def signal(self, number):
        if self.running():
            self.child.send_signal(number)

    def end(self, number, seconds=10):
        self.signal(number)
        if number != signal.SIGKILL:
            self.signal(signal.SIGCONT)
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(seconds)
        return self.child.returncode

    def end_whole(self):
        """With its children, which a story may have left frozen. Of one that was waited for the number may be somebody else's."""
        if self.child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
        self.end(signal.SIGKILL)

    def text(self):
        with open(self.log, errors="replace") as file:
            return file.read()


def wait_for(question, seconds, every=0.02):
    """What the question answers once it is true, or its last answer."""
    limit = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > limit:
            return answer
        time.sleep(every)


def memory():
    """A folder in memory with a GiB left, or None: whoever prints to a file on a disk waits for the disk now and then."""
    try:
        there = os.statvfs("/dev/shm")
    except OSError:
        return None
    return "/dev/shm" if there.f_bavail * there.f_frsize > 1 << 30 and os.access("/dev/shm", os.W_OK) else None


class World:
    """Everything of one test script: folder, namespaces, programs, netwatch. Gone at the end, whatever happens."""

    def __init__(self, name):
        self.name, self.namespaces, self.programs, self.closed = name, [], [], False
        self.lock = threading.Lock()

    def __enter__(self):
        # The names of the namespaces are fixed: a second run waits for the first.
        self.guard = open(f"/run/fairlead-interop-{self.name}.lock", "w")
        fcntl.flock(self.guard, fcntl.LOCK_EX)
        remove([n for n in existing() if n.startswith(PREFIX + self.name)])
        self.folder = tempfile.mkdtemp(prefix=f"fairlead-interop-{self.name}-", dir=memory())
        # FRR's daemons run as a user of their own and find their files by path.
        os.chmod(self.folder, 0o755)
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            program.end_whole()
        remove(self.namespaces)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.guard.close()

    def namespace(self, tag):
        full = f"{PREFIX}{self.name}-{tag}"
        with self.lock:
            self.namespaces.append(full)
        batch(None, [f"netns add {full}"])
        # Addresses are usable at once, and nobody answers for an address of another interface.
        set_sysctls(full, {"net/ipv6/conf/default/accept_dad": 0, "net/ipv6/conf/all/accept_dad": 0,
                           "net/ipv6/conf/default/accept_ra": 0, "net/ipv4/conf/default/rp_filter": 0,
                           "net/ipv4/conf/all/rp_filter": 0})
        ip(full, "link set lo up")
        return full

    def spawn(self, namespace, command, log):
        program = Program(namespace, command, f"{self.folder}/{log}")
        with self.lock:
            self.programs.append(program)
        return program

    def mark(self):
        return time.monotonic_ns()


class Segment:
    """Nodes on one bridge. Node number i (from 1) is 192.0.2.i and fe80::i."""

    def __init__(self, world, tag, nodes):
        self.world, self.tag, self.nodes = world, tag, list(nodes)
        self.switch = world.namespace(tag + "-sw")
        self.of = {}
        batch(self.switch, ["link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up"])
        for node in self.nodes:
            self.of[node] = world.namespace(f"{tag}-{node}")
        for node in self.nodes:
            self.plug(node)

    def plug(self, node):
        """The node's port is made, with its addresses."""
        number = self.nodes.index(node) + 1
        batch(self.switch, [f"link add to-{node} type veth peer name eth1 netns {self.of[node]}",
                            f"link set to-{node} master br0 up"])
        batch(self.of[node], [f"link set eth1 address 02:00:00:00:00:{number:02x} addrgenmode none",
                              f"address add 192.0.2.{number}/24 dev eth1", "link set eth1 up",
                              f"address add fe80::{number}/64 dev eth1 nodad"])

    def unplug(self, node):
        """The node's port is no more."""
        ip(self.of[node], "link delete eth1")

    def address(self, node, family=4):
        number = self.nodes.index(node) + 1
        return f"192.0.2.{number}" if family == 4 else f"fe80::{number}"

    def detach(self, node):
        ip(self.switch, f"link set to-{node} nomaster")

    def attach(self, node):
        ip(self.switch, f"link set to-{node} master br0")

    def carrier(self, node, up):
        ip(self.switch, f"link set to-{node} {'up' if up else 'down'}")


class Cables:
    """Two namespaces joined by `count` cables. Ends of cable n: 198.18.n.1 and fe80:n::1 near, .2 and ::2 far."""

    def __init__(self, world, tag, count):
        self.near, self.far = world.namespace(tag), world.namespace(tag + "-far")
        batch(self.near, [f"link add e{n} type veth peer name e{n} netns {self.far}" for n in range(1, count + 1)])
        for namespace, host in ((self.near, 1), (self.far, 2)):
            batch(namespace, [line for n in range(1, count + 1) for line in (
                f"link set e{n} address {self.mac(n, host).hex(':')} addrgenmode none",
                f"address add 198.18.{n}.{host}/24 dev e{n}", f"link set e{n} up",
                f"address add fe80::{n:x}:{host}/64 dev e{n} nodad")])

    @staticmethod
    def mac(number, host):
        return bytes((2, 0, 0, 0, number, host))


class Watch:
    """netwatch over some namespaces; a + asks for the frames that arrive there, too."""

    def __init__(self, world, name, places):
        self.path, self.seen, self.offset = f"{world.folder}/{name}.jsonl", [], 0
        self.lock = threading.Lock()
        self.program = Program(places[0].lstrip("+"), [BUILD + "/support/netwatch", self.path, *places], self.path + ".log")
        world.programs.append(self.program)
        if not wait_for(lambda: any(e["ev"] == "ready" for e in self.events()), 20):
            raise RuntimeError("netwatch is not ready: " + self.program.text())

    def events(self):
        """All events so far, each with its place `n` in netwatch's order."""
        with self.lock:
            if os.path.exists(self.path):
                with open(self.path, "rb") as file:
                    file.seek(self.offset)
                    block = file.read()
                whole = block[:block.rfind(b"\n") + 1]
                self.offset += len(whole)
                self.seen += [json.loads(line) | {"n": n} for n, line in enumerate(whole.splitlines(), len(self.seen))]
            return list(self.seen)

    def end(self):
        """Ends it; what it missed."""
        self.program.end(signal.SIGTERM)
        return [e for e in self.events() if e["ev"] == "lost"]
