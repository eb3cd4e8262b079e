"""For controller_faults_test.py: the controller behind a proxy that can be told to misbehave, objects, and what nodes would report."""
import contextlib
import json
import time

from controller_process import Controller
from controller_world import OURS, Gone, World
from fault_proxy import FaultProxy
from patience import until

NODES = ("node-a", "node-b")


class Stage:
    def __init__(self, verdicts, api, folder, certificates):
        self.verdicts, self.api, self.folder, self.certificates = verdicts, api, folder, certificates
        self.world, self.controller, self.proxy = World(api), None, None
        self.mute = set()  # nodes that report nothing
        _, text = api.kubectl("config", "view", "--raw", "--minify", "-o", "json")
        self._cluster = json.loads(text)["clusters"][0]["cluster"]
        self._token, self._runs = self.new_token(), 0

    def check(self, name, ok, detail=""):
        self.verdicts.add(name, ok, str(detail))

    def new_token(self):
        """No two are the same."""
        code, token = self.api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=2h")
        if code != 0:
            raise RuntimeError("token: " + token)
        return token.strip()

    def proxied(self):
        """To be used with `with`."""
        self.proxy = FaultProxy(self.certificates, self._cluster)
        return self.proxy

    def start(self, *words, prefix=(), kubeconfig=None):
        """A controller that leads without a Lease, so that each of its writes is about its work."""
        self._runs += 1
        kubeconfig = kubeconfig or self.proxy.kubeconfig({"token": self._token})
        self.controller = Controller(self.folder, kubeconfig, f"run-{self._runs}", "--leader-elect=false", *words, prefix=prefix)
        return self.controller

    def ready(self, seconds=40):
        return until(lambda: self.controller.process.poll() is not None or self.controller.get(self.controller.health, "/readyz")[0] == 200, seconds)

    def stop(self):
        """Its exit code, 0 without one."""
        code = self.controller.stop() if self.controller else 0
        self.controller = None
        return code

    def well(self):
        health = self.controller.get(self.controller.health, "/healthz")[0]
        return self.controller.process.poll() is None and health == 200

    def log(self):
        return self.controller.log()[-1500:] if self.controller else ""

    def kinds_known(self):
        """The API server knows a kind some time after it has started, or after its CRD was made."""
        until(lambda: all(self.world.get(f"{OURS}/{plural}") for plural in (
            "virtualips", "addressclaims", "addresspools", "nodereports", "vrrpgroups", "realserversets")))

    def cluster(self):
        self.kinds_known()
        for number, node in enumerate(NODES, 1):
            self.world.node(node, f"192.0.2.{number}")
            self.world.report(node, f"192.0.2.{number}")
        self.world.pool("public", ["192.0.2.64/26"])

    def vip(self, name, number):
        self.world.vip(name, {"addresses": [f"192.0.2.{number}"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})

    def nodes_report(self):
        """Every member that has not reported its group's generation does, unless it is mute; node-a is Master where it is a member."""
        for group in self.world.items("vrrpgroups"):
            name, wanted = group["metadata"]["name"], group["metadata"]["generation"]
            entries = {e["node"]: e for e in group.get("status", {}).get("members", [])}
            for member in group["spec"]["members"]:
                node = member["node"]
                if node in self.mute or entries.get(node, {}).get("observedGeneration") == wanted:
                    continue
                state = {"state": "Master"} if node == "node-a" else {"state": "Backup", "hears": "192.0.2.1"}
                if not group["spec"].get("addresses"):
                    state = {"state": "Initialize"}
                with contextlib.suppress(Gone):
                    self.world.member(name, node, **state)

    def serves(self, *names):
        """Each of them is Ready, with its address in exactly one group, its set and its finalizer."""
        self.nodes_report()
        groups = self.world.items("vrrpgroups")
        for name in names:
            vip = self.world.vip_of(name) or {}
            address = (vip.get("spec", {}).get("addresses") or [None])[0]
            holders = [g["metadata"]["name"] for g in groups for a in g["spec"].get("addresses", []) if a["address"] == address]
            owners = [o["uid"] for g in groups for a in g["spec"].get("addresses", []) if a["address"] == address for o in a["owners"]]
            if (vip.get("status", {}).get("state") != "Ready" or len(holders) != 1 or owners != [vip["metadata"]["uid"]]
                    or vip["metadata"].get("finalizers") != ["fairlead.dev/release"]
                    or not self.world.get(f"{OURS}/namespaces/default/realserversets/{name}-v4-0")):
                return False
        return True

    def left(self):
        """What there is of ours, apart from pools and reports."""
        return {plural: [o["metadata"]["name"] for o in self.world.items(plural)]
                for plural in ("virtualips", "addressclaims", "vrrpgroups", "realserversets")}

    def remove(self, *names, claims=True):
        """True once nothing of them is left, their claims, which go last, neither (unless a node that does not report keeps them:
        `claims` False); the nodes report meanwhile."""
        for name in names:
            self.world.delete(f"{OURS}/namespaces/default/virtualips/{name}")

        def gone():
            self.nodes_report()
            claimed = {claim["spec"]["owner"]["name"] for claim in self.world.items("addressclaims")}
            return not (claims and claimed & set(names)) and not any(self.world.vip_of(name) for name in names)
        return until(gone, 40)

    def still(self, seconds):
        """True if nothing of ours changes for so long."""
        before = self.world.versions()
        time.sleep(seconds)
        return self.world.versions() == before
