"""For rights_test.py: what a node may write by the name in its token, and who may write claims."""
import hashlib
import json
import time

import apiserver
from rights_world import APPLY, JSON_PATCH, MERGE, OURS, POLICIES, object_of

ENTRY = {"state": "Backup", "since": "2026-01-01T00:00:00Z", "instance": "i", "observedGeneration": 1, "programmed": True}
LONG = ".".join(["node", "a" * 60, "b" * 60, "c" * 60])
OWN_ONLY = "node node-x may write its own entry of status.members only, not "


def typed(verdicts, api):
    """Expressions against the schemas of the kinds they are about, as kube-controller-manager sees them."""
    if apiserver.older_than(32):  # it looks once, and here did so before it knew the kind of the parameter: params was undeclared
        api.kubectl("delete", "validatingadmissionpolicy", "fairlead-external-ips")
        api.kubectl("apply", "-k", "manifests")

    def judged(policy):
        return policy.get("status", {}).get("observedGeneration") == policy["metadata"]["generation"]
    end = time.monotonic() + 30
    while True:
        items = [p for p in api.request("GET", f"{POLICIES}/validatingadmissionpolicies")[1]["items"]
                 if p["metadata"]["name"].startswith("fairlead-")]
        if all(map(judged, items)) or time.monotonic() > end:
            break
        time.sleep(0.2)
    for policy in items:
        warnings = policy.get("status", {}).get("typeChecking", {}).get("expressionWarnings")
        verdicts.add(f"{policy['metadata']['name']}: no expression asks for a field that is not there",
                     judged(policy) and not warnings, json.dumps(warnings))
    verdicts.add("there are four policies", len(items) == 4, str(len(items)))


def reports(judge, accounts, x):
    def report(name):
        return object_of("NodeReport", name, spec={"instance": "i", "version": "test"})

    def where(name):
        return f"{OURS}/nodereports/{name}?fieldManager=fairlead-node-node-x&force=true"
    only = "node node-x may write NodeReport node-x only, not node-y"
    judge.allowed("its own NodeReport by apply", x.request("PATCH", where("node-x"), report("node-x"), APPLY))
    judge.allowed("its own NodeReport by JSON patch", x.request("PATCH", where("node-x").replace("&force=true", ""), [
        {"op": "replace", "path": "/spec/version", "value": "other"}], JSON_PATCH))
    judge.allowed("its own NodeReport by merge patch", x.request("PATCH", f"{OURS}/nodereports/node-x",
                                                                {"spec": {"version": "again"}}, MERGE))
    judge.refused("another's that is not there by apply", x.request("PATCH", where("node-y"), report("node-y"), APPLY), only,
                  "fairlead-node-report", '"node-y"')
    judge.refused("another's by POST", x.request("POST", f"{OURS}/nodereports", report("node-y")), only)
    judge.refused("one of a name that the server makes up", x.request("POST", f"{OURS}/nodereports", {
        **report(""), "metadata": {"generateName": "node-x-"}}), "NodeReport node-x only, not node-x-")
    y = accounts.node("node-y")
    judge.allowed("the other node makes its own by POST", y.request("POST", f"{OURS}/nodereports", report("node-y")))
    judge.refused("another's that is there by apply", x.request("PATCH", where("node-y"), report("node-y"), APPLY), only)
    judge.refused("another's by JSON patch", x.request("PATCH", f"{OURS}/nodereports/node-y", [
        {"op": "replace", "path": "/spec/version", "value": "lie"}], JSON_PATCH), only)
    judge.refused("another's by merge patch", x.request("PATCH", f"{OURS}/nodereports/node-y", {"spec": {"version": "lie"}}, MERGE),
                  only)
    judge.refused("a token that is bound to nothing", accounts.named("fairlead-node").request(
        "PATCH", where("node-x"), report("node-x"), APPLY), "the token names no node", "--bound-object-kind Node")
    return y


def token_of_a_pod(judge, accounts):
    """As the DaemonSet has it: the kubelet binds the token to the Pod, and the Pod is bound to the Node."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "fairlead-node-1", "namespace": "fairlead-system"},
           "spec": {"nodeName": "node-x", "serviceAccountName": "fairlead-node", "containers": [{"name": "c", "image": "none"}]}}
    accounts.api.request("POST", "/api/v1/namespaces/fairlead-system/pods", json.dumps(pod), "application/json")
    by_pod = accounts.named("fairlead-node", "Pod", "fairlead-node-1")
    for name, right in (("node-x", True), ("node-y", False)):
        answer = by_pod.request("PATCH", f"{OURS}/nodereports/{name}?fieldManager=t&force=true",
                                object_of("NodeReport", name, spec={"instance": "p", "version": "pod"}), APPLY)
        if right:
            judge.allowed("with the token of its Pod, its own NodeReport", answer)
        else:
            judge.refused("with the token of its Pod, another's", answer, "NodeReport node-x only")
    accounts.api.kubectl("delete", "pod", "-n", "fairlead-system", "fairlead-node-1", "--force", "--grace-period=0")


class Status:
    """The status of one object, and who writes it."""

    def __init__(self, api, kind, path, namespace=None):
        self.api, self.kind, self.path, self.namespace = api, kind, path, namespace
        self.name = path.rsplit("/", 1)[1]

    def members(self):
        return self.api.request("GET", self.path)[1].get("status", {}).get("members", [])

    def entry(self, node, **more):
        base = ENTRY if self.kind == "VRRPGroup" else {"up": 1, "total": 1, "observedGeneration": 1}
        return {"node": node, **base, **more}

    def changed(self, node):
        return self.entry(node, observedGeneration=2)

    def apply(self, who, manager, entries, **more):
        return who.request("PATCH", f"{self.path}/status?fieldManager={manager}&force=true", object_of(
            self.kind, self.name, self.namespace, status={"members": entries, **more}), APPLY)

    def patch(self, who, body, kind, manager="fairlead-node-node-x"):
        return who.request("PATCH", f"{self.path}/status?fieldManager={manager}", body, kind)

    def at(self, node):
        """The JSON pointer of an entry."""
        return f"/status/members/{[m['node'] for m in self.members()].index(node)}"


def applied(judge, status, x, y):
    what, mine = status.kind, "fairlead-node-node-x"
    judge.allowed(f"{what}: its own entry by apply", status.apply(x, mine, [status.entry("node-x")]))
    judge.refused(f"{what}: an entry of another that is not there", status.apply(x, mine, [
        status.entry("node-x"), status.entry("node-y")]), OWN_ONLY + "that of node-y", f'"{status.name}"')
    judge.allowed(f"{what}: the other node beside it", status.apply(y, "fairlead-node-node-y", [status.entry("node-y")]))
    judge.refused(f"{what}: another's entry with other content", status.apply(x, mine, [
        status.entry("node-x"), status.changed("node-y")]), OWN_ONLY + "that of node-y")
    judge.refused(f"{what}: only another's entry", status.apply(x, mine, [status.changed("node-y")]), "that of node-y")
    judge.refused(f"{what}: under another's manager, whose entry would go", status.apply(x, "fairlead-node-node-y", [
        status.entry("node-x")]), "the fieldManager of node node-x must be fairlead-node-node-x, got \"fairlead-node-node-y\"")
    judge.refused(f"{what}: under another's manager, changing nothing but who owns it", status.apply(x, "fairlead-node-node-y", [
        status.entry("node-x"), status.entry("node-y")]), "must be fairlead-node-node-x")
    judge.refused(f"{what}: under the controller's manager", status.apply(x, "fairlead-controller", [status.entry("node-x")]),
                  'must be fairlead-node-node-x, got "fairlead-controller"')
    judge.allowed(f"{what}: the other's next apply is its own business still", status.apply(y, "fairlead-node-node-y", [
        status.changed("node-y")]))


def patched(judge, status, x):
    what = status.kind
    own, other = status.at("node-x"), status.at("node-y")
    judge.allowed(f"{what}: its own entry by JSON patch", status.patch(x, [
        {"op": "replace", "path": own + "/observedGeneration", "value": 5}], JSON_PATCH))
    judge.refused(f"{what}: another's by JSON patch", status.patch(x, [
        {"op": "replace", "path": other + "/observedGeneration", "value": 5}], JSON_PATCH), OWN_ONLY + "that of node-y")
    judge.refused(f"{what}: another's entry removed by JSON patch", status.patch(x, [{"op": "remove", "path": other}], JSON_PATCH),
                  OWN_ONLY + "that of node-y")
    judge.refused(f"{what}: another's name put over its own entry", status.patch(x, [
        {"op": "replace", "path": own + "/node", "value": "node-z"}], JSON_PATCH), "that of node-z")
    judge.refused(f"{what}: the whole status removed", status.patch(x, [{"op": "remove", "path": "/status"}], JSON_PATCH),
                  "that of node-y")
    there = status.members()
    mine = [dict(m, observedGeneration=6) if m["node"] == "node-x" else m for m in there]
    judge.allowed(f"{what}: its own entry by merge patch, the others' as they are", status.patch(x, {"status": {"members": mine}}, MERGE))
    judge.refused(f"{what}: its own entry alone by merge patch", status.patch(x, {"status": {"members": mine[:1] if mine[0][
        "node"] == "node-x" else mine[1:]}}, MERGE), OWN_ONLY + "that of node-y")
    judge.refused(f"{what}: by merge patch, which names no manager", x.request("PATCH", f"{status.path}/status", {
        "status": {"members": mine}}, MERGE), "must be fairlead-node-node-x, got ")


def entries(judge, accounts, x, y):
    """The status of groups and sets."""
    api = accounts.api
    spec = {"family": "IPv4", "virtualRouterID": 7, "interface": "eth0"}
    api.request("POST", f"{OURS}/vrrpgroups", json.dumps(object_of("VRRPGroup", "g", spec=spec)), "application/json")
    api.request("POST", f"{OURS}/namespaces/default/realserversets", json.dumps(object_of(
        "RealServerSet", "s", "default", spec={"group": "g", "slice": {"index": 0, "count": 1}})), "application/json")
    group = Status(api, "VRRPGroup", f"{OURS}/vrrpgroups/g")
    for status in (group, Status(api, "RealServerSet", f"{OURS}/namespaces/default/realserversets/s", "default")):
        applied(judge, status, x, y)
        patched(judge, status, x)
        judge.refused(f"{status.kind}: a token that is bound to nothing", status.apply(
            accounts.named("fairlead-node"), "fairlead-node-", [status.entry("node-x")]), "the token names no node")
        long = accounts.node(LONG)
        name = "fairlead-node-" + LONG
        cut = name[:117].rstrip(".") + "-" + hashlib.sha256(name.encode()).hexdigest()[:10]
        judge.allowed(f"{status.kind}: a name too long for a manager, cut", status.apply(long, cut, [status.entry(LONG)]))
        judge.refused(f"{status.kind}: the manager of another beside the same", status.apply(long, "fairlead-node-node-y", [
            status.entry(LONG)]), "the fieldManager of node " + LONG, "cut to 128", 'got "fairlead-node-node-y"')
        judge.allowed(f"{status.kind}: it takes its own entry away", status.apply(long, cut, []))
    judged = object_of("VRRPGroup", "g", status={"state": "Ready", "master": "node-y"})
    api.request("PATCH", f"{OURS}/vrrpgroups/g/status?fieldManager=fairlead-controller", json.dumps(judged), APPLY)
    condition = {"type": "Accepted", "status": "True", "reason": "Lie", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    for field, value in (("state", "NoMaster"), ("master", "node-x"), ("conditions", [condition])):
        judge.refused(f"VRRPGroup: status.{field}, which is the controller's", group.apply(x, "fairlead-node-node-x", [
            group.entry("node-x")], **{field: value}), OWN_ONLY + "status." + field)
    judge.refused("VRRPGroup: status.master removed", group.patch(x, [{"op": "remove", "path": "/status/master"}], JSON_PATCH),
                  OWN_ONLY + "status.master")
    before = api.request("GET", group.path)[1]
    group.patch(x, {"metadata": {"labels": {"node.fairlead.dev/node-x": ""}}, "spec": {"virtualRouterID": 9}}, MERGE)
    after = api.request("GET", group.path)[1]
    judge.verdicts.add("VRRPGroup: spec and labels cannot be changed by way of the status", after["spec"] == before["spec"]
                       and after["metadata"].get("labels") == before["metadata"].get("labels"), json.dumps(after))
    everyone = {"status": {"members": [group.entry("node-z")]}}
    judge.allowed("VRRPGroup: admin is not looked at", api.request("PATCH", f"{group.path}/status", json.dumps(everyone), MERGE))
    as_other = accounts.named("fairlead-node", "Node", "node-x", headers=[("Impersonate-User", "system:node:node-y")])
    judge.refused("impersonation of another is no right of a node", group.apply(as_other, "fairlead-node-node-y", [
        group.entry("node-y")]), "cannot impersonate")


def claims(judge, accounts):
    """The right to them is the test's own, for everybody: what is refused, the policy refused."""
    api = accounts.api
    api.kubectl("create", "clusterrole", "claims", "--verb=*", "--resource=addressclaims.fairlead.dev,addressclaims.fairlead.dev/status")
    api.kubectl("create", "clusterrolebinding", "claims", "--clusterrole=claims", "--serviceaccount=fairlead-system:fairlead-controller",
                "--serviceaccount=fairlead-system:fairlead-node")
    path, name = f"{OURS}/addressclaims", "v4-203-0-113-10"
    claim = object_of("AddressClaim", name, spec={"address": "203.0.113.10", "pool": "public", "owner": {
        "kind": "VirtualIP", "namespace": "shop", "name": "web", "uid": "8c21d0e4"}})
    only = "an AddressClaim is written by system:serviceaccount:fairlead-system:fairlead-controller only"
    controller, node = accounts.named("fairlead-controller"), accounts.named("fairlead-node", "Node", "node-x")

    def as_admin(method, where, body=None, kind="application/json"):
        return api.request(method, where, json.dumps(body) if body is not None else None, kind)
    judge.refused("a claim made by admin", as_admin("POST", path, claim), only, "not by ", "delete the VirtualIP")
    judge.refused("a claim made by a node", node.request("PATCH", f"{path}/{name}?fieldManager=t&force=true", claim, APPLY),
                  only, "not by system:serviceaccount:fairlead-system:fairlead-node")
    judge.allowed("a claim made by the controller", controller.request("POST", path, claim))
    for way, body, kind in (("merge patch", {"metadata": {"labels": {"a": "b"}}}, MERGE), ("JSON patch", [
            {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}], JSON_PATCH)):
        judge.refused(f"a claim changed by admin, by {way}", as_admin("PATCH", f"{path}/{name}", body, kind), only)
    judge.refused("its status changed by a node", node.request("PATCH", f"{path}/{name}/status", {"status": {"holders": []}}, MERGE), only)
    judge.allowed("its status changed by the controller", controller.request(
        "PATCH", f"{path}/{name}/status", {"status": {"holders": []}}, MERGE))
    judge.refused("a claim deleted by admin", as_admin("DELETE", f"{path}/{name}"), only, "to free its address")
    judge.refused("all claims deleted by admin", as_admin("DELETE", path), only)
    judge.allowed("a claim deleted by the controller", controller.request("DELETE", f"{path}/{name}"))
    for words in (("clusterrolebinding", "claims"), ("clusterrole", "claims")):
        api.kubectl("delete", *words)
