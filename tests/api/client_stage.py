"""For the scripts that play lib/apiserver's client against a server of their own: a client, a server, and what they show."""
import tempfile

import apiserver
from api_client import Client
from fake_api_server import Certificates, Server

MAPS = "watch /api/v1 configmaps ConfigMap"


class Stage:
    def __init__(self, certificates, verdicts, name):
        self.certificates, self._verdicts, self._name = certificates, verdicts, name

    def check(self, what, ok, detail=""):
        self._verdicts.add(f"{self._name}: {what}", ok, str(detail))

    def server(self, script, certificate="good", watch_lists=False):
        return Server(self.certificates, certificate, script, watch_lists)

    def client(self, server, **user):
        return Client(server.kubeconfig(user or {"token": "t"}))


def play(parts):
    """Every part with a stage of its own; ends the script."""
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-faults-") as folder:
        certificates = Certificates(folder)
        certificates.make("good", "kube-apiserver", "IP:127.0.0.1")
        certificates.make("other", "kube-apiserver", "IP:192.0.2.1,DNS:other.example")
        certificates.make("common", "127.0.0.1", "DNS:other.example")
        for part in parts:
            part(Stage(certificates, verdicts, part.__name__))
    verdicts.end()
