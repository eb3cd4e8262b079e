"""For health_test.py: a node and a machine of real servers as namespaces, servers that come and go, and the node's checks."""
import os
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from labkit.namespaces import inside  # noqa: E402

BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
NODE, SERVERS = "fairlead-hn", "fairlead-hs"
OWN, SECOND, SIX = "198.51.100.1", "198.51.100.2", "2001:db8:64::1"
FOUR_SERVER, SIX_SERVER, NOBODY = "198.51.100.11", "2001:db8:64::11", "198.51.100.99"


def sh(command, check=True):
    done = subprocess.run(command.split(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}")
    return done.stdout


def remove():
    there = sh("ip netns list").split()
    for name in (NODE, SERVERS):
        if name in there:
            sh("ip netns del " + name)


def build():
    remove()
    for name in (NODE, SERVERS):
        sh("ip netns add " + name)
        sh(f"ip -n {name} link set lo up")
    sh(f"ip -n {NODE} link add eth0 type veth peer name eth0 netns {SERVERS}")
    for name, addresses in ((NODE, (OWN + "/24", SECOND + "/24", SIX + "/64")),
                            (SERVERS, (FOUR_SERVER + "/24", SIX_SERVER + "/64"))):
        for address in addresses:
            sh(f"ip -n {name} addr add {address} dev eth0" + (" nodad" if ":" in address else ""))
        sh(f"ip -n {name} link set eth0 up")
    sh(f"ip netns exec {SERVERS} nft add table inet t")
    sh(f"ip netns exec {SERVERS} nft add chain inet t in {{ type filter hook input priority 0 ; }}")


class Server:
    """Listens, and keeps what its clients did: (address, what recv said)."""

    def __init__(self, address, port):
        self.seen = []
        self.where = (address, port)
        self.listener = None
        self.listen()

    def listen(self):
        def work():
            made = socket.create_server(self.where, family=socket.AF_INET6 if ":" in self.where[0] else socket.AF_INET,
                                        backlog=64)
            made.settimeout(0.1)
            return made
        self.listener = inside(SERVERS, work)
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    def serve(self, listener):
        while True:
            try:
                one, peer = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with one:
                one.settimeout(5)
                try:
                    said = repr(one.recv(100))
                except OSError as error:
                    said = type(error).__name__
                self.seen.append((peer[0], said))

    def stop(self):
        self.listener.close()


def silence(port):
    """Drops what comes for that port, without a word, until the returned function is called."""
    sh(f"ip netns exec {SERVERS} nft add rule inet t in tcp dport {port} drop")
    return lambda: sh(f"ip netns exec {SERVERS} nft flush chain inet t in")


class Checker:
    def __init__(self, interval, timeout, retries, delay, *words, descriptors=0):
        self.worst = interval + timeout + retries * (delay + timeout)
        lower = ["--descriptors", str(descriptors)] if descriptors else []
        self.process = subprocess.Popen(["ip", "netns", "exec", NODE, BUILD + "/support/checker", *lower] +
                                        [str(x) for x in (interval, timeout, retries, delay)] + list(words), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.begun = time.monotonic()
        self.changes, self.metrics, self.log = [], None, []
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.read_log, daemon=True).start()

    def read(self):
        metrics = None
        for line in self.process.stdout:
            with self.news:
                if line == "metrics\n":
                    metrics = []
                elif line == "end of metrics\n":
                    self.metrics, metrics = metrics, None
                elif metrics is not None:
                    metrics.append(line)
                else:
                    when, endpoint, verdict, error = line.rstrip().split(" ", 3)
                    self.changes.append((float(when), endpoint, verdict, error))
                self.news.notify_all()

    def read_log(self):
        for line in self.process.stderr:
            with self.news:
                self.log.append(line)
                self.news.notify_all()

    def wait(self, endpoint, verdict, since, seconds):
        """The first change of endpoint to verdict after `since`, (seconds after it, its error); or (None, "")."""
        def found():
            return next((c for c in self.changes if c[0] >= since and c[1] == endpoint and c[2] == verdict), None)
        with self.news:
            self.news.wait_for(found, seconds)
            change = found()
        return (change[0] - since, change[3]) if change else (None, "")

    def of(self, endpoint, verdict):
        with self.news:
            return [c for c in self.changes if c[1] == endpoint and c[2] == verdict]

    def logged(self, event):
        with self.news:
            return [line for line in self.log if f" {event} " in line]

    def metric(self, name):
        with self.news:
            self.metrics = None
        self.process.stdin.write("metrics\n")
        self.process.stdin.flush()
        with self.news:
            self.news.wait_for(lambda: self.metrics is not None, 10)
            return sum(float(line.split()[-1]) for line in self.metrics or () if line.startswith(name))

    def end(self):
        self.process.stdin.close()
        try:
            return self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
