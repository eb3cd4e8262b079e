"""For the tests of the node: another member of one of its groups, which needs no API server."""
import json
import re
import subprocess

from node_world import BUILD, FAR, NODE, must


class Rival:
    """vrrp_runner at the far end: as node-b, of priority 100, the vrrp thread of Fairlead for one group of 250 ms."""

    def __init__(self, folder, name, vrid, address):
        self.name, self.address, self.path = name, address, f"{folder}/{name}"
        spec = {"family": "IPv4", "virtualRouterID": vrid, "interface": "far0", "advertIntervalMs": 250,
                "addresses": [{"address": address}], "members": [{"node": NODE, "priority": 200}, {"node": "node-b", "priority": 100}]}
        with open(self.path + ".json", "w") as file:
            json.dump({"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": name}, "spec": spec}, file)
        with open(self.path + ".log", "w") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", FAR, BUILD + "/support/vrrp_runner", "--node", "node-b",
                                             self.path + ".json"], stdout=log)

    def said(self):
        with open(self.path + ".log") as log:
            return log.read()

    def state(self):
        told = re.findall(rf"^group={self.name} state=(\S+)", self.said(), re.MULTILINE)
        return told[-1] if told else None

    def holds(self):
        links = json.loads(must("ip", "-n", FAR, "-j", "address", "show", "dev", "far0"))
        return self.address in [entry["local"] for entry in links[0]["addr_info"]]

    def end(self):
        self.process.terminate()
        self.process.wait(10)
