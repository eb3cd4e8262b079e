#!/usr/bin/python3
"""How long a TCP check takes to have a dead server out of IPVS, and to have it back: keepalived and Fairlead look at the same servers,
which all die in one moment, so that each is found in another phase of its check. Refused: nobody listens. Silent: packets vanish.
As a program, in a kernel with IPVS: prints the lines as JSON."""
import contextlib
import dataclasses
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path[:0] = [TREE + "/tests/bench/vrrp", TREE + "/tests/interop"]
from fairlead_node import FairleadNode  # noqa: E402
from routers import VirtualRouter  # noqa: E402
from table import Line  # noqa: E402
from world import BUILD, Segment, World, batch, inside, wait_for  # noqa: E402

SERVERS, PORT = 20, 80
INTERVAL, TIMEOUT, RETRIES, BETWEEN = 2, 1, 1, 1  # of the check, seconds
WORST = INTERVAL + TIMEOUT + RETRIES * (BETWEEN + TIMEOUT)  # datapath.md 9
ADDRESSES = [f"192.0.2.{100 + n}" for n in range(1, SERVERS + 1)]
VIP = {"keepalived": "192.0.2.200", "fairlead": "192.0.2.201"}
LIMIT_SECONDS = 300
GUARD = "table inet bench {{ chain arriving {{ type filter hook input priority 0; tcp dport {} drop; }}; }}"


class Servers:
    """All real servers, in one namespace: they take connections and close them."""

    def __init__(self, namespace):
        self.namespace, self.listening = namespace, []

    def start(self):
        with inside(self.namespace):
            self.listening = [socket.create_server((address, PORT), backlog=64) for address in ADDRESSES]
        for one in self.listening:
            one.setblocking(False)
        self.thread = threading.Thread(target=self.work, args=(list(self.listening),), daemon=True)
        self.thread.start()

    def work(self, listening):
        while self.listening == listening:
            with contextlib.suppress(OSError, ValueError):
                for one in select.select(listening, [], [], 0.1)[0]:
                    one.accept()[0].close()

    def stop(self):
        listening, self.listening = self.listening, []
        self.thread.join()
        for one in listening:
            one.close()

    def silence(self):
        self.nft(GUARD.format(PORT))

    def speak(self):
        self.nft("delete table inet bench")

    def nft(self, text):
        with inside(self.namespace):
            subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


def keepalived(world, namespace):
    path = f"{world.folder}/checkers"
    servers = "".join(f"""  real_server {address} {PORT} {{
    TCP_CHECK {{
      connect_timeout {TIMEOUT}
      retry {RETRIES}
      delay_before_retry {BETWEEN}
    }}
  }}
""" for address in ADDRESSES)
    with open(path + ".conf", "w") as file:
        file.write(f"virtual_server {VIP['keepalived']} {PORT} {{\n  delay_loop {INTERVAL}\n  lb_algo rr\n  lb_kind DR\n  protocol TCP\n{servers}}}\n")
    return world.spawn(namespace, ["keepalived", "-n", "-l", "-G", "-C", "-f", path + ".conf", "-p", path + ".pid", "-c", path + ".child.pid"], "checkers.log")


def fairlead(world, namespace):
    node = FairleadNode(world, namespace, "f")
    node.forwarding = "DirectRouting"
    check = {"tcp": {}, "intervalSeconds": INTERVAL, "timeoutSeconds": TIMEOUT, "retries": RETRIES, "retryDelaySeconds": BETWEEN}
    node.manifests = [{
        "apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet", "metadata": {"name": "g", "namespace": "default"},
        "spec": {"group": "g", "virtualServers": [{
            "address": VIP["fairlead"], "port": PORT, "protocol": "TCP", "scheduler": "rr", "forwarding": "DirectRouting",
            "healthChecks": [check], "reals": [{"address": address, "port": PORT, "weight": 1} for address in ADDRESSES]}]}}]
    return node.start([VirtualRouter("g", vips=(VIP["fairlead"],))]).program


def serving(namespace):
    """The servers in IPVS there whose weight is not 0."""
    found = set()
    with inside(namespace), open("/proc/thread-self/net/ip_vs") as file:
        for words in (line.split() for line in file):
            if words[0] == "->" and words[3].isdigit() and words[3] != "0":
                found.add(socket.inet_ntoa(bytes.fromhex(words[1].split(":")[0])))
    return found


def times(places, there, seconds):
    """{kind: [ms until each server was there, or was not]}; those for which that did not come are missing."""
    begun, seen = time.monotonic(), {kind: {} for kind in places}

    def all_seen():
        for kind, namespace in places.items():
            now = serving(namespace)
            for address in ADDRESSES:
                if (address in now) == there:
                    seen[kind].setdefault(address, 1000 * (time.monotonic() - begun))
        return all(len(found) == SERVERS for found in seen.values())
    wait_for(all_seen, seconds, every=0.02)
    return {kind: sorted(found.values()) for kind, found in seen.items()}


def measured(world):
    """[(what, {kind: times})]"""
    segment = Segment(world, "checks", ("k", "f", "r"))
    batch(segment.of["r"], [f"address add {address}/24 dev eth1" for address in ADDRESSES])
    servers, places = Servers(segment.of["r"]), {"keepalived": segment.of["k"], "fairlead": segment.of["f"]}
    servers.start()
    with inside(segment.of["f"]):
        subprocess.run([BUILD + "/node/fairlead-node", "prepare-host"], check=True, stdout=subprocess.DEVNULL)
    programs = [keepalived(world, segment.of["k"]), fairlead(world, segment.of["f"])]
    if not wait_for(lambda: all(len(serving(n)) == SERVERS for n in places.values()), 60, every=0.2):
        raise RuntimeError("the servers do not come up:\n" + "\n".join(p.text()[-2000:] for p in programs))
    out = []
    for how, dies, lives in (("refused", servers.stop, servers.start), ("silent", servers.silence, servers.speak)):
        time.sleep(2 * INTERVAL)
        dies()
        out.append((f"dead, {how}: out after", times(places, False, 3 * WORST)))
        time.sleep(2 * INTERVAL)
        lives()
        out.append((f"back after {how}: in after", times(places, True, 3 * WORST)))
    return out


def as_lines(out):
    for what, found in out:
        for name, at in (("median", SERVERS // 2), ("last", SERVERS - 1)):
            values = [found[kind][at] if len(found[kind]) == SERVERS else None for kind in ("keepalived", "fairlead")]
            yield Line(f"TCP check of {SERVERS} servers, {INTERVAL} s, {what}, {name}", "ms", *values)


def lines(world, _options):
    subprocess.run(["modprobe", "ip_vs"], stderr=subprocess.DEVNULL, check=False)
    if os.path.exists("/proc/net/ip_vs"):
        yield from as_lines(measured(world))
        return
    environment = dict(os.environ, FAIRLEAD_BUILD=BUILD)
    told = subprocess.run([TREE + "/tests/lab/vm/run", "--timeout", str(LIMIT_SECONDS), "--env", "FAIRLEAD_BUILD", "--", os.path.abspath(__file__)],
                          text=True, stdout=subprocess.PIPE, env=environment)
    if told.returncode:
        raise RuntimeError(f"the guest ended with {told.returncode}: {told.stdout[-2000:]}")
    for value in json.loads(told.stdout.splitlines()[-1]):
        yield Line(**value)


def main():
    subprocess.run(["modprobe", "-a", "ip_vs", "veth", "bridge", "nf_tables"], check=False)
    with World("checks") as world:
        print(json.dumps([dataclasses.asdict(line) for line in as_lines(measured(world))]), flush=True)


if __name__ == "__main__":
    main()
