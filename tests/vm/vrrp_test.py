#!/usr/bin/python3
"""VRRP on Debian's kernel in a virtual machine, for what this machine cannot do to itself. Inside the guest, beside each other: its
wall clock jumps (FN-03), a bond changes its port (FN-05), a memory cgroup kills (FN-01). Then with the Master in a guest and the
Backup outside: QEMU stops the machine and lets it go on (FN-02, I-1), and in the end cuts its power (FN-01). At last a machine
sleeps, and is woken."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/interop")
sys.path.insert(0, TREE + "/tests/vm/vrrp")
import asleep  # noqa: E402
import guest  # noqa: E402
import paused  # noqa: E402
from world import BUILD, Cases, World  # noqa: E402

VM = TREE + "/tests/lab/vm/run"
LIMIT_SECONDS = 240


def inside():
    """All stories in the guest; each verdict is a line of JSON on standard output."""
    for module in ("veth", "bridge", "bonding", "nf_tables"):
        subprocess.run(["modprobe", module], check=True)
    for name, ok, detail in guest.told():
        print(json.dumps(["verdict", name, bool(ok), str(detail)]), flush=True)
    print(json.dumps(["end"]), flush=True)


def outside(cases):
    """Runs this script in a guest and takes over its verdicts."""
    environment = dict(os.environ, VRRP_TEST_INSIDE="1", FAIRLEAD_BUILD=BUILD)
    child = subprocess.run([VM, "--timeout", str(LIMIT_SECONDS), "--env", "VRRP_TEST_INSIDE", "--env", "FAIRLEAD_BUILD", "--",
                            os.path.abspath(__file__)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    ended = False
    for line in child.stdout.splitlines():
        try:
            what, *rest = json.loads(line)
        except ValueError:
            continue
        ended = ended or what == "end"
        if what == "verdict":
            cases.check("guest: " + rest[0], rest[1], rest[2])
    cases.check("guest: told to its end", ended and child.returncode == 0, "" if ended else child.stderr[-2000:] + child.stdout[-500:])


def main():
    if os.environ.get("VRRP_TEST_INSIDE"):
        inside()
        return
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("vrrp in a virtual machine", "needs root")
        cases.finish()
    # Beside each other: both guests spend most of their time waiting.
    beside = threading.Thread(target=outside, args=(cases,))
    beside.start()
    with World("vm") as world, tempfile.TemporaryDirectory(prefix="fairlead-vm-wire-", dir="/var/tmp") as folder:
        for name, ok, detail in paused.told(world, folder, [VM, "--timeout", str(LIMIT_SECONDS)]):
            cases.check("paused machine: " + name, ok, detail)
    with World("vm") as world, tempfile.TemporaryDirectory(prefix="fairlead-vm-wire-", dir="/var/tmp") as folder:
        for name, ok, detail in asleep.told(world, folder):
            cases.check("sleeping machine: " + name, ok, detail)
    beside.join()
    cases.finish()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
