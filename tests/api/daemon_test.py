#!/usr/bin/python3
"""What surrounds a daemon may be gone, closed or stand still: whoever reads its log, its standard descriptors, and who sends it signals
that mean nothing to it. Both of ours, the controller against a server of the script's own, the node in a namespace without links."""
import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import tempfile
import time

import apiserver
import controller_process
from fake_api_server import Certificates, Server, status
from patience import SLOW, until

NODE = os.environ["FAIRLEAD_BUILD"] + "/node/fairlead-node"
LISTS = {"virtualips": "VirtualIP", "addresspools": "AddressPool", "vrrpgroups": "VRRPGroup", "realserversets": "RealServerSet",
         "nodereports": "NodeReport", "nodes": "Node", "services": "Service", "endpointslices": "EndpointSlice",
         "addressclaims": "AddressClaim", "namespaces": "Namespace"}
STRAY = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE)
CLOSED = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")


def nothing_there(asked):
    """A server that has every kind, and no object but the Lease."""
    name = asked.path.partition("?")[0].rsplit("/", 1)[1]
    if "/leases" in asked.path:
        if asked.command != "GET":
            asked.server.lease = json.loads(asked.body)
            asked.server.lease["metadata"]["resourceVersion"] = str(len(asked.server.asked))
        lease = getattr(asked.server, "lease", None)
        return asked.answer(200, lease) if lease else asked.answer(404, status(404, "NotFound"))
    if asked.watches:
        asked.stream()
        return asked.hold(120)
    if name in LISTS:
        return asked.answer(200, {"kind": LISTS[name] + "List", "items": [], "metadata": {"resourceVersion": "1"}})
    return asked.answer(404, status(404, "NotFound"))


class Daemon:
    """Its words, and where it tells that it is ready. `prefix` starts it, `output` is what it writes to."""

    def __init__(self, words, health, prefix=(), output=subprocess.DEVNULL, ask=()):
        self._health, self._ask = health, ask
        self.process = subprocess.Popen([*prefix, *words], stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def ready(self):
        return self._answers("/readyz")

    def _answers(self, path):
        return subprocess.run([*self._ask, "curl", "-sf", "-m", "2", f"http://127.0.0.1:{self._health}{path}"],
                              stdout=subprocess.DEVNULL).returncode == 0

    def lives(self):
        return self.process.poll() is None and self._answers("/healthz")

    def descriptors(self):
        return [os.readlink(f"/proc/{self.process.pid}/fd/{number}") for number in (0, 1, 2)]

    def end(self):
        """(exit code, seconds); None: it did not end"""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10 * SLOW), time.monotonic() - begun
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait() and None, time.monotonic() - begun


@contextlib.contextmanager
def controllers(folder):
    certificates = Certificates(folder)
    certificates.make("good", "kube-apiserver", "IP:127.0.0.1")
    with Server(certificates, "good", nothing_there) as server:
        config = server.kubeconfig({"token": "t"})

        def start(**more):
            health = controller_process.free_port()
            return Daemon([controller_process.BINARY, "--kubeconfig", config, "--log-level", "debug", "--health-address", f"127.0.0.1:{health}",
                           "--metrics-address", f"127.0.0.1:{controller_process.free_port()}"], health, **more)
        yield start


@contextlib.contextmanager
def nodes(folder):
    os.mkdir(folder + "/files")
    os.mkdir(folder + "/state", 0o700)
    keeper = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep 600"], stdout=subprocess.PIPE, text=True)
    keeper.stdout.readline()
    inside = ("nsenter", f"--net=/proc/{keeper.pid}/ns/net")

    def start(prefix=(), **more):
        words = [NODE, "--node-name", "a", "--no-api", "--static", folder + "/files", "--state-dir", folder + "/state", "--log-level", "debug"]
        return Daemon(words, 9475, prefix=(*inside, *prefix), ask=inside, **more)
    try:
        yield start
    finally:
        keeper.kill()
        keeper.wait()


@contextlib.contextmanager
def pipe(full):
    """What a daemon writes to; the other end is there, and nobody reads."""
    out, into = os.pipe()
    if full:
        os.set_blocking(into, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(into, b"x" * 4096)
        os.set_blocking(into, True)
    with open(out, "rb") as reader, open(into, "wb") as writer:
        yield reader, writer


def nobody_reads(add, start):
    with pipe(full=True) as (_, writer):
        daemon = start(output=writer)
        add("its log is not read: it gets ready, and lives", until(daemon.ready, 20) and daemon.lives())
        code, took = daemon.end()
        add("and ends when it is told to, with all it does then", code == 0 and took < 5 * SLOW, f"{code} {took}")


def reader_goes(add, start):
    with pipe(full=False) as (reader, writer):
        daemon = start(output=writer)
        begun = until(daemon.ready, 20)
        reader.close()
        for number in STRAY[:-1]:
            daemon.process.send_signal(number)
        time.sleep(4)  # the controller renews its Lease twice, each with lines
        add("whoever reads its log goes: it lives", begun and daemon.lives(), daemon.process.poll())
        add("and ends well", daemon.end()[0] == 0)


def nothing_is_open(add, start):
    daemon = start(prefix=CLOSED)
    begun = until(daemon.ready, 20)
    add("started without standard descriptors it has none of its own in their place", begun and daemon.descriptors() == ["/dev/null"] * 3,
        daemon.descriptors())
    add("and ends well so", daemon.end()[0] == 0)


def stray_signals(add, start):
    daemon = start()
    begun = until(daemon.ready, 20)
    for number in STRAY:
        daemon.process.send_signal(number)
    time.sleep(1)
    add("signals that mean nothing to it do nothing", begun and daemon.lives(), daemon.process.poll())
    add("one that ends it still does", daemon.end()[0] == 0)


def no_descriptors(add, start):
    with tempfile.TemporaryFile() as log:
        daemon = start(prefix=("sh", "-c", 'ulimit -n 8; exec "$@"', "sh"), output=log)
        code = daemon.process.wait(20 * SLOW)
        log.seek(0)
        said = log.read().decode()
        add("given too few descriptors it says so in a sentence", code in (1, 2) and re.search(r"(?m)^fairlead-\w+: .*([Tt]oo many open files|EMFILE)", said),
            f"{code} {said}")


def main():
    verdicts = apiserver.Verdicts()
    for name, world in (("controller", controllers), ("node", nodes)):
        with tempfile.TemporaryDirectory(prefix="fairlead-daemon-") as folder, world(folder) as start:
            for part in (nobody_reads, reader_goes, nothing_is_open, stray_signals, no_descriptors):
                part(lambda what, ok, detail="", n=name: verdicts.add(f"{n}: {what}", ok, str(detail)), start)
    verdicts.end()


main()
