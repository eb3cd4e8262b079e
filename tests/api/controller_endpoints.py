"""For controller_test.py: Services whose endpoints decide which nodes hold the address (externalTrafficPolicy: Local), and whether any
does (onNoEndpoints: Withdraw, FC-17). Nodes are played by hand: the strongest member is master, and gives up when it is told to."""
import contextlib
import time

from controller_world import OURS, Gone
from patience import until

READY = {"ready": True}
NODES = ("node-a", "node-b", "node-c")
NEAR, SHY = ADDRESSES = ("192.0.2.117", "192.0.2.118")


def on(*nodes):
    """A ready endpoint on each of these nodes."""
    return [(f"10.1.9.{1 + NODES.index(node)}", READY, node) for node in nodes]


def members(world, address):
    group = world.group_of(address)
    return {m["node"]: m for m in group["spec"]["members"]} if group else {}


def weight(member):
    return member["priority"] // 8 if member.get("handOver") else member["priority"]


class Players:
    """The nodes: they report what they were told in the groups that hold our addresses, or did, their leaving, too."""

    def __init__(self, world):
        self.world, self.known = world, set()

    def play(self):
        self.known.update(group["metadata"]["name"] for address in ADDRESSES if (group := self.world.group_of(address)))
        for group in self.world.items("vrrpgroups"):
            if group["metadata"]["name"] in self.known:
                self.report(group)

    def report(self, group):
        name, there = group["metadata"]["name"], {m["node"]: m for m in group["spec"]["members"]}
        master = max(there, key=lambda node: weight(there[node]), default="")
        for node in NODES:
            if f"node.fairlead.dev/{node}" not in group["metadata"].get("labels", {}):
                continue
            state = "Initialize" if node not in there else "Master" if node == master else "Backup"
            with contextlib.suppress(Gone):  # with the last report the group goes
                self.world.member(name, node, state, **({"hears": "192.0.2.1"} if state == "Backup" else {}))

    def until(self, condition, seconds=15.0):
        def step():
            self.play()
            return condition()
        return until(step, seconds)


def local(verdicts, world, players):
    address = NEAR
    world.service("near", {"fairlead.dev/loadBalancerIPs": address}, policy="Local")
    world.slice("near", on("node-a", "node-b"))
    placed = players.until(lambda: set(members(world, address)) == {"node-a", "node-b"})
    servers = (world.get(f"{OURS}/namespaces/default/realserversets/near-v4-0") or {"spec": {"virtualServers": [{}]}})["spec"]["virtualServers"]
    verdicts.add("with externalTrafficPolicy Local the nodes with an endpoint are members", bool(placed), str(members(world, address)))
    verdicts.add("and its RealServerSet says so, and where each real server runs", servers[0].get("externalTrafficPolicy") == "Local"
                 and [r.get("node") for r in servers[0].get("reals", [])] == ["node-a", "node-b"], str(servers))
    name = world.group_of(address)["metadata"]["name"]
    world.slice("near", on("node-c"))
    # In its first 30 s a controller holds it against no node that it has no endpoint.
    followed = players.until(lambda: set(members(world, address)) == {"node-c"}, 45)
    verdicts.add("they follow the endpoints, by hand-over in the same group", bool(followed)
                 and world.group_of(address)["metadata"]["name"] == name, str(members(world, address)))
    world.slice("near", [])
    empty = players.until(lambda: world.condition("near", "Ready")["reason"] == "NoEndpoints")
    verdicts.add("without any it stays where it is, and refuses", bool(empty) and "node-c" in members(world, address), str(world.status_of("near")))


def withdraw(verdicts, world, players):
    address = SHY
    world.service("shy", {"fairlead.dev/loadBalancerIPs": address, "fairlead.dev/on-no-endpoints": "Withdraw"})
    out = until(lambda: world.condition("shy", "Programmed")["reason"] == "NoEndpoints" and world.condition("shy", "Allocated")["status"] == "True")
    verdicts.add("a new one with onNoEndpoints Withdraw and without endpoints has its address, and is in no group", bool(out)
                 and world.group_of(address) is None, str(world.status_of("shy")))
    world.slice("shy", on("node-a"))
    served = players.until(lambda: world.status_of("shy").get("state") == "Ready")
    verdicts.add("with one it is served", bool(served), str(world.status_of("shy")))
    world.slice("shy", [])
    begun = time.monotonic()
    left = players.until(lambda: world.group_of(address) is None, 25)
    took = time.monotonic() - begun
    told = players.until(lambda: world.condition("shy", "Ready")["reason"] == "Withdrawn" and world.events("Withdrawn", "onNoEndpoints"))
    claim = world.get(f"{OURS}/addressclaims/v4-192-0-2-118")
    verdicts.add("with onNoEndpoints Withdraw an address without endpoints leaves its group after 10 s, and stays claimed",
                 bool(left) and took >= 9.5 and bool(claim), f"{took:.1f} s {claim}")
    verdicts.add("Ready is False, Withdrawn, the state Pending, and an Event says so", bool(told)
                 and world.status_of("shy").get("state") == "Pending", str(world.status_of("shy")))
    world.slice("shy", on("node-b"))
    begun = time.monotonic()
    back = players.until(lambda: world.group_of(address) is not None)
    took = time.monotonic() - begun
    ready = players.until(lambda: world.status_of("shy").get("state") == "Ready" and world.events("Returned"))
    verdicts.add("it comes back when one has been ready for 2 s, and an Event says so", bool(back) and bool(ready) and took >= 1.5,
                 f"{took:.1f} s {world.status_of('shy')}")


def endpoints(verdicts, world):
    players = Players(world)
    local(verdicts, world, players)
    withdraw(verdicts, world, players)
    for name in ("near", "shy"):
        world.delete(f"/api/v1/namespaces/default/services/{name}")
    gone = players.until(lambda: not any(world.vip_of(name) for name in ("near", "shy")))
    verdicts.add("deleted, both release their addresses", bool(gone), str([world.vip_of(name) for name in ("near", "shy")])[:600])
