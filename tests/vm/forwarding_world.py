"""For forwarding_test.py, and in part for direct_test.py, forwarding6_test.py, traffic_test.py and clients_test.py: client, node and two real servers as namespaces, the forwarding thread in one, and what the kernel has."""
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
CLIENT, NODE, REALS, EMPTY = "fairlead-fc", "fairlead-fn", ("fairlead-fr1", "fairlead-fr2"), "fairlead-fe"
VIP, VIP2, FOREIGN = "192.0.2.100", "192.0.2.101", "192.0.2.200"


def sh(command, check=True):
    done = subprocess.run(command.split(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}")
    return done.stdout


def node(command, check=True):
    return sh(f"ip netns exec {NODE} {command}", check)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(namespace, address, port, answer):
    """A TCP server for the rest of the run; answer(peer) makes the bytes."""
    def listen():
        made = socket.socket(family_of(address))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(64)
        return made

    listener = inside(namespace, listen)

    def loop():
        while True:
            with listener.accept()[0] as one:
                one.sendall(answer(one.getpeername()))

    threading.Thread(target=loop, daemon=True).start()


def connect(address, port, seconds=3, client=CLIENT):
    """What a client gets: (the answer, its own port), or the name of the error."""
    def work():
        try:
            with socket.create_connection((address, port), seconds) as one:
                own = one.getsockname()[1]
                return one.makefile().read(), own
        except OSError as error:
            return type(error).__name__, 0

    return inside(client, work)


def udp_answer(address, port, client=CLIENT):
    def work():
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as one:
            one.settimeout(1)
            one.sendto(b"?", (address, port))
            try:
                return one.recv(100).decode()
            except OSError as error:
                return type(error).__name__

    return inside(client, work)


def until(question, seconds, pause=0.02):
    """The seconds until question() was true, or None; asked again after `pause` seconds."""
    begun = time.monotonic()
    while not question():
        if time.monotonic() - begun > seconds:
            return None
        time.sleep(pause)
    return time.monotonic() - begun


class Forwarder:
    def __init__(self, namespace):
        self.process = subprocess.Popen(["ip", "netns", "exec", namespace, BUILD + "/support/forwarder"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr)
        self.lines, self.last, self.news = [], {}, threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip())
                if line.startswith("report "):
                    self.last = dict(word.split("=", 1) for word in line.split()[1:])
                self.news.notify_all()

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def wait(self, question, seconds):
        """The report for which question(report) holds, or {}."""
        with self.news:
            return dict(self.last) if self.news.wait_for(lambda: self.last and question(self.last), seconds) else {}

    def order(self, sequence, text, seconds=20):
        self.say(f"order {sequence} {text}")
        return self.wait(lambda r: r["sequence"] == str(sequence), seconds)

    def metric(self, name):
        with self.news:
            del self.lines[:]
        self.say("metrics")
        with self.news:
            self.news.wait_for(lambda: "end of metrics" in self.lines, 10)
            found = [line for line in self.lines if line.startswith(name)]
        return sum(float(line.split()[-1]) for line in found)

    def end(self):
        self.process.kill()
        self.process.wait()


def remove():
    there = sh("ip netns list").split()
    for name in (CLIENT, NODE, EMPTY) + REALS:
        if name in there:
            sh("ip netns del " + name)


def build():
    remove()
    for name in (CLIENT, NODE, EMPTY) + REALS:
        sh("ip netns add " + name)
        sh(f"ip -n {name} link set lo up")
    sh(f"ip -n {NODE} link add eth1 type veth peer name eth0 netns {CLIENT}")
    sh(f"ip -n {NODE} link add br0 type bridge")
    for i, real in enumerate(REALS, 1):
        sh(f"ip -n {NODE} link add r{i} type veth peer name eth0 netns {real}")
        sh(f"ip -n {NODE} link set r{i} master br0 up")
        sh(f"ip -n {real} addr add 10.0.0.{i}/24 dev eth0")
        sh(f"ip -n {real} link set eth0 up")
        sh(f"ip -n {real} route add default via 10.0.0.254")
    sh(f"ip -n {CLIENT} addr add 192.0.2.9/24 dev eth0")
    sh(f"ip -n {CLIENT} link set eth0 up")
    for address, device in (("192.0.2.1/24", "eth1"), (VIP + "/32", "eth1"), ("10.0.0.254/24", "br0")):
        sh(f"ip -n {NODE} addr add {address} dev {device}")
    sh(f"ip -n {NODE} link set eth1 up")
    sh(f"ip -n {NODE} link set br0 up")
    for i, real in enumerate(REALS, 1):
        serve(real, "0.0.0.0", 80, lambda peer, n=i: f"r{n} {peer[0]} {peer[1]}".encode())
    serve(NODE, "0.0.0.0", 22, lambda peer: b"host")


def table():
    """IPVS as ipvsadm saves it, sorted lines."""
    return sorted(node("ipvsadm -Sn").splitlines())


def service(vip, port=80):
    return [line for line in table() if f"-t {vip}:{port} " in line]


def guard():
    return node("nft list table inet fairlead", check=False)


def guarded(vip):
    return vip in guard()
