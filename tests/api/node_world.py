"""What the tests of the node work with: one namespace with a link, the path from it to the API server, objects
applied by hand in place of the controller, and the daemon's process."""
import base64
import json
import os
import re
import signal
import subprocess
import urllib.parse

from patience import SLOW

OURS = "/apis/fairlead.dev/v1alpha1"
APPLY = "application/apply-patch+yaml"
BUILD = os.environ["FAIRLEAD_BUILD"]
BINARY = BUILD + "/node/fairlead-node"
NAMESPACE, FAR = "fairlead-a1", "fairlead-a1-far"
NODE = "node-a"
VIP = "192.0.2.100"  # of group g, which runs all the while


def run(*words):
    """(exit code, output, errors)"""
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def must(*words):
    code, out, errors = run(*words)
    if code != 0:
        raise RuntimeError(" ".join(words) + ": " + errors)
    return out


def delegate(*addresses):
    return [{"address": a, "forwarding": "Delegate"} for a in addresses]


class Link:
    """Two namespaces and a pair of interfaces between them; vip0, 192.0.2.1/24, is the node's."""

    def __enter__(self):
        self.__exit__()
        for name in (NAMESPACE, FAR):
            must("ip", "netns", "add", name)
            must("ip", "-n", name, "link", "set", "lo", "up")
        must("ip", "-n", NAMESPACE, "link", "add", "vip0", "type", "veth", "peer", "name", "far0", "netns", FAR)
        must("ip", "-n", NAMESPACE, "address", "add", "192.0.2.1/24", "dev", "vip0")
        must("ip", "-n", FAR, "address", "add", "192.0.2.2/24", "dev", "far0")
        must("ip", "-n", FAR, "link", "set", "far0", "up")
        must("ip", "-n", NAMESPACE, "link", "set", "vip0", "up")
        return self

    def __exit__(self, *_):
        for name in (NAMESPACE, FAR):
            run("ip", "netns", "delete", name)

    def addresses(self):
        """address -> its entry of `ip -j address`, on vip0"""
        links = json.loads(must("ip", "-n", NAMESPACE, "-j", "-d", "address", "show", "dev", "vip0"))
        return {entry["local"]: entry for entry in links[0]["addr_info"]}

    def holds(self, address):
        return address in self.addresses()

    def tags(self):
        """address -> IFA_PROTO, from the kernel itself: Debian 12's ip does not show it"""
        return json.loads(must("ip", "netns", "exec", NAMESPACE, "/usr/bin/python3", "-c", READ_TAGS))


READ_TAGS = """
import json, socket, struct
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
link.send(struct.pack("=IHHII", 24, 22, 0x301, 1, 0) + struct.pack("=BBBBI", socket.AF_INET, 0, 0, 0, 0))
tags, done = {}, False
while not done:
    data = link.recv(65536)
    while len(data) >= 16:
        size, kind = struct.unpack_from("=IH", data)
        if kind in (2, 3):
            done = True
        found, at = {}, 24
        while kind == 20 and at + 4 <= size:
            length, attribute = struct.unpack_from("=HH", data, at)
            found[attribute] = data[at + 4:at + length]
            at += max(4, length + 3 & ~3)
        if 2 in found:
            tags[socket.inet_ntoa(found[2])] = found.get(11, bytes(1))[0]
        data = data[size + 3 & ~3:]
print(json.dumps(tags))
"""


class Path:
    """The way from a namespace to the API server: 127.0.0.1 there, passed on to 127.0.0.1 here."""

    def __init__(self, server, namespace=NAMESPACE):
        self.namespace = namespace
        self.port = urllib.parse.urlparse(server).port
        self._relay = None

    def open(self):
        end = f"127.0.0.1:{self.port}"
        self._relay = subprocess.Popen([BUILD + "/support/relay", self.namespace, end, end])

    def relay(self):
        """The process in between."""
        return self._relay

    def leads(self):
        """Whether somebody answers at its end."""
        return run("ip", "netns", "exec", self.namespace, "curl", "-sk", "-m", "2", f"https://127.0.0.1:{self.port}/livez")[0] == 0

    def cut(self):
        if self._relay:
            self._relay.kill()
            self._relay.wait()
        self._relay = None


class World:
    """Objects of the test, as admin."""

    def __init__(self, api, folder):
        self.api, self.folder = api, folder
        _, text = api.kubectl("config", "view", "--raw", "--minify", "-o", "json")
        self.cluster = json.loads(text)["clusters"][0]["cluster"]
        self.path = Path(self.cluster["server"])

    def new_token(self):
        """Bound to the node; no two are the same."""
        code, token = self.api.kubectl("create", "token", "fairlead-node", "-n", "fairlead-system", "--duration", "1h",
                                       "--bound-object-kind", "Node", "--bound-object-name", NODE)
        if code != 0:
            raise RuntimeError("token: " + token)
        return token.strip()

    def kubeconfig(self, name, token=None, ca=None):
        token = token or self.new_token()
        cluster = {"server": f"https://127.0.0.1:{self.path.port}",
                   "certificate-authority-data": ca or self.cluster["certificate-authority-data"]}
        path = f"{self.folder}/{name}.kubeconfig"
        with open(path, "w") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                       "clusters": [{"name": "k", "cluster": cluster}],
                       "users": [{"name": "u", "user": {"token": token.strip()}}],
                       "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}, file)
        return path

    def get(self, path):
        status, answer = self.api.request("GET", path)
        return answer if status == 200 else None

    def apply(self, path, body, manager="test"):
        status, answer = self.api.request("PATCH", f"{path}?fieldManager={manager}&force=true", json.dumps(body), APPLY)
        if status not in (200, 201):
            raise RuntimeError(f"apply {path}: {status} {answer.get('message')}")
        return answer

    def delete(self, path):
        return self.api.request("DELETE", path)[0]

    def make_node(self):
        return self.apply(f"/api/v1/nodes/{NODE}", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})

    def group(self, name, vrid, addresses, **more):
        """A group of this node (200) and one that does not exist (100), as the controller would write it."""
        spec = {"family": "IPv4", "virtualRouterID": vrid, "interface": "vip0", "advertIntervalMs": 250,
                "preemptDelaySeconds": 0, "addresses": addresses,
                "members": [{"node": NODE, "priority": 200}, {"node": "node-b", "priority": 100}], **more}
        return self.apply(f"{OURS}/vrrpgroups/{name}", {
            "apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup",
            "metadata": {"name": name, "labels": {f"node.fairlead.dev/{NODE}": ""}}, "spec": spec})

    def server_set(self, name, group, endpoint, reals):
        address, port = endpoint.split(":")
        return self.apply(f"{OURS}/namespaces/default/realserversets/{name}", {
            "apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet",
            "metadata": {"name": name, "namespace": "default", "labels": {"fairlead.dev/group": group}},
            "spec": {"group": group, "slice": {"index": 0, "count": 1}, "virtualServers": [
                {"address": address, "port": int(port), "protocol": "TCP", "scheduler": "rr", "forwarding": "NAT",
                 "reals": [{"address": a, "port": 80} for a in reals]}]}})

    def read_group(self, name):
        return self.get(f"{OURS}/vrrpgroups/{name}")

    def entry(self, group, node=NODE):
        members = ((self.read_group(group) or {}).get("status") or {}).get("members") or []
        return next((m for m in members if m["node"] == node), {})

    def state(self, group):
        return self.entry(group).get("state")

    def problems(self, group):
        return [p["type"] for p in self.entry(group).get("problems", [])]

    def events(self, group, reason):
        """The Events of that reason about this very object."""
        uid = self.read_group(group)["metadata"]["uid"]
        items = self.get("/apis/events.k8s.io/v1/namespaces/default/events")["items"]
        return [e for e in items if e["reason"] == reason and e["regarding"].get("uid") == uid]

    def report(self):
        return (self.get(f"{OURS}/nodereports/{NODE}") or {}).get("spec", {})

    def claim(self, group, node, since, confirmed=0):
        """Another member's claim to be Master, as its daemon would apply it."""
        self.apply(f"{OURS}/vrrpgroups/{group}/status", {
            "apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": group},
            "status": {"members": [{"node": node, "instance": "i-" + node, "state": "Master", "since": since,
                                    "observedGeneration": 1, "programmed": True, "confirmed": confirmed}]}},
            "fairlead-node-" + node)


class Daemon:
    """One fairlead-node in a namespace; its log goes to a file."""

    def __init__(self, folder, kubeconfig, name="node", state_dir=None, prefix=(), namespace=NAMESPACE):
        self.namespace = namespace
        self.state_dir = state_dir or f"{folder}/state"
        self.password_dir = f"{folder}/passwords"
        os.makedirs(self.password_dir, exist_ok=True)
        self.log_path = f"{folder}/{name}.log"
        self._log = open(self.log_path, "w")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *prefix, BINARY, "--node-name", NODE, "--kubeconfig", kubeconfig,
             "--state-dir", self.state_dir, "--password-dir", self.password_dir, "--log-level", "debug"], stdout=self._log, stderr=subprocess.STDOUT)

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def get(self, path, port=9473):
        """(HTTP status, text); (0, "") while it does not listen."""
        code, out, _ = run("ip", "netns", "exec", self.namespace, "curl", "-s", "-m", "5", "-w", "\n%{http_code}",
                           f"http://127.0.0.1:{port}{path}")
        if code != 0:
            return 0, ""
        text, _, status = out.rpartition("\n")
        return int(status), text

    def health(self, path):
        return self.get(path, 9475)[0]

    def state(self):
        status, text = self.get("/state")
        return json.loads(text) if status == 200 else {}

    def group(self, name):
        return next((g for g in self.state().get("groups", []) if g["name"] == name), {})

    def metric(self, name):
        found = re.findall(rf"^{re.escape(name)} (\S+)$", self.get("/metrics")[1], re.MULTILINE)
        return float(found[0]) if found else None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._log.close()

    def stop(self):
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20 * SLOW)
        self._log.close()
        return code


def node_command(*words, prefix=()):
    """(exit code, output, errors) of a fairlead-node that ends by itself, in the namespace."""
    return run("ip", "netns", "exec", NAMESPACE, *prefix, "timeout", "20", BINARY, *words)


def other_authority(folder):
    must("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=nobody", "-keyout", folder + "/other.key", "-out", folder + "/other.crt")
    with open(folder + "/other.crt", "rb") as file:
        return base64.b64encode(file.read()).decode()
