"""For controller_test.py: objects applied by hand, as users and nodes would, and what the controller made of them."""
import contextlib
import json
import time

from patience import until

OURS = "/apis/fairlead.dev/v1alpha1"
APPLY = "application/apply-patch+yaml"


class Gone(Exception):
    """The object written to does not exist any more."""


def rules_without(rules, resource):
    """Of a role, all that says nothing of that resource."""
    left = [dict(rule, resources=[name for name in rule["resources"] if name != resource]) for rule in rules]
    return [rule for rule in left if rule["resources"]]


class World:
    """Objects of the test, as admin."""

    def __init__(self, api):
        self.api, self.begun = api, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())

    def get(self, path):
        status, answer = self.api.request("GET", path)
        return answer if status == 200 else None

    def items(self, plural):
        return self.get(f"{OURS}/{plural}")["items"]

    def apply(self, path, body, manager="test", force=True):
        status, answer = self.api.request("PATCH", f"{path}?fieldManager={manager}&force={str(force).lower()}",
                                          json.dumps(body), APPLY)
        if status == 404:
            raise Gone(path)
        if status not in (200, 201):
            raise RuntimeError(f"apply {path}: {status} {answer.get('message')}")
        return answer

    def delete(self, path):
        return self.api.request("DELETE", path)[0]

    def ours(self, kind, plural, name, spec, namespace=None):
        where = f"{OURS}/namespaces/{namespace}/{plural}/{name}" if namespace else f"{OURS}/{plural}/{name}"
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        return self.apply(where, {"apiVersion": "fairlead.dev/v1alpha1", "kind": kind, "metadata": metadata,
                                  "spec": spec})

    def pool(self, name, addresses, **more):
        return self.ours("AddressPool", "addresspools", name, {"addresses": addresses, **more})

    def vip(self, name, spec):
        return self.ours("VirtualIP", "virtualips", name, spec, "default")

    def vip_of(self, name):
        return self.get(f"{OURS}/namespaces/default/virtualips/{name}")

    def row(self, plural, name):
        """{column: cell}: the line that kubectl get shows, those of -o wide among them."""
        table = self.api.request("GET", f"{OURS}/namespaces/default/{plural}/{name}", accept="application/json;as=Table;v=v1;g=meta.k8s.io")[1]
        return dict(zip((column["name"] for column in table["columnDefinitions"]), table["rows"][0]["cells"]))

    def status_of(self, name):
        return (self.vip_of(name) or {}).get("status", {})

    def condition(self, name, kind):
        for condition in self.status_of(name).get("conditions", []):
            if condition["type"] == kind:
                return condition
        return {"status": "", "reason": "", "message": ""}

    def node(self, name, address, ready="True"):
        self.apply(f"/api/v1/nodes/{name}", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
        self.apply(f"/api/v1/nodes/{name}/status",
                   {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
                    "status": {"addresses": [{"type": "InternalIP", "address": address}],
                               "conditions": [{"type": "Ready", "status": ready, "reason": "Test", "message": "",
                                               "lastHeartbeatTime": "2026-01-01T00:00:00Z",
                                               "lastTransitionTime": "2026-01-01T00:00:00Z"}]}})

    def report(self, node, address):
        self.ours("NodeReport", "nodereports", node, {
            "instance": node + "-1", "version": "test",
            "interfaces": [{"name": "eth0", "mtu": 1500, "up": True, "addresses": [address + "/24"], "gateways": []}],
            "capabilities": {"ipvs": True, "nft": True, "schedulers": ["rr", "wlc"], "kernel": "test"}})

    def group_of(self, address):
        for group in self.items("vrrpgroups"):
            if any(a["address"] == address for a in group["spec"].get("addresses", [])):
                return group
        return None

    def member(self, group, node, state, **more):
        """The status entry of one member, as its node would apply it; for the group's present generation."""
        there = self.get(f"{OURS}/vrrpgroups/{group}")
        if there is None:
            raise Gone(group)
        generation = there["metadata"]["generation"]
        entry = {"node": node, "instance": node + "-1", "state": state, "since": "2026-01-01T00:00:00Z",
                 "observedGeneration": generation, "programmed": True, "confirmed": 0, **more}
        self.apply(f"{OURS}/vrrpgroups/{group}/status",
                   {"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": group},
                    "status": {"members": [entry]}}, "fairlead-node-" + node)

    def reals(self, name, node, up, total):
        self.apply(f"{OURS}/namespaces/default/realserversets/{name}/status",
                   {"apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet",
                    "metadata": {"name": name, "namespace": "default"},
                    "status": {"members": [{"node": node, "up": up, "total": total, "observedGeneration": 1}]}},
                   "fairlead-node-" + node)

    def service(self, name, annotations, class_name="fairlead.dev/vip", port=80, policy="Cluster"):
        return self.apply(f"/api/v1/namespaces/default/services/{name}", {
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "default", "annotations": annotations},
            "spec": {"type": "LoadBalancer", "loadBalancerClass": class_name, "allocateLoadBalancerNodePorts": False,
                     "externalTrafficPolicy": policy,
                     "ports": [{"name": "http", "port": port, "targetPort": 8080, "protocol": "TCP"}]}})

    def slice(self, service, endpoints):
        """`endpoints`: (address, conditions) each, and the node's name if it is to be known."""
        return self.apply(f"/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/{service}-1", {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": service + "-1", "namespace": "default",
                         "labels": {"kubernetes.io/service-name": service}},
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": [a], "conditions": c, **({"nodeName": n[0]} if n else {})} for a, c, *n in endpoints]})

    def events(self, reason, word=""):
        """Notes of the Events of this run with that reason, and that word in the note."""
        items = self.get("/apis/events.k8s.io/v1/events")["items"]
        return [e["note"] for e in items if e["reason"] == reason and word in e["note"]
                and e["eventTime"] >= self.begun]

    def versions(self):
        """resourceVersions of everything the controller writes: a change is a write."""
        return {(plural, o["metadata"]["name"]): o["metadata"]["resourceVersion"]
                for plural in ("virtualips", "addressclaims", "vrrpgroups", "realserversets", "addresspools", "nodereports")
                for o in self.items(plural)}

    def newest_version(self):
        """How far the API server has got, in all kinds."""
        return self.get(f"{OURS}/virtualips?limit=1")["metadata"]["resourceVersion"]


def settle(world):
    """Until nothing has changed for a second."""
    before, since = world.versions(), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.1)
        now = world.versions()
        if now != before:
            before, since = now, time.monotonic()


def let_go(world, names):
    """Deletes VirtualIPs; every member reports that it holds nothing of them any more."""
    for name in names:
        world.delete(f"{OURS}/namespaces/default/virtualips/{name}")

    def gone():
        for group in world.items("vrrpgroups"):
            if group["metadata"].get("annotations", {}).get("fairlead.dev/releasing"):
                for member in group["spec"]["members"]:
                    entries = {m["node"]: m for m in group.get("status", {}).get("members", [])}
                    kept = entries.get(member["node"], {"state": "Backup"})
                    with contextlib.suppress(Gone):  # with the last report the group goes
                        world.member(group["metadata"]["name"], member["node"], kept["state"],
                                     **{k: kept[k] for k in ("since", "instance", "hears") if k in kept})
        return not any(world.vip_of(name) for name in names)
    return until(gone, 15)
