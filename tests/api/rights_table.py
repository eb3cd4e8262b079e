"""For rights_test.py: what the two accounts may do, against the table, and what of it the components use, by the audit log."""
import json

from rights_world import CONTROLLER, MERGE, NODE, OURS, POLICIES, audited, object_of

# The table of kubernetes.md 6, without what no component asks for: `get` of most (they list and watch; an apply
# needs none).
# account -> (namespace or "" for all, group, resource, resourceName or "") -> verbs
READ = "list watch"
TABLE = {
    CONTROLLER: {
        ("", "", "services", ""): "get " + READ,
        ("", "", "nodes", ""): "get " + READ,
        ("", "", "namespaces", ""): READ,
        ("", "discovery.k8s.io", "endpointslices", ""): READ,
        ("", "fairlead.dev", "addresspools", ""): "get " + READ,
        ("", "fairlead.dev", "addressclaims", ""): READ + " create patch delete",
        ("", "fairlead.dev", "nodereports", ""): READ + " delete",
        ("", "fairlead.dev", "virtualips", ""): "get " + READ + " create patch delete",
        ("", "fairlead.dev", "vrrpgroups", ""): "get " + READ + " create patch delete",
        ("", "fairlead.dev", "realserversets", ""): READ + " create patch delete",
        ("", "", "services/status", ""): "patch",
        ("", "fairlead.dev", "virtualips/status", ""): "patch",
        ("", "fairlead.dev", "addresspools/status", ""): "patch",
        ("", "fairlead.dev", "addressclaims/status", ""): "patch",
        ("", "fairlead.dev", "vrrpgroups/status", ""): "patch",
        ("", "fairlead.dev", "realserversets/status", ""): "patch",
        ("", "events.k8s.io", "events", ""): "create patch",
        ("fairlead-system", "coordination.k8s.io", "leases", ""): "create",
        ("fairlead-system", "coordination.k8s.io", "leases", "fairlead-controller"): "get update",
    },
    NODE: {
        ("", "fairlead.dev", "vrrpgroups", ""): READ,
        ("", "fairlead.dev", "realserversets", ""): READ,
        ("", "fairlead.dev", "nodereports", ""): "create patch",
        ("", "fairlead.dev", "vrrpgroups/status", ""): "patch",
        ("", "fairlead.dev", "realserversets/status", ""): "patch",
        ("default", "events.k8s.io", "events", ""): "create patch",
    },
}
NAMESPACES = ("default", "kube-system", "fairlead-system")


def rules_of(who):
    """{(namespace, group, resource, resourceName, verb)}: all that the authorizer grants in these namespaces."""
    out = set()
    for namespace in NAMESPACES:
        status, answer = who.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}})
        if status != 201 or answer["status"]["incomplete"]:
            raise RuntimeError(f"rules review: {status} {answer}")
        for rule in answer["status"]["resourceRules"]:
            out |= {(namespace, group, resource, name, verb) for group in rule["apiGroups"] for resource in rule["resources"]
                    for name in rule.get("resourceNames") or [""] for verb in rule["verbs"]}
    return out


def granted(verdicts, accounts):
    """Every verb inside the table is granted, and every other verb of every resource is refused."""
    accounts.api.kubectl("create", "serviceaccount", "nobody", "-n", "fairlead-system")
    everybody = rules_of(accounts.named("nobody"))
    for account, rows in TABLE.items():
        name = account.rsplit(":", 1)[1]
        wanted = {(namespace, group, resource, only, verb) for (place, group, resource, only), verbs in rows.items()
                  for namespace in ([place] if place else NAMESPACES) for verb in verbs.split()}
        found = rules_of(accounts.named(name)) - everybody
        verdicts.add(f"{name} may do what the table says", wanted <= found, str(sorted(wanted - found)))
        verdicts.add(f"{name} may do nothing else", found <= wanted, str(sorted(found - wanted)))


def refused(judge, accounts, x):
    """Requests that somebody with a stolen token would try."""
    controller = accounts.named("fairlead-controller")
    system = "/api/v1/namespaces/fairlead-system"
    token = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {
        "audiences": [], "boundObjectRef": {"kind": "Node", "apiVersion": "v1", "name": "node-y"}}}
    both = [
        ("read a Secret", "GET", f"{system}/secrets/any", None),
        ("list Secrets", "GET", "/api/v1/secrets", None),
        ("make a token", "POST", f"{system}/serviceaccounts/fairlead-node/token", token),
        ("remove a policy", "DELETE", f"{POLICIES}/validatingadmissionpolicies/fairlead-node-status", None),
        ("remove a binding", "DELETE", f"{POLICIES}/validatingadmissionpolicybindings/fairlead-node-status", None),
        ("give itself a role", "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {}),
        ("change a CRD", "PATCH", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/vrrpgroups.fairlead.dev", {}),
        ("change a Node", "PATCH", "/api/v1/nodes/node-x", {}),
        ("change a pool", "PATCH", f"{OURS}/addresspools/public", {}),
        ("change a Service", "PATCH", "/api/v1/namespaces/default/services/kubernetes", {}),
        ("delete all reports", "DELETE", f"{OURS}/nodereports", None),
        ("make a Pod", "POST", f"{system}/pods", {}),
    ]
    only_node = [
        ("change a group's spec", "PATCH", f"{OURS}/vrrpgroups/g", {"spec": {"virtualRouterID": 9}}),
        ("delete a group", "DELETE", f"{OURS}/vrrpgroups/g", None),
        ("put a group's status", "PUT", f"{OURS}/vrrpgroups/g/status", {}),
        ("change a set", "PATCH", f"{OURS}/namespaces/default/realserversets/s", {}),
        ("delete its own NodeReport", "DELETE", f"{OURS}/nodereports/node-x", None),
        ("list VirtualIPs", "GET", f"{OURS}/virtualips", None),
        ("list Nodes", "GET", "/api/v1/nodes", None),
        ("make a claim", "POST", f"{OURS}/addressclaims", {}),
        ("change a claim", "PATCH", f"{OURS}/addressclaims/v4-192-0-2-100", {"spec": {"pool": "other"}}),
        ("an Event elsewhere than in default", "POST", "/apis/events.k8s.io/v1/namespaces/fairlead-system/events", {}),
        ("take the controller's Lease", "POST", "/apis/coordination.k8s.io/v1/namespaces/fairlead-system/leases", {}),
    ]
    only_controller = [
        ("report for a node", "PATCH", f"{OURS}/nodereports/node-x", {}),
        ("another Lease", "GET", "/apis/coordination.k8s.io/v1/namespaces/fairlead-system/leases/other", None),
        ("a Lease elsewhere", "POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", {}),
    ]
    for name, who, cases in (("a node", x, both + only_node), ("the controller", controller, both + only_controller)):
        for what, method, path, body in cases:
            judge.refused(f"{name} may not: {what}", who.request(method, path, body, MERGE if method == "PATCH" else "application/json"),
                          "cannot ")


def used(verdicts, audit):
    """Every verb that is granted was asked for and answered well; nothing was refused. Of a get it is the point that nothing is there."""
    log = audited(audit)
    good = {(account, group, resource, verb) for account, _, group, resource, verb, code in log
            if code < 400 or (verb == "get" and code == 404)}
    # An apply that makes its object is a patch that needs the right to create.
    good |= {(account, group, resource, "create") for account, _, group, resource, verb, code in log if verb == "patch" and code == 201}
    for account, rows in TABLE.items():
        name = account.rsplit(":", 1)[1]
        idle = {(resource, verb) for (_, group, resource, _), verbs in rows.items() for verb in verbs.split()
                if (account, group, resource, verb) not in good}
        verdicts.add(f"{name} used every verb of its table", not idle, str(sorted(idle)))
    denied = sorted({entry for entry in log if entry[5] in (401, 403)})
    verdicts.add("and was never refused one", not denied, str(denied))
