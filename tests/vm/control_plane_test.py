#!/usr/bin/python3
"""The control-plane VIP of manifests/standalone/control-plane.yaml as it stands there: three machines cp1..cp3, each with an API
server (here: a TCP server that says its name) and fairlead-node on the manifest, no Kubernetes anywhere. A dead API server costs
nobody a connection once it was noticed, whoever is master; a dead machine costs the time of a failover. Runs as root in any
kernel with IPVS; where this one has none, it starts itself inside the virtual machine of tests/lab/vm. Issue C 1."""
import contextlib
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
from labkit.cases import Cases  # noqa: E402
from labkit.namespaces import inside  # noqa: E402

BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
VIP, PORT = "192.0.2.100", 6443
MACHINES = {"cp1": "192.0.2.11", "cp2": "192.0.2.12", "cp3": "192.0.2.13"}
CLIENT, SWITCH = "client", "switch"
NOTICED = 8  # s: the check every second, a time-out of 1 s, one try more after 1 s, and what an emulated machine takes


def sh(command, check=True):
    done = subprocess.run(command.split(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}")
    return done.stdout


def namespace(name):
    return f"fairlead-plane-{name}"


def remove():
    there = sh("ip netns list").split()
    for name in (*MACHINES, CLIENT, SWITCH):
        if namespace(name) in there:
            sh(f"ip netns del {namespace(name)}")


def build():
    remove()
    for name in (*MACHINES, CLIENT, SWITCH):
        sh(f"ip netns add {namespace(name)}")
        sh(f"ip -n {namespace(name)} link set lo up")
    sh(f"ip -n {namespace(SWITCH)} link add br0 type bridge mcast_snooping 0")
    sh(f"ip -n {namespace(SWITCH)} link set br0 up")
    for name, address in {**MACHINES, CLIENT: "192.0.2.50"}.items():
        sh(f"ip -n {namespace(name)} link add eth0 type veth peer name to-{name} netns {namespace(SWITCH)}")
        sh(f"ip -n {namespace(SWITCH)} link set to-{name} master br0 up")
        sh(f"ip -n {namespace(name)} address add {address}/24 dev eth0")
        sh(f"ip -n {namespace(name)} link set eth0 up")


def until(what, seconds):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def ask(name, seconds=2):
    """Which API server answers a client on that machine at the VIP, or the name of the error."""
    def work():
        try:
            with socket.create_connection((VIP, PORT), seconds) as one:
                one.settimeout(seconds)
                return one.makefile().read()
        except OSError as error:
            return type(error).__name__
    return inside(namespace(name), work)


class ApiServer:
    """Says its machine's name to everybody who connects."""

    def __init__(self, name):
        self.name, self.listener = name, None

    def start(self):
        def listen():
            made = socket.socket()
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("0.0.0.0", PORT))
            made.listen(256)
            return made
        self.listener = inside(namespace(self.name), listen)
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    def serve(self, listener):
        with contextlib.suppress(OSError):
            while True:
                with listener.accept()[0] as one:
                    one.sendall(self.name.encode())

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Node:
    def __init__(self, name, folder):
        self.name, self.folder, self.child = name, f"{folder}/{name}", None
        os.makedirs(self.folder + "/manifests")
        shutil.copy(TREE + "/manifests/standalone/control-plane.yaml", self.folder + "/manifests")

    def run(self, *words):
        return ["ip", "netns", "exec", namespace(self.name), BUILD + "/node/fairlead-node", *words]

    def start(self):
        done = subprocess.run(self.run("prepare-host"), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with open(self.folder + "/log", "a") as log:
            self.child = subprocess.Popen(self.run("--no-api", "--static", self.folder + "/manifests", "--node-name", self.name,
                                                   "--state-dir", self.folder + "/state"), stdout=log, stderr=log)
        return done

    def end(self, number=signal.SIGTERM):
        if self.child and self.child.poll() is None:
            self.child.send_signal(number)
            self.child.wait(30)

    def holds(self):
        return f"{VIP}/32" in sh(f"ip -n {namespace(self.name)} -4 address show dev eth0")

    def status(self):
        return subprocess.run(self.run("status"), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def tell(cases, folder):
    nodes = {name: Node(name, folder) for name in MACHINES}
    servers = {name: ApiServer(name) for name in MACHINES}
    holders = lambda: [name for name, node in nodes.items() if node.holds()]  # noqa: E731
    answers = lambda count=12: [ask(CLIENT) for _ in range(count)]  # noqa: E731
    try:
        for node in nodes.values():
            node.start()
        cases.check("before any API server: the strongest machine has the address", until(lambda: holders() == ["cp1"], 20),
                    (holders(), nodes["cp1"].status()))
        cases.check("and refuses connections at once", ask(CLIENT) == "ConnectionRefusedError", ask(CLIENT))
        servers["cp1"].start()
        cases.check("kubeadm init: the first API server is found and serves", until(lambda: ask(CLIENT) == "cp1", NOTICED), nodes["cp1"].status())
        cases.check("every connection comes to it", set(answers()) == {"cp1"})
        for name in ("cp2", "cp3"):
            servers[name].start()
        cases.check("kubeadm join: all three serve", until(lambda: set(answers(6)) == set(MACHINES), NOTICED), answers(6))
        for name in MACHINES:
            heard = {ask(name) for _ in range(6)}
            cases.check(f"{name} itself reaches them at the address", heard == set(MACHINES), heard)
        servers["cp1"].stop()
        noticed = until(lambda: set(answers(9)) == {"cp2", "cp3"}, NOTICED)
        cases.check("the master's own API server dies: after it was noticed no connection fails", noticed and
                    set(answers(30)) == {"cp2", "cp3"}, nodes["cp1"].status())
        cases.check("and the address stays", holders() == ["cp1"], holders())
        servers["cp1"].start()
        cases.check("it is back: it serves again", until(lambda: "cp1" in answers(9), NOTICED), nodes["cp1"].status())
        servers["cp3"].stop()
        noticed = until(lambda: set(answers(9)) == {"cp1", "cp2"}, NOTICED)
        cases.check("another one dies: the same", noticed and set(answers(30)) == {"cp1", "cp2"} and holders() == ["cp1"], holders())
        servers["cp3"].start()
        sh(f"ip -n {namespace(SWITCH)} link set to-cp1 down")
        cases.check("the master's machine is cut off: the next one has the address, and serves without it",
                    until(lambda: "cp2" in holders() and set(answers(9)) == {"cp2", "cp3"}, NOTICED + 5), (holders(), answers(9)))
        sh(f"ip -n {namespace(SWITCH)} link set to-cp1 up")
        cases.check("it is back: it reclaims", until(lambda: holders() == ["cp1"] and set(answers(9)) == set(MACHINES), 30), holders())
        nodes["cp1"].end()
        cases.check("its daemon is stopped: the next one serves", until(lambda: holders() == ["cp2"] and set(answers(9)) == set(MACHINES), 10),
                    (holders(), answers(9)))
    finally:
        for node in nodes.values():
            node.end()


def main():
    subprocess.run(["modprobe", "-a", "ip_vs", "veth", "bridge"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("CONTROL_PLANE_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(CONTROL_PLANE_INSIDE="1", FAIRLEAD_BUILD=BUILD)
        vm = TREE + "/tests/lab/vm/run"
        os.execv(vm, [vm, "--timeout", "600", "--env", "CONTROL_PLANE_INSIDE", "--env", "FAIRLEAD_BUILD", "--", os.path.abspath(__file__)])
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="fairlead-plane-") as folder:
        build()
        try:
            tell(cases, folder)
        finally:
            remove()
    cases.finish()


if __name__ == "__main__":
    main()
