#!/usr/bin/python3
"""FN-17: a machine reboots while the API server is gone. It is a virtual machine whose disk, with the checkpoint, is all that stays:
once its power is cut, once it shuts down. After each boot it serves through IPVS as before, until the API server is back, and then
goes on by that. With an empty disk it serves nothing. I-9."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.setdefault("FAIRLEAD_BUILD", TREE + "/build/release")
sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/api"]
import apiserver  # noqa: E402
from labkit.cases import Cases  # noqa: E402
from node_world import VIP, World  # noqa: E402
from patience import until  # noqa: E402

VM = TREE + "/tests/lab/vm/run"
BOOT_SECONDS, SECONDS = 90, 60
MOST_TRIES = 3
LOOKS = 12  # with an answer, then it shuts down


class Machine:
    """From power on to its end. `looks`: what the machine said of itself, see reboot_machine.py."""

    def __init__(self, folder, disk, name, arguments, shuts_down=False):
        self.looks, self.log_path = [], f"{folder}/{name}.log"
        with open(self.log_path, "w") as log:
            self.child = subprocess.Popen([VM, "--timeout", "300", "--disk", disk, "--env", "FAIRLEAD_BUILD", "--", "/usr/bin/python3",
                                           TREE + "/tests/vm/reboot_machine.py", *arguments, str(LOOKS if shuts_down else 0)], text=True,
                                          stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            self.looks.append({**json.loads(line), "heard": time.monotonic()})

    def first(self):
        """What it said when it was up, or {}."""
        until(lambda: self.looks or self.child.poll() is not None, BOOT_SECONDS)
        return self.looks[0] if self.looks else {}

    def keeps_time(self):
        """Whether its clock goes as ours. On a busy machine a guest may take its processor for another one, and its minutes are seconds."""
        until(lambda: len(self.looks) >= 4 or self.child.poll() is not None, BOOT_SECONDS)
        if len(self.looks) < 4:
            return False
        first, last = self.looks[1], self.looks[3]
        rate = (last["clock"] - first["clock"]) / (last["heard"] - first["heard"])
        print(f"its clock goes {rate:.2f} times as fast as ours", flush=True)
        return 0.5 < rate < 2

    def last(self):
        return self.looks[-1] if self.looks else {}

    def serves(self, source):
        """A client is answered, and the daemon goes by that plan, as Master."""
        wanted = {"answer": "real", "planSource": source, "group": "Master", "healthz": 200, "readyz": 200, "stale": source != "API"}
        return until(lambda: wanted.items() <= self.last().items(), SECONDS)

    def silences(self):
        """How often a client got no answer since the first one."""
        answers = [look["answer"] for look in list(self.looks) if "answer" in look]
        since = answers[answers.index("real"):] if "real" in answers else None
        return since and len(since) - since.count("real")

    def cut_power(self):
        self.child.send_signal(signal.SIGTERM)  # run(1) kills QEMU
        self.child.wait(20)

    def ended(self):
        """The daemon's exit code, and the machine's."""
        code = self.child.wait(SECONDS)
        self.reader.join(10)
        return self.last().get("ended"), code

    def told(self):
        with open(self.log_path) as log:
            return f"{self.looks[:1]} {self.looks[-2:]} {log.read()[-2500:]}"


def empty_disk(path):
    with open(path, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", path], check=True)
    return path


def away(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def story(cases, api, folder):
    world, disk = World(api, folder), empty_disk(folder + "/disk")
    world.make_node()
    arguments = [world.kubeconfig("node"), f"10.0.2.2:{world.path.port}"]
    world.group("g", 51, [{"address": VIP, "forwarding": "NAT"}])
    world.server_set("web", "g", VIP + ":80", ["10.0.0.1"])
    boots = []

    def check(name, ok, machine):
        return cases.check(name, ok, "" if ok else machine.told())

    def boot(name, shuts_down=False, on=disk):
        for _ in range(MOST_TRIES):
            machine = Machine(folder, on, name, arguments, shuts_down)
            boots.append(machine.first().get("boot"))
            if machine.keeps_time():
                break
            machine.cut_power()
        return machine
    machine = boot("first")
    check("with the API server: a client is answered by the real server, through IPVS", machine.serves("API") and
          until(lambda: world.state("g") == "Master", 20), machine)
    before = world.entry("g").get("instance")
    machine.cut_power()
    api.stop()
    machine = boot("after-power-loss", shuts_down=True)
    check("power lost, the API server gone: it serves from its checkpoint, and says that it is stale", machine.serves("Checkpoint") and
          away(world.path.port), machine)
    check("it shuts down in order", machine.ended() == (0, 0), machine)
    machine = boot("after-shutdown")
    check("shut down and started, the API server still gone: it serves from its checkpoint", machine.serves("Checkpoint") and
          away(world.path.port), machine)
    api.start()
    check("the API server is back: it goes by that, and says so", machine.serves("API") and
          until(lambda: world.entry("g").get("instance") not in (None, before) and world.state("g") == "Master"), machine)
    cases.check("and has answered all the while", machine.silences() == 0, machine.silences())
    machine.cut_power()
    api.stop()
    machine = boot("nothing-on-disk", on=empty_disk(folder + "/empty"))
    idle = until(lambda: len([look for look in machine.looks if look.get("healthz") == 200]) >= LOOKS, SECONDS)
    check("control: with an empty disk, and no API server, nothing is served", idle and machine.last().get("planSource") == "None" and
          not any(look.get("answer") == "real" for look in machine.looks), machine)
    machine.cut_power()
    cases.check("each was a boot of its own", None not in boots and len(set(boots)) == len(boots) >= 4, boots)


def main():
    if os.geteuid() != 0:
        cases = Cases()
        cases.skip("reboot of a virtual machine", "needs root")
        cases.finish()
    os.environ.pop("KUBECONFIG", None)  # the API server is stopped
    cases = Cases()
    # On this machine's own /, which the guest sees.
    with tempfile.TemporaryDirectory(prefix="fairlead-reboot-", dir="/var/tmp") as folder, apiserver.api_server() as api:
        story(cases, api, folder)
    cases.finish()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
