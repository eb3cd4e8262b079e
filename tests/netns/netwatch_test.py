#!/usr/bin/python3
"""The order of netwatch's lines is the order of what happened, by which I-3 is judged: a removal that came before a frame stands
before it also where netwatch was stopped meanwhile and reads both late; a frame that came well before a removal stands before it."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from labkit.cases import Cases  # noqa: E402

BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")
NEAR, FAR = "fairlead-w1", "fairlead-w2"
ANNOUNCE = """
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth1", 0))
mac, ip = bytes.fromhex("020000000001"), bytes((203, 0, 113, 10))
s.send(b"\\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + ip + mac + ip)
"""


def run(command):
    subprocess.run(command.split(), check=True)


def build():
    remove()
    for name in (NEAR, FAR):
        run(f"ip netns add {name}")
    run(f"ip -n {NEAR} link add eth1 type veth peer name eth1 netns {FAR}")
    for name in (NEAR, FAR):
        run(f"ip -n {name} link set eth1 up")


def remove():
    there = subprocess.run(["ip", "netns", "list"], text=True, stdout=subprocess.PIPE, check=True).stdout.split()
    for name in (NEAR, FAR):
        if name in there:
            run(f"ip netns del {name}")


def hold():
    run(f"ip -n {NEAR} address add 203.0.113.10/32 dev eth1")


def release():
    run(f"ip -n {NEAR} address del 203.0.113.10/32 dev eth1")


def announce():
    subprocess.run(["ip", "netns", "exec", NEAR, sys.executable, "-c", ANNOUNCE], check=True)


class Watch:
    def __init__(self, path):
        self.path = path
        self.child = subprocess.Popen([BUILD + "/support/netwatch", path, NEAR, "+" + FAR])

    def lines(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            return [json.loads(x) for x in file.read().splitlines(keepends=True) if x.endswith("\n")]

    def wait(self, wanted, seconds=5):
        limit = time.monotonic() + seconds
        while not wanted(self.lines()):
            if time.monotonic() > limit:
                return False
            time.sleep(0.02)
        return True

    def told(self, since):
        """"del" and "arp", in the order of the lines."""
        return [e.get("op") if e["ev"] == "addr" else e["ev"] for e in self.lines()[since:]
                if e["ev"] == "arp" or (e["ev"] == "addr" and e["op"] == "del")]


def tell(cases, watch, what, acts, wanted, stopped):
    hold()
    watch.wait(lambda lines: any(e["ev"] == "addr" and e["op"] == "add" for e in lines[-2:]))
    since = len(watch.lines())
    if stopped:
        watch.child.send_signal(signal.SIGSTOP)
    for act in acts:
        act()
        time.sleep(0.05)
    if stopped:
        watch.child.send_signal(signal.SIGCONT)
    watch.wait(lambda _: len(watch.told(since)) == 2)
    cases.check(what, watch.told(since) == wanted, watch.told(since))
    return [e["t"] for e in watch.lines()[since:] if e["ev"] in ("addr", "arp")]


def main():
    cases = Cases()
    with tempfile.TemporaryDirectory() as folder:
        try:
            build()
            watch = Watch(folder + "/watch")
            cases.check("netwatch is ready", watch.wait(lambda lines: any(e["ev"] == "ready" for e in lines)))
            tell(cases, watch, "a removal and then a frame", (release, announce), ["del", "arp"], False)
            tell(cases, watch, "a frame and then a removal", (announce, release), ["arp", "del"], False)
            late = tell(cases, watch, "a removal and then a frame, both read late", (release, announce), ["del", "arp"], True)
            cases.check("though their times say otherwise", late[0] > late[1], late)
            watch.child.send_signal(signal.SIGTERM)
            watch.child.wait(5)
            cases.check("netwatch missed nothing", not [e for e in watch.lines() if e["ev"] == "lost"])
        finally:
            remove()
    cases.finish()


if __name__ == "__main__":
    main()
