"""For node_test.py: the daemon is killed and started again, with netwatch as judge of addresses and adverts (FN-01); what it
leaves on a kernel without tags."""
import json
import os
import signal
import subprocess
import time

from node_world import BUILD, FAR, NAMESPACE, OURS, Daemon, must, node_command
from patience import until

# Group g: 250 ms adverts; node-b has priority 100, so that it could be Master 902 ms after the last advert.
SUCCESSOR_MS = 902
MS = 1_000_000


class Watch:
    """netwatch over the node's namespace, and over the frames that arrive at the far end."""

    def __init__(self, path):
        self.path = path
        self.process = subprocess.Popen([BUILD + "/support/netwatch", path, NAMESPACE, "+" + FAR])
        if not until(lambda: any(e["ev"] == "ready" for e in self.events()), 20):
            raise RuntimeError("netwatch is not ready")

    def events(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def adverts(self, vrid):
        """When they arrived (ns)."""
        return [e["t"] for e in self.events() if e["ev"] == "vrrp" and e["vrid"] == vrid]

    def losses(self, address, since):
        """How often the address went since then."""
        return [e["t"] for e in self.events() if e["ev"] == "addr" and e["op"] == "del" and e["t"] >= since and
                e["addr"].split("/")[0] == address]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        return [e for e in self.events() if e["ev"] == "lost"]


def resumes(verdicts, world, link, paths, daemon, vip):
    """Killed right after an advert and started at once: the address stays, and so does the role; with the API server there
    and cut off. paths: (folder, kubeconfig). The new daemon."""
    folder, good = paths
    for api in ("up", "cut off"):
        until(lambda: world.state("g") == "Master" and link.holds(vip))
        if api == "cut off":
            world.path.cut()
        watch = Watch(f"{folder}/restart-{api.split()[0]}.jsonl")
        said = len(watch.adverts(51))
        until(lambda: len(watch.adverts(51)) > said, 5)
        daemon.kill()
        started = time.monotonic_ns()
        daemon = Daemon(folder, good, "resumed-" + api.split()[0])
        first = until(lambda: next((t for t in watch.adverts(51) if t > started), None), 10)
        time.sleep(2)
        took = (first - started) / MS if first else None
        print(f"from exec to the first advert, API {api}: {took} ms", flush=True)
        times = watch.adverts(51)
        gap = max((b - a) / MS for a, b in zip(times, times[1:]))
        shown = daemon.group("g").get("lastTransition", {})
        verdicts.add(f"killed and started, API {api}: it resumes", shown.get("reason") == "Resumed",
                     f"{shown} first advert after {took} ms {daemon.log()[-3000:]}")
        verdicts.add(f"killed and started, API {api}: the address never went", first and not watch.losses(vip, started) and
                     link.holds(vip), str(watch.losses(vip, started)))
        verdicts.add(f"killed and started, API {api}: no gap that makes another Master", gap < SUCCESSOR_MS, f"{gap:.1f} ms")
        verdicts.add(f"killed and started, API {api}: netwatch missed nothing", not watch.end(), "")
        if api == "cut off":
            world.path.open()
        caught_up = until(lambda: world.entry("g").get("lastTransition", {}).get("reason") == "Resumed" and
                          world.entry("g").get("instance") == daemon.state().get("instance"), 40)
        verdicts.add(f"killed and started, API {api}: the status says so in the end", caught_up and world.state("g") == "Master",
                     json.dumps(world.entry("g")))
    return daemon


def ends_unheard(verdicts, world, link, paths, daemon, vip):
    """Started without the API server, and stopped in the moment it is back, before the list of groups was seen: what the earlier
    run claimed does not stay. paths: (folder, kubeconfig). A new daemon."""
    folder, good = paths
    until(lambda: world.state("g") == "Master" and link.holds(vip))
    world.path.cut()
    daemon.kill()
    daemon = Daemon(folder, good, "unheard")
    until(lambda: daemon.group("g").get("state") == "Master")
    time.sleep(3)  # its watch waits longer and longer between two tries
    claim = world.entry("g")
    world.path.open()
    until(world.path.leads, 5)
    instance, source = daemon.state().get("instance"), daemon.state().get("planSource")
    code = daemon.stop()
    entry = world.entry("g")
    print(f"stopped in the moment the API server is back: the plan was from {source}", flush=True)
    verdicts.add("stopped in the moment the API server is back: exit 0, the claim of the run before is gone",
                 code == 0 and claim.get("state") == "Master" and claim.get("instance") != instance and
                 entry.get("state") == "Initialize" and entry.get("instance") == instance,
                 f"exit {code}: {json.dumps(claim)} {json.dumps(entry)} {daemon.log()[-2000:]}")
    return Daemon(folder, good, "heard")


def forgets_tag(verdicts, world, link, paths, daemon):
    """Linux before 5.18: of IPv6 nothing but the checkpoint tells what is ours. After a kill it goes, by a start or by cleanup,
    and what only looks like ours stays. The new daemon."""
    folder, good = paths
    forgetful = ("env", f"LD_PRELOAD={BUILD}/support/libforget_tag.so")
    ours, lookalike = ("fe80::66", "2001:db8::66"), "2001:db8::190"
    world.group("six", 66, [{"address": a, "forwarding": "Delegate"} for a in ours], family="IPv6")
    must("ip", "-n", NAMESPACE, "address", "add", lookalike + "/128", "dev", "vip0", "valid_lft", "600", "preferred_lft", "0", "nodad")
    daemon.stop()

    def serving(name):
        daemon = Daemon(folder, good, name, prefix=forgetful)
        until(lambda: daemon.group("six").get("state") == "Master" and all(link.holds(a) for a in ours))
        until(lambda: world.entry("six").get("instance") == daemon.state().get("instance"))
        verdicts.add(f"no tag, {name}: serves, and no condition comes of it", all(link.holds(a) for a in ours) and
                     world.problems("six") in ([], ["FenceOverlap"]), f"{world.entry('six')} {daemon.log()[-2000:]}")
        return daemon
    serving("forgetful").kill()
    daemon = serving("forgetful-again")
    verdicts.add("no tag: a restart removes what the checkpoint lists", "vrrp.leftovers_removed" in daemon.log(), daemon.log()[-3000:])
    daemon.kill()
    code, out, errors = node_command("cleanup", "--state-dir", daemon.state_dir, prefix=forgetful)
    verdicts.add("no tag: so does cleanup", code == 0 and not any(link.holds(a) for a in ours) and
                 all(f"removed address {a} from vip0" in out for a in ours), f"exit {code}: {out}{errors}")
    verdicts.add("no tag: what only looks like ours is left alone", link.holds(lookalike), str(link.addresses()))
    must("ip", "-n", NAMESPACE, "address", "del", lookalike + "/128", "dev", "vip0")
    world.delete(f"{OURS}/vrrpgroups/six")
    return Daemon(folder, good, "remembers")
