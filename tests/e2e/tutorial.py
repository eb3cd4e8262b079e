#!/usr/bin/python3
"""The classic tutorial of two keepalived hosts, told with keepalived on both (which proves the test), with fairlead-node on both, and
with one of each, either way round: hosts .100 and .111 of 192.168.192.0/24, VRRPv2, virtual router 51, priorities 100 and 95, 1 s,
PASS, VIP 192.168.192.200 port 80, rr and direct routing to .112 and .114 with TCP checks. Where this kernel has no IPVS the whole
is told inside of a virtual machine, all pairs at once. tutorial.py [PAIR...]: keepalived, fairlead, fairlead-keepalived (one is
Fairlead), keepalived-fairlead."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/e2e/tutorial", TREE + "/tests/interop"]
import stalls  # noqa: E402
import steps  # noqa: E402
from stories import tell  # noqa: E402
from world import BUILD, Cases, World  # noqa: E402

PAIRS = {"keepalived": ("keepalived", "keepalived"), "fairlead": ("fairlead", "fairlead"),
         "fairlead-keepalived": ("fairlead", "keepalived"), "keepalived-fairlead": ("keepalived", "fairlead")}
LIMIT_SECONDS = 600


def main():
    wanted = sys.argv[1:] or list(PAIRS)
    if os.geteuid() != 0:
        cases = Cases()
        cases.skip("the tutorial", "needs root for network namespaces")
        cases.finish()
    subprocess.run(["modprobe", "-a", "ip_vs", "veth", "bridge"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("TUTORIAL_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(TUTORIAL_INSIDE="1", FAIRLEAD_BUILD=BUILD)
        machine = TREE + "/tests/lab/vm/run"
        os.execv(machine, [machine, "--timeout", str(LIMIT_SECONDS), "--env", "TUTORIAL_INSIDE", "--env", "FAIRLEAD_BUILD", "--",
                           os.path.abspath(__file__), *wanted])
    cases = Cases()
    with stalls.watched("ordinary") as late, World("tutorial") as world:
        tell(cases, world, [(f"t{list(PAIRS).index(name)}", f"{PAIRS[name][0]} of priority 100, {PAIRS[name][1]} of 95",
                             steps.tell(dict(zip(("one", "two"), PAIRS[name])), late)) for name in wanted], at_once=len(PAIRS))
    cases.finish()


if __name__ == "__main__":
    main()
