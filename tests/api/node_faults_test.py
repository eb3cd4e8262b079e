#!/usr/bin/python3
"""The real fairlead-node whose API server is cut off in three ways (FN-12), for long (FN-16), whose history goes back (FC-11), and
what its probes say of that and of a loop that stands still (FN-32), and whose token and CA change. $FAIRLEAD_BUILD: the build. Needs root."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import apiserver
import node_rotation
from node_events_test import speak
from node_stall import stalled, threads
from node_world import NAMESPACE, VIP, Daemon, Link, World, delegate, must
from patience import until

LONG = bool(os.environ.get("FAIRLEAD_LONG"))
GONE_SECONDS = 900 if LONG else 100
NOTICED = 15 + 3 * 5 + 8  # the keepalive's (K-13), and what a busy machine adds
LONGEST_WAIT = 60  # 30 s, stretched up to twofold (K-18)
TABLE = "ip cutoff"
MORE = "192.0.2.101"
KNOCKS = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
    print(time.monotonic(), flush=True)
"""


class Cut:
    """The ways of FN-12, in the node's namespace."""

    def __init__(self, path):
        self.path = path

    def begin(self, way):
        if way == "half-open":
            self.path.relay().send_signal(signal.SIGSTOP)
            return
        verdict = "drop" if way == "drop" else "reject with tcp reset"
        must("ip", "netns", "exec", NAMESPACE, "nft", f"table {TABLE} {{ chain to {{ type filter hook output priority 0; "
             f"ip daddr 127.0.0.1 tcp dport {self.path.port} {verdict}; ip saddr 127.0.0.1 tcp sport {self.path.port} drop; }}; }}")

    def end(self, way):
        if way == "half-open":
            self.path.relay().send_signal(signal.SIGCONT)
            return
        must("ip", "netns", "exec", NAMESPACE, "nft", f"add table {TABLE}; delete table {TABLE}")


def cut_off(verdicts, world, link, daemon):
    """Nothing moves but what VRRP moves, and what was written meanwhile is done when it is back."""
    cut = Cut(world.path)
    for number, way in enumerate(("drop", "reject", "half-open"), 160):
        until(lambda: world.state("g") == "Master")
        name, address, lines = f"meanwhile-{way}", f"192.0.2.{number}", len(daemon.log())
        begun = time.monotonic()
        cut.begin(way)
        try:
            world.group(name, number, delegate(address))
            if way == "half-open":  # its peer's kernel answers keepalives; what finds out is a request
                speak(254, VIP)
            until(lambda: "api.unreachable" in daemon.log()[lines:], NOTICED)
            noticed = time.monotonic() - begun
            print(f"{way}: unreachable after {noticed:.1f} s", flush=True)
            verdicts.add(f"FN-12 {way}: noticed within {NOTICED} s (K-13)", "api.unreachable" in daemon.log()[lines:], daemon.log()[lines:][-1500:])
            verdicts.add(f"FN-12 {way}: Master, with the address, alive and ready", link.holds(VIP) and daemon.group("g").get("state") == "Master" and
                         daemon.health("/healthz") == 200 and daemon.health("/readyz") == 200, json.dumps(daemon.state()))
            speak(254, VIP)
            lost = until(lambda: daemon.group("g").get("state") == "Backup", 5)
            back = until(lambda: daemon.group("g").get("state") == "Master" and link.holds(VIP), 10)
            verdicts.add(f"FN-12 {way}: VRRP goes on: the role is lost to a stronger one and taken back", lost and back, json.dumps(daemon.group("g")))
            verdicts.add(f"FN-12 {way}: what is new is not known", not daemon.group(name), json.dumps(daemon.state()))
        finally:
            cut.end(way)
        begun = time.monotonic()
        done = until(lambda: world.state(name) == "Master" and link.holds(address), LONGEST_WAIT + 35)
        print(f"{way}: {time.monotonic() - begun:.1f} s after its end all is done", flush=True)
        verdicts.add(f"FN-12 {way}: over, the new group is served and reported", done and link.holds(VIP), daemon.log()[-1500:])
        world.delete(f"/apis/fairlead.dev/v1alpha1/vrrpgroups/{name}")
        until(lambda a=address: not link.holds(a))


def etcd_restored(verdicts, world, link, daemon):
    """FC-11: the API server's history goes back, and with it the generation of a group. Only a higher configEpoch makes that count."""
    world.api.backup()
    until(lambda: world.read_group("g"))
    world.group("g", 51, delegate(VIP, MORE))
    verdicts.add("FC-11: since the backup the group has got another address", until(lambda: link.holds(MORE)), daemon.log()[-1500:])
    world.api.restore()
    until(lambda: world.read_group("g"))
    told = until(lambda: any("configEpoch" in problem for problem in world.report().get("problems", [])), 2 * LONGEST_WAIT + 30)
    verdicts.add("FC-11: the node says that it is shown an older generation, and what to do", told, json.dumps(world.report()) + daemon.log()[-1500:])
    verdicts.add("FC-11: and keeps what it has", link.holds(VIP) and link.holds(MORE) and daemon.group("g").get("state") == "Master",
                 json.dumps(daemon.state()))
    world.group("g", 51, delegate(VIP), configEpoch=2)
    verdicts.add("FC-11: a higher configEpoch makes the older plan count", until(lambda: not link.holds(MORE), 20) and link.holds(VIP) and
                 until(lambda: not world.report().get("problems")), json.dumps(world.report()))


def gone_for_long(verdicts, world, link, daemon):
    """FN-16, FN-32: nobody answers, for minutes."""
    until(lambda: world.state("g") == "Master")
    world.path.cut()
    with subprocess.Popen(["ip", "netns", "exec", NAMESPACE, "/usr/bin/python3", "-c", KNOCKS, str(world.path.port)], text=True,
                          stdout=subprocess.PIPE) as knocks:
        end, probes = time.monotonic() + GONE_SECONDS, set()
        while time.monotonic() < end:
            probes.add((daemon.health("/healthz"), daemon.health("/readyz"), link.holds(VIP)))
            time.sleep(1)
        knocks.kill()
        times = [float(line) for line in knocks.stdout.read().splitlines()]
    waits = [b - a for a, b in zip(times, times[1:])]
    print(f"{len(times)} tries in {GONE_SECONDS} s, at most {max(waits):.1f} s apart", flush=True)
    verdicts.add(f"FN-16, FN-32: {GONE_SECONDS} s without an API server: alive, ready, and the address held at every look", probes == {(200, 200, True)},
                 str(probes))
    verdicts.add("FN-16: it tries ever more seldom, and never stops", len(times) < 20 + GONE_SECONDS / 10 and max(waits) <= LONGEST_WAIT + 1,
                 str(waits))
    world.path.open()
    again = until(lambda: "api.recovered" in daemon.log()[-3000:] and world.state("g") == "Master", LONGEST_WAIT + 10)
    verdicts.add("FN-16: it is back: found again", again, daemon.log()[-1500:])


def one_loop_stalls(verdicts, _world, _link, daemon):
    """FN-32: liveness is that every loop moves, and nothing else."""
    pid = daemon.process.pid
    loops = {name: number for number, name in threads(pid).items() if name in ("vrrp", "forwarding", "api")}
    verdicts.add("FN-32: the loops are there", len(loops) == 3, str(threads(pid)))
    for name, number in loops.items():
        with stalled(number):
            failed = until(lambda: daemon.health("/healthz") != 200, 25)
        well = until(lambda: daemon.health("/healthz") == 200, 10)
        verdicts.add(f"FN-32: with {name} standing still /healthz fails, and not for longer", failed and well, str(daemon.get("/healthz", 9475)))


def main():
    if os.geteuid() != 0:
        sys.exit("SKIPPED: needs root, for namespaces")
    verdicts = apiserver.Verdicts()
    os.environ.pop("KUBECONFIG", None)  # etcd must be ours
    with tempfile.TemporaryDirectory(prefix="fairlead-node-faults-") as folder, apiserver.api_server() as api, Link() as link:
        world = World(api, folder)
        try:
            world.path.open()
            world.make_node()
            daemon = Daemon(folder, world.kubeconfig("good"))
            world.group("g", 51, delegate(VIP))
            until(lambda: world.state("g") == "Master")
            wanted = sys.argv[1:]  # parts by name, by hand
            for part in (cut_off, etcd_restored, gone_for_long, one_loop_stalls):
                if not wanted or part.__name__ in wanted:
                    part(verdicts, world, link, daemon)
            verdicts.add("and it ends well", daemon.stop() == 0, daemon.log()[-1500:])
            if not wanted or "credentials_change" in wanted:
                node_rotation.credentials_change(verdicts, world, link)
        finally:
            world.path.cut()
    verdicts.end()


if __name__ == "__main__":
    main()
