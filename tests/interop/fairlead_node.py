"""fairlead-node itself, told by a folder of static manifests. `start` with VirtualRouters, as the other programs of routers.py;
`manifests` adds other objects."""
import json
import os
import re
import signal

from fairlead import Fairlead
from world import BUILD


class FairleadNode(Fairlead):
    """Addresses are Delegate: held, and served by whoever listens on them."""
    kind = "fairlead-node"
    forwarding = "Delegate"

    def __init__(self, world, namespace, name="f", options=()):
        super().__init__(world, namespace, name)
        self.options, self.manifests, self.environment = list(options), [], {}

    def group(self, router):
        made = super().group(router)
        for address in made["spec"]["addresses"]:
            address["forwarding"] = self.forwarding
        return made

    def write(self, routers):
        """One file: documents of a stream of YAML may be written in JSON."""
        os.makedirs(self.folder + "/static", exist_ok=True)
        os.makedirs(self.folder + "/state", mode=0o700, exist_ok=True)
        told = [self.group(r) for r in routers] + self.manifests
        with open(self.folder + "/told.new", "w") as file:
            file.write("".join(f"---\n{json.dumps(each)}\n" for each in told))
        os.rename(self.folder + "/told.new", self.folder + "/static/told.yaml")

    def source(self):
        """The words that say where its plan comes from."""
        return ["--static", self.folder + "/static", "--no-api"]

    def start(self, routers):
        self.write(routers)
        self.starts += 1
        command = ["env", *[f"{name}={value}" for name, value in self.environment.items()], *self.before,
                   BUILD + "/node/fairlead-node", "--node-name", self.node, *self.source(), "--state-dir", self.folder + "/state",
                   "--password-dir", self.folder, *self.options]
        self.program = self.world.spawn(self.namespace, command, f"{self.namespace}-{self.node}-{self.starts}.log")
        return self

    def reload(self, routers):
        """It sees by itself that the file is another one."""
        self.write(routers)

    def state(self, name):
        words = {"became_active": "Master", "became_backup": "Backup", "initialize": "Initialize"}
        found = re.findall(rf" vrrp\.({'|'.join(words)}) group={re.escape(name)} ", self.program.text())
        return words[found[-1]] if found else "none"

    def became(self, name):
        return len(re.findall(rf" vrrp\.became_active group={re.escape(name)} ", self.program.text()))

    def pids(self):
        return [self.program.child.pid]

    def kill(self):
        self.program.end(signal.SIGKILL)
