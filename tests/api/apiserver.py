"""A real API server for the scripts of this folder: the one of $KUBECONFIG, else one started for the script and
stopped after it; a script that asks for flags gets its own in any case. $FAIRLEAD_KUBERNETES (1.31) starts another version than
the usual one. Requests go through `kubectl proxy`, so that a case costs milliseconds."""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLUSTER = TREE + "/tests/lab/cluster"
VERSION = os.environ.get("FAIRLEAD_KUBERNETES", "")
# kubectl before 1.33 binds no token to a Node without it.
KUBECTL_ENVIRONMENT = dict(os.environ, KUBECTL_NODE_BOUND_TOKENS="true")


def older_than(minor):
    """Whether the API server of the script is older than 1.<minor>. Without $FAIRLEAD_KUBERNETES it is the newest that we know."""
    return bool(VERSION) and int(VERSION.split(".")[1]) < minor


class Api:
    def __init__(self, kubectl, kubeconfig, base, env):
        self._kubectl, self._kubeconfig, self._base, self._env = kubectl, kubeconfig, base, env

    def restart(self, flags):
        """The API server anew, with other flags and all that was in it. Only one that was started for the script."""
        for command in ("down", "up"):
            subprocess.run([f"{CLUSTER}/{command}", "--only", "kube-apiserver"], check=True, stdout=subprocess.DEVNULL,
                           env=dict(self._env, KAPI_APISERVER_FLAGS=flags))

    def stop(self):
        """The API server ends; start() brings it back with all that was in it. As for restart()."""
        self._only("down", "kube-apiserver")

    def start(self):
        self._only("up", "kube-apiserver")

    def _only(self, command, program):
        subprocess.run([f"{CLUSTER}/{command}", "--only", program], check=True, stdout=subprocess.DEVNULL, env=self._env)

    def backup(self, history=500):
        """All that etcd has, in a folder of its own; the API server is away meanwhile. As for restart()."""
        data = self._env["KAPI_RUN"] + "/etcd"
        for program in ("kube-apiserver", "etcd"):
            self._only("down", program)
        shutil.copytree(data, data + "-backup")
        for program in ("etcd", "kube-apiserver"):
            self._only("up", program)
        self.make_history(history)

    def make_history(self, writes):
        """What comes after them has versions that the API server, restored, does not reach soon: else a watch would go on from one
        that it has again, and nobody could tell."""
        path = "/api/v1/namespaces/default/configmaps"
        self.request("POST", path, json.dumps({"metadata": {"name": "history"}}), "application/json")
        for number in range(writes):
            status, answer = self.request("PATCH", path + "/history", json.dumps({"data": {"number": str(number)}}),
                                          "application/merge-patch+json")
            if status != 200:
                raise AssertionError(f"a write of the history: {status} {answer}")

    def restore(self):
        """Back to what backup() saw, resourceVersions and all."""
        data = self._env["KAPI_RUN"] + "/etcd"
        for program in ("kube-apiserver", "etcd"):
            self._only("down", program)
        shutil.rmtree(data)
        shutil.copytree(data + "-backup", data)
        for program in ("etcd", "kube-apiserver"):
            self._only("up", program)

    def kubectl(self, *words):
        """(exit code, output and errors together)"""
        done = subprocess.run([self._kubectl, "--kubeconfig", self._kubeconfig, *words], text=True, cwd=TREE, env=KUBECTL_ENVIRONMENT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def request(self, method, path, body=None, kind="application/yaml", accept="application/json"):
        """(HTTP status, decoded answer)"""
        request = urllib.request.Request(self._base + path, method=method, data=body.encode() if body else None,
                                         headers={"Content-Type": kind, "Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                return error.code, json.loads(text)
            except ValueError:  # where it knows no such group, it says "404 page not found"
                return error.code, {"message": text}


class Verdicts:
    """One line per case, and the sum at the end."""

    def __init__(self):
        self.passed = self.failed = 0

    def add(self, name, ok, detail=""):
        self.passed, self.failed = self.passed + bool(ok), self.failed + (not ok)
        print(("ok      " if ok else "FAILED  ") + name + ("" if ok else "\n        " + detail.replace("\n", "\n        ")), flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed, 0 skipped")
        sys.exit(1 if self.failed or not self.passed else 0)


def _free_ports():
    """One for the API server, and one for etcd, which takes the next one, too."""
    while True:
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
            sockets[0].bind(("127.0.0.1", 0))
            sockets[1].bind(("127.0.0.1", 0))
            first, second = (s.getsockname()[1] for s in sockets[:2])
            with contextlib.suppress(OSError, OverflowError):
                sockets[2].bind(("127.0.0.1", second + 1))
                return first, second


@contextlib.contextmanager
def _cluster(flags, controllers):
    """(kubeconfig, the environment of up and down)"""
    if os.environ.get("KUBECONFIG") and not flags:
        yield os.environ["KUBECONFIG"], None
        return
    folder = tempfile.mkdtemp(prefix="fairlead-crd-")
    ports = _free_ports()
    env = dict(os.environ, KAPI_RUN=folder, KAPI_PORT=str(ports[0]), KAPI_ETCD_PORT=str(ports[1]),
               KAPI_APISERVER_FLAGS=flags,
               KAPI_CONTROLLERS=",".join(("namespace-controller", "serviceaccount-controller", *controllers)))
    try:
        subprocess.run([CLUSTER + "/up"], env=env, check=True)
        yield folder + "/admin.kubeconfig", env
    finally:
        subprocess.run([CLUSTER + "/down"], env=env, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _is_wanted(api):
    """$KUBECONFIG may lead to any."""
    found = json.loads(api.kubectl("version", "-o", "json")[1])["serverVersion"]["gitVersion"]
    if not found.startswith(f"v{VERSION}."):
        sys.exit(f"the API server is {found}, FAIRLEAD_KUBERNETES asks for {VERSION}")


@contextlib.contextmanager
def api_server(flags="", controllers=()):
    """flags: of the API server. controllers: of kube-controller-manager, besides namespaces and service accounts."""
    binaries = subprocess.run([CLUSTER + "/build"], text=True, stdout=subprocess.PIPE, check=True).stdout.strip()
    kubectl = binaries + "/kubectl"
    with _cluster(flags, controllers) as (kubeconfig, env):
        proxy = subprocess.Popen([kubectl, "--kubeconfig", kubeconfig, "proxy", "--port=0"], text=True,
                                 stdout=subprocess.PIPE)
        try:
            port = re.search(r"127\.0\.0\.1:(\d+)", proxy.stdout.readline()).group(1)
            api = Api(kubectl, kubeconfig, f"http://127.0.0.1:{port}", env)
            if VERSION:
                _is_wanted(api)
            code, text = api.kubectl("apply", "-k", "manifests")
            if code != 0:
                sys.exit("kubectl apply -k manifests failed:\n" + text)
            code, text = api.kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
            if code != 0:
                sys.exit(text)
            yield api
        finally:
            proxy.terminate()
            proxy.wait()
