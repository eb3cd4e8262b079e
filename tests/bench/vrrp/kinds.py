"""The programs that are compared, and the groups they are told: a (priority 200) and b (150) of one kind."""
import re
import sys

from fairlead_node import FairleadNode
from routers import Keepalived, VirtualRouter
from world import BUILD

PRIORITY = {"a": 200, "b": 150}
# Its default, 10 ms of processor in a row, kills it at its start with many groups.
REALTIME = ("vrrp_rt_priority 20", "vrrp_rlimit_rttime 1000000")
NETWORK = "198.18.0.0/24"  # of the addresses


class Told:
    """What both nodes are told of so many groups of one address each, interval in ms."""

    def __init__(self, groups, interval):
        self.interval = interval
        self.vips = {vrid: f"198.18.0.{vrid}" for vrid in range(1, groups + 1)}
        base = VirtualRouter("g", interval=interval)
        self.routers = {node: [base.but(name=f"g{vrid}", vrid=vrid, vips=(vip,), priority=own,
                                        others=tuple(p for n, p in PRIORITY.items() if n != node)) for vrid, vip in self.vips.items()]
                        for node, own in PRIORITY.items()}

    @property
    def down_ms(self):
        """Active_Down_Interval of b."""
        return self.interval * (3 + (256 - PRIORITY["b"]) / 256)


def keepalived(world, namespace, node, realtime=False):
    made = Keepalived(world, namespace, node)
    made.globals = REALTIME if realtime else ()
    return made


def fairlead(world, namespace, node, realtime=False):
    return FairleadNode(world, namespace, node, ["--realtime"] if realtime else [])


def fairlead_bare(world, namespace, node):
    """Without the finer fence, and with what rtnetlink costs in a file beside it: `netlink_ns`."""
    made = FairleadNode(world, namespace, node, ["--no-finer-fence"])
    made.environment = {"LD_PRELOAD": BUILD + "/support/libtime_netlink.so", "FAIRLEAD_TIMES": made.folder + "/times"}
    return made


KINDS = {"keepalived": keepalived, "fairlead": fairlead}


def netlink_ns(program):
    """Processor time that its calls to rtnetlink have taken: the renewals of lifetimes, in a quiet state."""
    with open(program.folder + "/times", "rb") as file:
        return int.from_bytes(file.read(8), sys.byteorder)


SAYS = {"keepalived": re.compile(r"\((?P<name>\w+)\) Entering (?P<state>\w+) STATE"),
        "fairlead-node": re.compile(r" vrrp\.(?P<state>became_active|became_backup|initialize) group=(?P<name>\w+) ")}


def masters(program):
    """Of how many groups it is Master, by its own log."""
    states = {found["name"]: found["state"] for found in SAYS[program.kind].finditer(program.program.text())}
    return sum(1 for state in states.values() if state in ("MASTER", "became_active"))


def promotions(program):
    """How often one of its groups became Master."""
    return sum(1 for found in SAYS[program.kind].finditer(program.program.text()) if found["state"] in ("MASTER", "became_active"))
