"""Two scripts of tests at a time: one judges milliseconds and has the machine's attention, one has seconds to spare.

A lane takes the first of its scripts whose resources are free, the second lane before the first at the beginning. A resource is held by one script at a time:

api       the API server of tests/api and its ports
guest     a virtual machine, which wants a processor of its own
lab       /run/fairlead-lab, where the demo keeps what is running
segments  network namespaces of this kernel, whose removal holds the lock that every change of an address waits for
quiet     the processors: judged to some ten milliseconds, or dozens of routers at once, against whatever is always at work

The second lane runs with nice 10, a tenth of a processor that both want. So that this counts between sessions, too, the
kernel's sched_autogroup_enabled is 0 meanwhile. (A control group of its own would refuse SCHED_RR where the kernel has
RT_GROUP_SCHED.)
"""
import contextlib
import threading

# layer/script -> what it holds, in the order they are taken; every other script of a layer goes the first lane, and holds what
# FIRST says, or what its layer does.
SECOND = {
    "vm/fence_test.py": {"guest", "quiet"},
    "vm/direct_test.py": {"guest", "quiet"},
    "vm/drain_test.py": {"guest", "quiet"},
    "vm/forwarding_test.py": {"guest", "quiet"},
    "vm/traffic_test.py": {"guest", "quiet"},
    "vm/clients_test.py": {"guest", "quiet"},
    "vm/forwarding6_test.py": {"guest", "quiet"},
    "vm/reboot_test.py": {"guest", "api"},
    "vm/scale_test.py": {"guest", "quiet"},
    "e2e/tutorial.py": {"guest", "quiet"},
    "netns/wire_test.py": {"segments"},
    "netns/addresses_test.py": {"segments"},
    "netns/announce_test.py": {"segments"},
    "netns/health_test.py": {"segments"},
    "interop/probe_test.py": {"segments"},
    "interop/wire_test.py": {"segments"},
    "api/node_test.py": {"api", "segments"},
    "api/node_events_test.py": {"api", "segments"},
    "api/node_faults_test.py": {"api", "segments"},
    "api/quiet_test.py": {"api", "segments"},
    "api/rights_test.py": {"api", "segments"},
    "netns/lab_positive_control.py": {"lab", "segments"},
    "netns/lab_selftest.py": {"lab", "segments"},
    "api/allocation_test.py": {"api"},
    "api/client_bad_input_test.py": {"api"},
    "api/client_faults_test.py": {"api"},
    "api/client_test.py": {"api"},
    "api/controller_faults_test.py": {"api"},
    "api/controller_rate_test.py": {"api"},
    "api/controller_test.py": {"api"},
    "api/controller_time_test.py": {"api"},
    "api/crd_cases.py": {"api"},
    "api/election_faults_test.py": {"api"},
    "api/election_test.py": {"api"},
    "api/heartbeats_test.py": {"api"},
    "api/manifests_accepted.py": {"api"},
    "sim/simulation.py": {"quiet"},
}
FIRST = {
    "netns/twonodes_test.py": {"segments", "quiet"},
    "interop/peers_test.py": {"segments", "quiet"},
    "interop/faults_test.py": {"segments", "quiet"},
    "interop/scale_test.py": {"segments", "quiet"},
}
OF_LAYER = {"api": {"api"}, "netns": {"segments"}, "interop": {"segments"}, "vm": {"guest"}, "e2e": {"guest", "lab"}}
NICE = 10
AUTOGROUP = "/proc/sys/kernel/sched_autogroup_enabled"


def holds(name):
    """name: layer/script. The resources that it holds while it runs."""
    return SECOND.get(name) or FIRST.get(name) or OF_LAYER.get(name.split("/")[0], set())


def yielding(command):
    """The command that runs this one so that the first lane goes before it."""
    return ["nice", "-n", str(NICE), *command]


@contextlib.contextmanager
def without_autogroup():
    """Niceness counts for the whole machine inside. A kernel without such groups has nothing to change; where it may not be
    changed, that is said."""
    before = "0"
    with contextlib.suppress(FileNotFoundError), open(AUTOGROUP) as file:
        before = file.read().strip()
    changed = before != "0"
    if changed:
        try:
            set_autogroup("0")
        except OSError as error:
            print(f"the second lane may yield less than it should: {error}", flush=True)
            changed = False
    try:
        yield
    finally:
        if changed:
            set_autogroup(before)


def set_autogroup(text):
    # Opened anew: the kernel passes over what is written anywhere but at the beginning.
    with open(AUTOGROUP, "w") as file:
        file.write(text)


class Lanes:
    """Hands out scripts. `next(lane)` waits while every script of that lane needs what another one holds."""

    def __init__(self, first, second):
        """first, second: names (layer/script) in order."""
        self.waiting = (list(first), list(second))
        self.held = set()
        self.changed = threading.Condition()

    def next(self, lane):
        """The next name, whose resources are then held until `done(name)`; None when the lane is empty."""
        waiting = self.waiting[lane]
        with self.changed:
            while waiting:
                for name in waiting:
                    if not holds(name) & self.held:
                        waiting.remove(name)
                        self.held |= holds(name)
                        return name
                self.changed.wait()
        return None

    def done(self, name):
        with self.changed:
            self.held -= holds(name)
            self.changed.notify_all()
