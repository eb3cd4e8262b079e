"""For controller_test.py: the controller as a process of its own."""
import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from patience import SLOW

BINARY = os.environ["FAIRLEAD_BUILD"] + "/controller/fairlead-controller"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def kubeconfig_of(api, folder, token, ca=None, name="controller"):
    _, text = api.kubectl("config", "view", "--raw", "--minify", "-o", "json")
    cluster = json.loads(text)["clusters"][0]["cluster"]
    if ca is not None:
        cluster = {"server": cluster["server"], "certificate-authority-data": ca}
    path = f"{folder}/{name}.kubeconfig"
    with open(path, "w") as file:
        json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                   "clusters": [{"name": "k", "cluster": cluster}],
                   "users": [{"name": "u", "user": {"token": token}}],
                   "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}, file)
    os.chmod(path, 0o600)
    return path


class Controller:
    """One running controller; its log goes to a file."""

    def __init__(self, folder, kubeconfig, name="controller", *words, prefix=(), log_level="debug"):
        self.health, self.metrics = free_port(), free_port()
        self.log_path = f"{folder}/{name}.log"
        self._log = open(self.log_path, "w")
        self.process = subprocess.Popen(
            [*prefix, BINARY, "--kubeconfig", kubeconfig, "--health-address", f"127.0.0.1:{self.health}",
             "--metrics-address", f"127.0.0.1:{self.metrics}", "--log-level", log_level, *words],
            stdout=self._log, stderr=subprocess.STDOUT)

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def get(self, port, path):
        """(HTTP status, text); (0, "") while it does not listen."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, line_start):
        """The values of all series that begin so, added up."""
        found = [line for line in self.get(self.metrics, "/metrics")[1].splitlines() if line.startswith(line_start)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20 * SLOW)
        self._log.close()
        return code
