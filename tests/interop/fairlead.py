"""vrrp_runner: Fairlead's vrrp thread as a program. `start` with VirtualRouters, then ask it."""
import json
import os
import re
import signal

from world import BUILD, wait_for


class Fairlead:
    """vrrp_runner: the node's vrrp thread."""
    kind = "fairlead"

    def __init__(self, world, namespace, name="f"):
        self.world, self.namespace, self.node = world, namespace, name
        self.folder = f"{world.folder}/{namespace}-{name}"
        os.makedirs(self.folder, exist_ok=True)
        self.program, self.starts, self.files = None, 0, []
        self.before, self.options = [], []  # words before the program, and after it
        self.fence = True  # the finer one, as fairlead-node has it

    def group(self, router):
        members = [{"node": self.node, "priority": router.priority}]
        members += [{"node": f"other{i}", "priority": p} for i, p in enumerate(router.others)]
        spec = {"family": f"IPv{router.family}", "virtualRouterID": router.vrid, "interface": router.interface,
                "version": router.version, "advertIntervalMs": router.interval, "preempt": router.preempt,
                "checksum": router.checksum, "members": members,
                "addresses": [{"address": v, "prefixLength": router.prefix()} for v in router.vips]}
        if router.excluded:
            spec["excludedAddresses"] = [{"address": v, "prefixLength": router.prefix()} for v in router.excluded]
        if router.password is not None:
            with open(f"{self.folder}/{router.name}.password", "w") as file:
                file.write(router.password)
            spec["authentication"] = {"type": "PASS", "passwordFile": router.name + ".password"}
        if router.peers:
            spec["transport"] = "Unicast"
            members[0]["unicastAddress"] = router.own
            spec["foreignPeers"] = [{"address": a, "minTTL": router.min_ttl} for a in router.peers]
        spec.update(dict(router.extra))
        return {"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": router.name}, "spec": spec}

    def write(self, routers):
        self.files = [f"{self.folder}/{r.name}.json" for r in routers]
        for path, router in zip(self.files, routers):
            with open(path + ".new", "w") as file:
                json.dump(self.group(router), file)
            os.rename(path + ".new", path)

    def start(self, routers):
        self.write(routers)
        self.starts += 1
        command = [*self.before, BUILD + "/support/vrrp_runner", "--node", self.node, "--log", "--password-dir", self.folder,
                   *(["--fence"] if self.fence else []), *self.options, *self.files]
        self.program = self.world.spawn(self.namespace, command, f"{self.namespace}-{self.node}-{self.starts}.log")
        return self

    def reload(self, routers):
        """The files are written anew and read again; groups of the start only."""
        before = self.program.text().count("\nsequence=")
        self.write(routers)
        self.program.signal(signal.SIGHUP)
        wait_for(lambda: self.program.text().count("\nsequence=") > before, 5)

    def lines(self, begin):
        return [x for x in self.program.text().splitlines() if x.startswith(begin)]

    def refused(self, name=""):
        return [x for x in self.lines("refused ") if not name or re.search(rf"[ /]{re.escape(name)}[:.]", x)]

    def reports(self, name):
        return [dict(w.split("=", 1) for w in x.split()) for x in self.lines(f"group={name} ")]

    def state(self, name):
        reports = self.reports(name)
        return reports[-1]["state"] if reports else "none"

    def became(self, name):
        states = [r["state"] for r in self.reports(name)]
        return sum(1 for a, b in zip(["none"] + states, states) if b == "Master" and a != "Master")

    def problems(self, name):
        """Every problem that was ever reported of the group."""
        return {p for r in self.reports(name) for p in r.get("problems", "").split(",") if p}

    def logged(self, event, *words):
        """The log's lines of an event that hold all the words."""
        return [x for x in self.program.text().splitlines() if f" {event} " in x + " " and all(w in x for w in words)]

    def metrics(self):
        """{name{labels}: value} right now."""
        before = self.program.text().count("end of metrics")
        self.program.signal(signal.SIGUSR1)
        if not wait_for(lambda: self.program.text().count("end of metrics") > before, 5):
            raise RuntimeError(f"no metrics came of {self.node}")
        block = self.program.text().rsplit("end of metrics", 1)[0].rsplit("end of metrics", 1)[-1]
        found = re.findall(r"^(fairlead_\w+(?:\{[^}]*\})?) (\S+)$", block, re.M)
        return {name: float(value) for name, value in found}

    def metric(self, name, **labels):
        """The sum of the series with these labels."""
        return sum(v for k, v in self.metrics().items()
                   if k.split("{")[0] == name and all(f'{a}="{b}"' in k for a, b in labels.items()))

    def kill(self):
        self.program.end(signal.SIGKILL)

    def freeze(self):
        self.program.signal(signal.SIGSTOP)

    def thaw(self):
        self.program.signal(signal.SIGCONT)

    def stop(self):
        return self.program.end(signal.SIGTERM)
