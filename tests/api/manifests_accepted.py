#!/usr/bin/python3
"""The manifests against a real API server: accepted as they are, and pod security. rights_test.py has the rights."""
import json

import apiserver


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
        pod_security(api, verdicts)
    verdicts.end()


main()
