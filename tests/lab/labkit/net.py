"""Namespaces fairlead-*: nodes, a client and real servers on one segment, and a second one for the API server.

 fairlead-seg   bridge br0: a port per machine, named like it; the other end is eth1 in fairlead-<machine>
 fairlead-kube  bridge br0, address <kube>.1: a port per node; the other end is `kube` in fairlead-<node>
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Layout:
    nodes: tuple = ("n1", "n2", "n3")
    reals: tuple = ("r1", "r2")
    client: str = "client"
    segment: str = "seg"
    kube: str = "kube"
    subnet: str = "192.0.2"
    kube_subnet: str = "10.77.0"

    def addresses(self):
        """machine -> its address on the segment."""
        out = {n: f"{self.subnet}.{i}" for i, n in enumerate(self.nodes, 1)}
        out.update({r: f"{self.subnet}.{20 + i}" for i, r in enumerate(self.reals, 1)})
        out[self.client] = f"{self.subnet}.100"
        return out

    def namespaces(self):
        return ["fairlead-" + n for n in (self.segment, self.kube, *self.addresses())]

    def api_address(self):
        return self.kube_subnet + ".1"


HOST_KERNEL_LAYOUT = Layout(nodes=("d1", "d2", "d3"), reals=(), client="dclient", segment="dseg", kube="dkube",
                            subnet="198.51.100", kube_subnet="10.78.0")


def batch(agent, namespace, lines):
    agent.run(["ip", "-batch", "-"], netns=namespace, stdin="\n".join(lines) + "\n")


def up(agent, layout):
    """Makes everything; a namespace left by an earlier run is an error."""
    batch(agent, None, [f"netns add {n}" for n in layout.namespaces()])
    bridge = ["link set lo up", "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
              "link set br0 up"]
    lines = list(bridge)
    for name in layout.addresses():
        lines += [f"link add {name} type veth peer name eth1 netns fairlead-{name}",
                  f"link set {name} master br0", f"link set {name} up"]
    batch(agent, "fairlead-" + layout.segment, lines)
    lines = bridge + [f"address add {layout.api_address()}/24 dev br0"]
    for name in layout.nodes:
        lines += [f"link add {name} type veth peer name kube netns fairlead-{name}",
                  f"link set {name} master br0", f"link set {name} up"]
    batch(agent, "fairlead-" + layout.kube, lines)
    for name, address in layout.addresses().items():
        lines = ["link set lo up", f"address add {address}/24 dev eth1", "link set eth1 up"]
        if name in layout.nodes:
            number = layout.nodes.index(name) + 11
            lines += [f"address add {layout.kube_subnet}.{number}/24 dev kube", "link set kube up"]
        batch(agent, "fairlead-" + name, lines)


def down(agent, layout):
    """Removes what is there of it."""
    there = set(agent.run(["ip", "netns", "list"]).out.split())
    ours = [n for n in layout.namespaces() if n in there]
    if ours:
        batch(agent, None, [f"netns delete {n}" for n in ours])


def carrier(agent, layout, node, up_or_down):
    """The cable of a node's VIP interface pulled out or put in: its end sees no carrier. The segment stays."""
    agent.run(["ip", "link", "set", node, up_or_down], netns="fairlead-" + layout.segment)


def detach(agent, layout, node):
    """The switch port no longer forwards; the node sees nothing of it."""
    agent.run(["ip", "link", "set", node, "nomaster"], netns="fairlead-" + layout.segment)


def attach(agent, layout, node):
    agent.run(["ip", "link", "set", node, "master", "br0"], netns="fairlead-" + layout.segment)
