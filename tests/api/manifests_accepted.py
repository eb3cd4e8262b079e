#!/usr/bin/python3
"""The manifests against a real API server: accepted as they are, and the two accounts may do what they need and no
more (kubernetes.md 6)."""
import json

import apiserver

CONTROLLER = "system:serviceaccount:fairlead-system:fairlead-controller"
NODE = "system:serviceaccount:fairlead-system:fairlead-node"
OURS = "fairlead.dev"
READ = "get list watch"

# account, group, resource (with subresource), namespace, the verbs it may use; every other verb must be refused.
RIGHTS = [
    (CONTROLLER, "", "services", "default", READ),
    (CONTROLLER, "", "nodes", "", READ),
    (CONTROLLER, "discovery.k8s.io", "endpointslices", "default", READ),
    (CONTROLLER, OURS, "addresspools", "", READ),
    (CONTROLLER, OURS, "nodereports", "", READ + " delete"),
    (CONTROLLER, OURS, "virtualips", "default", READ + " create patch delete"),
    (CONTROLLER, OURS, "vrrpgroups", "", READ + " create patch delete"),
    (CONTROLLER, OURS, "realserversets", "default", READ + " create patch delete"),
    (CONTROLLER, "", "services/status", "default", "patch"),
    (CONTROLLER, OURS, "virtualips/status", "default", "patch"),
    (CONTROLLER, OURS, "addresspools/status", "", "patch"),
    (CONTROLLER, OURS, "vrrpgroups/status", "", "patch"),
    (CONTROLLER, OURS, "realserversets/status", "default", ""),
    (CONTROLLER, "events.k8s.io", "events", "default", "create patch"),
    (CONTROLLER, "events.k8s.io", "events", "kube-system", "create patch"),
    (CONTROLLER, "coordination.k8s.io", "leases", "fairlead-system", "create"),
    (CONTROLLER, "coordination.k8s.io", "leases", "default", ""),
    (CONTROLLER, "", "secrets", "fairlead-system", ""),
    (CONTROLLER, "", "pods", "default", ""),
    (CONTROLLER, "apiextensions.k8s.io", "customresourcedefinitions", "", ""),
    (NODE, OURS, "vrrpgroups", "", READ),
    (NODE, OURS, "realserversets", "default", READ),
    (NODE, OURS, "nodereports", "", "get create patch"),
    (NODE, OURS, "vrrpgroups/status", "", "patch"),
    (NODE, OURS, "realserversets/status", "default", "patch"),
    (NODE, "events.k8s.io", "events", "default", "create patch"),
    (NODE, "events.k8s.io", "events", "kube-system", ""),
    (NODE, OURS, "virtualips", "default", ""),
    (NODE, OURS, "addresspools", "", ""),
    (NODE, "", "nodes", "", ""),
    (NODE, "", "services", "default", ""),
    (NODE, "", "services/status", "default", ""),
    (NODE, "", "secrets", "fairlead-system", ""),
]
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]


def may(api, account, group, resource, namespace, verb, object_name=""):
    name, _, sub = resource.partition("/")
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {
        "user": account, "groups": ["system:serviceaccounts", "system:authenticated"],
        "resourceAttributes": {"group": group, "resource": name, "subresource": sub, "namespace": namespace,
                               "verb": verb, "name": object_name}}}
    _, answer = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", json.dumps(review),
                            "application/json")
    return answer["status"].get("allowed", False)


def rights(api, verdicts):
    for account, group, resource, namespace, wanted in RIGHTS:
        found = [v for v in VERBS if may(api, account, group, resource, namespace, v)]
        name = f"{account.rsplit(':')[-1]}: {resource} in {namespace or 'the cluster'}: {wanted or 'nothing'}"
        verdicts.add(name, set(found) == set(wanted.split()), f"may {' '.join(found)}")
    for lease, wanted in (("fairlead-controller", {"create", "get", "update"}), ("another", {"create"})):
        found = {v for v in VERBS if may(api, CONTROLLER, "coordination.k8s.io", "leases", "fairlead-system", v, lease)}
        verdicts.add(f"fairlead-controller: Lease {lease}: {' '.join(sorted(wanted))}", found == wanted, str(found))


def pod_security(api, verdicts):
    """The controller's Pod in a namespace that enforces the profile "restricted", and the node's, which may not."""
    api.kubectl("create", "namespace", "fairlead-restricted")
    api.kubectl("label", "namespace", "fairlead-restricted", "pod-security.kubernetes.io/enforce=restricted")
    for kind, name, allowed in (("deployments", "fairlead-controller", True), ("daemonsets", "fairlead-node", False)):
        _, workload = api.request("GET", f"/apis/apps/v1/namespaces/fairlead-system/{kind}/{name}")
        spec = dict(workload["spec"]["template"]["spec"], serviceAccountName="default", priorityClassName="")
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        api.kubectl("create", "serviceaccount", "default", "-n", "fairlead-restricted")
        code, answer = api.request("POST", "/api/v1/namespaces/fairlead-restricted/pods?dryRun=All", json.dumps(pod),
                                   "application/json")
        denied = code == 403 and "violates PodSecurity" in answer.get("message", "")
        ok = code == 201 if allowed else denied
        verdicts.add(f"{name} is {'allowed' if allowed else 'denied'} by the profile restricted", ok,
                     f"HTTP {code}: {answer.get('message')}")
    api.kubectl("delete", "namespace", "fairlead-restricted", "--wait=false")


def main():
    verdicts = apiserver.Verdicts()
    with apiserver.api_server() as api:
        for source in (("-k", "manifests"), ("-f", "manifests/examples")):
            code, text = api.kubectl("apply", "--dry-run=server", *source)
            verdicts.add("dry run of " + source[1], code == 0, text)
        code, text = api.kubectl("diff", "-k", "manifests")
        verdicts.add("applying the manifests again changes nothing", code == 0, text)
        rights(api, verdicts)
        pod_security(api, verdicts)
    verdicts.end()


main()
