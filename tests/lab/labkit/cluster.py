"""The cluster of tests/lab/cluster, kubectl, a small client of the API for polling, and kubeconfigs from tokens."""
import base64
import http.client
import json
import os
import ssl
import subprocess
import threading
import time

from labkit.agent import LabError

CLUSTER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cluster")


def controller_command(build, kubeconfig):
    """One replica, which nobody starts again: it goes on when the API server has been away, as a Pod that restarts would."""
    return [build + "/controller/fairlead-controller", "--kubeconfig", kubeconfig, "--leader-elect=false"]


class Cluster:
    def __init__(self, folder, port=17443, etcd_port=17379):
        self.folder, self.port = folder, port
        self.audit = folder + "/audit.log"
        self.kubeconfig = folder + "/admin.kubeconfig"
        self.environment = dict(
            os.environ, KAPI_RUN=folder, KAPI_PORT=str(port), KAPI_ETCD_PORT=str(etcd_port), KAPI_STOP_DS="30",
            KAPI_SANS="IP:10.77.0.1,IP:10.78.0.1",
            KAPI_APISERVER_FLAGS=f"--audit-policy-file={CLUSTER}/audit-policy.yaml --audit-log-path={self.audit}")
        self._local = threading.local()

    def _script(self, name, *arguments):
        done = subprocess.run([f"{CLUSTER}/{name}", *arguments], env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if done.returncode != 0:
            raise LabError(f"tests/lab/cluster/{name} failed")
        return done.stdout

    def up(self):
        return self._script("up")

    def down(self):
        return self._script("down")

    def stop_api(self):
        return self._script("down", "--only", "kube-apiserver")

    def start_api(self):
        return self._script("up", "--only", "kube-apiserver")

    def binary(self, name):
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return f"{cache}/fairlead/kapi/{name}"

    def kubectl(self, *arguments, stdin=None, timeout=120):
        """(exit code, what it printed)."""
        done = subprocess.run([self.binary("kubectl"), *arguments], text=True, input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout,
                              env=dict(os.environ, KUBECONFIG=self.kubeconfig))
        return done.returncode, done.stdout

    def _connection(self, timeout):
        context = ssl.create_default_context(cafile=self.folder + "/pki/ca.crt")
        context.load_cert_chain(self.folder + "/pki/admin.crt", self.folder + "/pki/admin.key")
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=timeout)

    def api(self, method, path, body=None, kind="application/json"):
        """(status, parsed answer) as admin."""
        text = json.dumps(body) if body is not None else None
        for connection in (getattr(self._local, "connection", None), self._connection(10)):
            if connection is None:
                continue
            self._local.connection = None
            try:
                connection.request(method, path, text, {"Content-Type": kind})
                response = connection.getresponse()
                answer = json.loads(response.read() or b"{}")
            except (OSError, http.client.HTTPException) as problem:
                failure = problem  # a connection kept from before the server was stopped: a new one is tried
                continue
            self._local.connection = connection
            return response.status, answer
        raise LabError(f"{method} {path}: {failure}")

    def watch(self, path):
        """Yields (type, object) for ever; lists again whenever the server hangs up."""
        while True:
            try:
                connection = self._connection(3600)
                connection.request("GET", f"{path}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true"
                                          "&resourceVersionMatch=NotOlderThan")
                for line in connection.getresponse():
                    event = json.loads(line)
                    if event["type"] not in ("BOOKMARK", "ERROR"):
                        yield event["type"], event["object"]
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                pass  # the server is being stopped on purpose at times; the next round lists anew
            time.sleep(0.2)

    def make_node(self, name, labels):
        """A Node by hand, Ready, without taints: nobody runs a kubelet here."""
        status, answer = self.api("POST", "/api/v1/nodes", {
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
        if status != 201:
            raise LabError(f"node {name}: {answer.get('message')}")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        ready = {"type": "Ready", "status": "True", "reason": "Lab", "message": "made by the lab",
                 "lastHeartbeatTime": now, "lastTransitionTime": now}
        self.api("PATCH", f"/api/v1/nodes/{name}", {"spec": {"taints": None}}, "application/merge-patch+json")
        status, answer = self.api("PATCH", f"/api/v1/nodes/{name}/status", {"status": {"conditions": [ready]}},
                                  "application/strategic-merge-patch+json")
        if status != 200:
            raise LabError(f"node {name}: {answer.get('message')}")

    def token(self, account, node=None):
        more = ["--bound-object-kind", "Node", "--bound-object-name", node] if node else []
        code, out = self.kubectl("create", "token", account, "-n", "fairlead-system", "--duration", "4h", *more)
        if code != 0:
            raise LabError(f"token of {account}: {out.strip()}")
        return out.strip()

    def kubeconfig_of(self, account, server, node=None):
        """The text of a kubeconfig that holds a token of the service account and nothing else."""
        with open(self.folder + "/pki/ca.crt", "rb") as file:
            authority = base64.b64encode(file.read()).decode()
        return f"""apiVersion: v1
kind: Config
clusters:
- name: lab
  cluster:
    server: {server}
    certificate-authority-data: {authority}
users:
- name: {account}
  user:
    token: {self.token(account, node)}
contexts:
- name: lab
  context:
    cluster: lab
    user: {account}
current-context: lab
"""
