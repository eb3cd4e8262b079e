#!/usr/bin/python3
"""One fairlead-node in a network namespace (D-4), whatever its folder and ports; and its end, whatever hangs (hand_over)."""
import contextlib
import fcntl
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
from twonodes_daemons import API, hung, thread_of, until  # noqa: E402

NODE = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release") + "/node/fairlead-node"
SPACES = ("fairlead-alone-1", "fairlead-alone-2")
OTHER_PORTS = "--metrics-address 127.0.0.1:19473 --health-address 127.0.0.1:19475"


def command(space, words):
    return f"ip netns exec {SPACES[space]} {NODE} {words}".split()


class Daemon:
    def __init__(self, space, folder, options="", limit=""):
        os.makedirs(folder, exist_ok=True)
        self.state = folder + "/state"
        with open(folder + "/kubeconfig", "w") as file:
            json.dump(API, file)
        self.log = folder + "/log"
        words = command(space, f"--node-name a --state-dir {self.state} --kubeconfig {folder}/kubeconfig {options}")
        with open(self.log, "w") as log:
            self.child = subprocess.Popen(words[:4] + limit.split() + words[4:], stdout=log, stderr=log)

    def said(self):
        with open(self.log) as file:
            return file.read()

    def runs(self):
        return until(lambda: " node.started " in self.said(), 10)

    def end(self, seconds=20):
        """Its exit code after SIGTERM; None: it goes on, and is killed."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            return None


def alone(cases, folder):
    first = Daemon(0, folder + "/first")
    cases.check("the first one runs", first.runs(), first.said())
    second = Daemon(0, folder + "/second", OTHER_PORTS)
    code = second.child.wait(10) if until(lambda: second.child.poll() is not None, 10) else second.end()
    cases.check("a second one in its namespace, with a folder and ports of its own: exit 2, and told why",
                code == 2 and "stop the fairlead-node that works in this network namespace" in second.said(), (code, second.said()))
    cleaned = subprocess.run(command(0, f"cleanup --state-dir {folder}/none"), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    cases.check("cleanup beside it, with another folder: exit 2", cleaned.returncode == 2 and "stop it first" in cleaned.stdout, cleaned.stdout)
    elsewhere = Daemon(1, folder + "/elsewhere")
    cases.check("in another namespace there may be one", elsewhere.runs(), elsewhere.said())
    cases.check("it ends", elsewhere.end() == 0)
    first.child.kill()
    first.child.wait()
    second = Daemon(0, folder + "/second", OTHER_PORTS)
    cases.check("once the first one is killed the second one runs", second.runs(), second.said())
    cases.check("and ends", second.end() == 0)


def ends(cases, folder, name):
    daemon = Daemon(0, f"{folder}/{name}")
    daemon.runs()
    time.sleep(0.3)
    with hung(thread_of(daemon.child.pid, name)):
        begun = time.monotonic()
        daemon.child.send_signal(signal.SIGTERM)
        # While one of its threads is held from outside it cannot be waited for: it stays a zombie.
        ended = until(lambda: "zombie" in status(daemon.child.pid), 30)
        took = round(time.monotonic() - begun, 1)
    code = daemon.child.wait(10) if ended else None
    cases.check(f"SIGTERM while the {name} thread hangs: the process ends all the same, and says so",
                ended and code == 1 and " node.ended_hanging" in daemon.said(), (code, took, daemon.said()[-600:]))
    daemon.end()


def status(process):
    with open(f"/proc/{process}/status") as file:
        return file.read()


def limits(cases, folder):
    """Too few descriptors: the daemon ends with a sentence, and not by a signal."""
    for most in (6, 8, 10, 12, 16, 20, 24):
        daemon = Daemon(0, f"{folder}/files{most}", limit=f"prlimit --nofile={most}:{most}")
        until(lambda: daemon.child.poll() is not None, 5)
        code, said = daemon.end(), daemon.said()
        cases.check(f"{most} descriptors: exit 1, and told that they are too few", code == 1 and any(
            word in said for word in ("Too many open files", "EMFILE")) and "terminate called" not in said, (code, said[-300:]))


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("all", "needs root, for namespaces")
        cases.finish()
    with contextlib.ExitStack() as stack:
        fcntl.flock(stack.enter_context(open("/run/fairlead-alone-test.lock", "w")), fcntl.LOCK_EX)
        for name in SPACES:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
            subprocess.run(["ip", "netns", "add", name], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "del", name], check=False)
            subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-alone-"))
        alone(cases, folder)
        for name in ("vrrp", "forwarding", "api"):
            ends(cases, folder, name)
        limits(cases, folder)
    cases.finish()


if __name__ == "__main__":
    main()
