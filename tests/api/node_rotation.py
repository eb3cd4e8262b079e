"""For node_faults_test.py: its token and the API server's CA change while the node runs (K-35, K-36)."""
import os

import rotation
from fake_api_server import Certificates
from fault_proxy import FaultProxy
from node_world import VIP, Daemon, Path
from patience import until

HELD = 170  # the first number of the groups that are made meanwhile


class Subject:
    """What rotation.py asks of a component."""

    def __init__(self, verdicts, world, link, proxy):
        self._world, self._link, self.proxy = world, link, proxy
        self._verdicts, self._daemon = verdicts, None
        self._path = Path(f"https://127.0.0.1:{proxy.port}")
        self.tokens = [world.new_token() for _ in range(3)]

    def check(self, name, ok, detail=""):
        self._verdicts.add(name, ok, str(detail))

    def begin(self, kubeconfig):
        self._path.open()
        until(self._path.leads)
        self._daemon = Daemon(self._world.folder, kubeconfig, "rotated")
        until(lambda: self._world.state("g") == "Master" and self.well())

    def well(self):
        daemon = self._daemon
        return (daemon.process.poll() is None and daemon.health("/healthz") == 200 and daemon.health("/readyz") == 200 and
                daemon.group("g").get("state") == "Master" and self._link.holds(VIP))

    def log(self):
        return self._daemon.log()

    @staticmethod
    def _name(number):
        return f"rotated-{number}"

    def make(self, number):
        self._world.group(self._name(number), number, [{"address": f"192.0.2.{number}", "forwarding": "Delegate"}])

    def served(self, number):
        return self._world.state(self._name(number)) == "Master" and self._link.holds(f"192.0.2.{number}")

    def remove(self, number):
        self._world.delete(f"/apis/fairlead.dev/v1alpha1/vrrpgroups/{self._name(number)}")
        self.check(f"and {self._name(number)} goes", until(lambda: not self._link.holds(f"192.0.2.{number}")), self.log()[-1500:])

    def end(self):
        self.check("rotation: it ends well", self._daemon.stop() == 0)
        self._path.cut()


def credentials_change(verdicts, world, link):
    """With a daemon of its own, whose API server is behind the proxy."""
    folder = world.folder + "/rotation"
    os.makedirs(folder)
    certificates = Certificates(folder)
    certificates.make("good", "kube-apiserver", "IP:127.0.0.1")
    with FaultProxy(certificates, world.cluster) as proxy:
        rotation.rotated(Subject(verdicts, world, link, proxy), folder, certificates, HELD)
