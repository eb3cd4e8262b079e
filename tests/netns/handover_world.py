"""What handover_test.py works with: three nodes and a listener on one bridge, each node with fairlead-node on a folder of manifests
that are the same everywhere, and netwatch on all of them."""
import os
import re
import signal
import subprocess
import time

from static_world import BUILD, Files, Watch, run, until

NODES = ("a", "b", "c")
OWN = {"a": "192.0.2.11", "b": "192.0.2.12", "c": "192.0.2.13", "p": "192.0.2.19"}
BY_ADDRESS = {address: name for name, address in OWN.items()}
MOMENT = 50_000_000  # ns: what I-1 allows where one preempts
PRIORITY = {"a": 200, "b": 150, "c": 100}


def namespace(which):
    return f"fairlead-handover-{which}"


def remove():
    there = run("ip netns list").split()
    for which in (*OWN, "w"):
        if namespace(which) in there:
            run(f"ip netns del {namespace(which)}")


def build():
    remove()
    for which in (*OWN, "w"):
        run(f"ip netns add {namespace(which)}")
        run(f"ip -n {namespace(which)} link set lo up")
    run(f"ip -n {namespace('w')} link add br0 type bridge mcast_snooping 0")
    run(f"ip -n {namespace('w')} link set br0 up")
    for which, address in OWN.items():
        run(f"ip -n {namespace(which)} link add eth1 type veth peer name to-{which} netns {namespace('w')}")
        run(f"ip -n {namespace('w')} link set to-{which} master br0 up")
        run(f"ip -n {namespace(which)} address add {address}/24 dev eth1")
        run(f"ip -n {namespace(which)} link set eth1 up")


def manifest(group, leaving):
    """leaving: the nodes that are told to hand over."""
    lines = ["apiVersion: fairlead.dev/v1alpha1", "kind: VRRPGroup", f"metadata: {{name: {group.name}}}", "spec:", "  family: IPv4",
             f"  virtualRouterID: {group.vrid}", "  interface: eth1", "  advertIntervalMs: 250", f"  preempt: {str(group.preempt).lower()}",
             f"  addresses: [{{address: {group.vip}, forwarding: Delegate}}]", "  members:"]
    lines += [f"  - {{node: {node}, priority: {PRIORITY[node]}{', handOver: true' if node in leaving else ''}}}" for node in NODES]
    return "\n".join(lines) + "\n"


class Node:
    def __init__(self, name, folder):
        self.name, self.folder, self.child = name, f"{folder}/{name}", None
        os.makedirs(self.folder + "/state", mode=0o700)
        self.files = Files(self.folder + "/manifests")
        self.log = self.folder + "/log"

    def start(self):
        command = ["ip", "netns", "exec", namespace(self.name), BUILD + "/node/fairlead-node", "--node-name", self.name, "--no-api",
                   "--static", self.files.folder, "--state-dir", self.folder + "/state"]
        with open(self.log, "w") as log:
            self.child = subprocess.Popen(command, stdout=log, stderr=log)

    def end(self):
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(20)

    def changes(self, group):
        """[(event, reason)] of the log, in order."""
        with open(self.log) as file:
            return re.findall(rf" vrrp\.(became_active|became_backup|initialize) group={group.name} reason=(\w+)", file.read())

    def state(self, group):
        told = self.changes(group) if self.child and self.child.poll() is None else []
        return told[-1][0] if told else "none"


class World:
    def __init__(self, folder, groups):
        self.groups, self.nodes = groups, {name: Node(name, folder) for name in NODES}
        self.watch = Watch(folder, *(namespace(name) for name in NODES), "+" + namespace("p"))
        self.write(())

    def write(self, leaving):
        for node in self.nodes.values():
            node.files.rename_into_place("groups.yaml", *(manifest(group, leaving) for group in self.groups))
        return time.monotonic_ns()

    def end(self):
        for node in self.nodes.values():
            node.end()
        self.watch.end()

    def masters(self, group):
        return [name for name, node in self.nodes.items() if node.state(group) == "became_active"]

    def is_master(self, name, groups, seconds=5):
        """That one alone, of all these groups."""
        return until(lambda: all(self.masters(group) == [name] for group in groups), seconds)

    def all_listen(self, names):
        """Each of them hears a master in every group."""
        return until(lambda: all(self.nodes[name].state(group) == "became_backup" for name in names for group in self.groups), 10)

    def moves(self, group, since):
        """[(ms since then, node, "add" or "del")] of its address."""
        return [((event["t"] - since) / 1e6, event["ns"][-1], event["op"]) for event in self.watch.events("addr", since)
                if event["addr"] == group.vip + "/32" and event["op"] in ("add", "del")]

    def owners(self, group, since):
        """Who had its address since then, one after the other. Two at once are one entry, "a+b", but for the moment in which one that
        preempts is heard by the other."""
        held, out, moves = set(self.held(group, since)), [], self.moves(group, since)
        ends = [at for at, _, _ in moves[1:]] + [float("inf")]
        for (at, node, op), end in zip(moves, ends):
            held = held | {node} if op == "add" else held - {node}
            name = "+".join(sorted(held))
            if held and out[-1:] != [name] and (len(held) == 1 or end - at > MOMENT / 1e6):
                out.append(name)
        return out

    def held(self, group, when):
        """Who had its address then."""
        before = [event for event in self.watch.events("addr") if event["addr"] == group.vip + "/32" and event["t"] < when]
        return [name for name in self.nodes if [e["op"] for e in before if e["ns"] == namespace(name)][-1:] not in ([], ["del"])]

    def out_of_turn(self, group, since):
        """Adverts of a master who has not the address: [(ms since then, node)]. One who takes it over says so first, and one who is
        displaced when it is gone: a moment before and after are theirs."""
        out = []
        for advert in self.watch.adverts(group.vrid, since):
            sender, at = BY_ADDRESS[advert["src"]], advert["t"]
            turn = any(sender in self.held(group, at + shift) for shift in (-MOMENT, 0, MOMENT))
            if advert["priority"] > 0 and not turn:
                out.append(((at - since) / 1e6, sender))
        return out
