#!/usr/bin/python3
"""What the CRDs accept and refuse, asked of a real API server (dry run, unknown fields refused).

crd/accepted/*.yaml  must be accepted; `# expect: spec.a.b = value` names a default that must be seen
crd/refused/*.yaml   must be refused; every `# expect: text` must be in the message
"""
import contextlib
import glob
import json
import os
import re
import time

import apiserver

HERE = os.path.dirname(os.path.abspath(__file__))
PLURALS = {"VirtualIP": "virtualips", "AddressPool": "addresspools", "VRRPGroup": "vrrpgroups",
           "RealServerSet": "realserversets", "NodeReport": "nodereports", "AddressClaim": "addressclaims"}
NAMESPACED = {"VirtualIP", "RealServerSet"}
# Those of kubernetes.md 1 in their order, and among them what says since when and why; NodeReport's are our own.
COLUMNS = {
    "VirtualIP": ["ADDRESS", "MASTER", "SINCE", "WHY", "STATE", "REASON", "REALS", "FROM (wide)", "OUTAGE-MS (wide)", "DEGRADED (wide)",
                  "AGE"],
    "VRRPGroup": ["VRID", "INTERFACE", "MASTER", "STATE", "ACCEPTED", "ADDRESS (wide)", "DEGRADED (wide)", "AGE"],
    "RealServerSet": ["GROUP", "REALS", "AGE"],
    "AddressPool": ["USED", "FREE", "ACCEPTED", "USED-V6 (wide)", "FREE-V6 (wide)", "DEGRADED (wide)", "AGE"],
    "AddressClaim": ["ADDRESS", "POOL", "OWNER", "NAMESPACE (wide)", "AGE"],
    "NodeReport": ["VERSION", "KERNEL", "PROBLEMS (wide)", "AGE"],
}


def path_of(text):
    kind = re.search(r"^kind: (\w+)$", text, re.M).group(1)
    scope = "namespaces/default/" if kind in NAMESPACED else ""
    return f"/apis/fairlead.dev/v1alpha1/{scope}{PLURALS[kind]}?dryRun=All&fieldValidation=Strict"


def lookup(value, path):
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        value = value[name] if name else value[int(index)]
    return value


def accepted(api, verdicts, name, text):
    code, answer = api.request("POST", path_of(text), text)
    wrong = "" if code == 201 else answer.get("message", str(answer))
    for path, wanted in re.findall(r"^# expect: (\S+) = (.*)$", text, re.M) if not wrong else []:
        try:
            found = lookup(answer, path)
        except (KeyError, IndexError):
            found = None
        if found != json.loads(wanted):
            wrong += f"{path} is {json.dumps(found)}, not {wanted}. "
    verdicts.add(name, not wrong, wrong)


def as_said(expected):
    """By a server before 1.32: where the words are ours it has the type in the value's place (they say what they got), and it writes a
    map as Go does."""
    if not apiserver.older_than(32):
        return expected
    text = re.sub(r'Invalid value: "[^"]*": (?=must be )', 'Invalid value: "string": ', expected)
    return re.sub(r"Duplicate value: \{(.*)\}", lambda found: "Duplicate value: map[string]interface {}{" + found[1].replace(',"', ', "') + "}", text)


def refused(api, verdicts, name, text):
    expected = [as_said(each) for each in re.findall(r"^# expect: (.*)$", text, re.M)]
    code, answer = api.request("POST", path_of(text), text)
    message = answer.get("message", "")
    missing = [e for e in expected if e not in message]
    if code == 201:
        verdicts.add(name, False, "was accepted")
    else:
        verdicts.add(name, bool(expected) and not missing, f"HTTP {code}: {message}\n        lacks {missing}")


def columns(api, verdicts):
    for kind, wanted in COLUMNS.items():
        _, crd = api.request("GET", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{PLURALS[kind]}.fairlead.dev")
        version = crd["spec"]["versions"][0]
        found = [c["name"] + (" (wide)" if c.get("priority") else "") for c in version["additionalPrinterColumns"]]
        verdicts.add(f"columns of {kind}", found == wanted, f"{found}, not {wanted}")
        has_status = "status" in version.get("subresources", {})
        verdicts.add(f"status subresource of {kind}", has_status == (kind != "NodeReport"))
        scope = "Namespaced" if kind in NAMESPACED else "Cluster"
        verdicts.add(f"scope of {kind}", crd["spec"]["scope"] == scope, crd["spec"]["scope"])


@contextlib.contextmanager
def claims_by_anybody(api):
    """AddressClaims are the controller's, by a policy (rights_test.py); here it is about their schema."""
    with open(f"{HERE}/crd/accepted/addressclaim-ipv6.yaml") as file:
        claim = file.read()
    api.kubectl("delete", "validatingadmissionpolicybinding", "fairlead-claims")
    end = time.monotonic() + 30
    while api.request("POST", path_of(claim), claim)[0] == 403 and time.monotonic() < end:
        time.sleep(0.2)
    yield
    api.kubectl("apply", "-f", "manifests/policies/claims.yaml")


def main():
    verdicts = apiserver.Verdicts()
    with apiserver.api_server() as api, claims_by_anybody(api):
        for judge in (accepted, refused):
            for path in sorted(glob.glob(f"{HERE}/crd/{judge.__name__}/*.yaml")):
                with open(path) as file:
                    judge(api, verdicts, os.path.relpath(path, HERE), file.read())
        columns(api, verdicts)
        code, text = api.kubectl("get", "vip", "-A")
        verdicts.add("short name vip", code == 0, text)
    verdicts.end()


main()
