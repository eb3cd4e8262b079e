#!/usr/bin/python3
"""lib/apiserver against a real API server ($KUBECONFIG, else one of its own): lists, watches, writes, wrong
credentials, a server that goes away, kinds that come and go."""
import base64
import json
import os
import subprocess
import tempfile
import time

import apiserver
from api_client import PROGRAM, Client, Relay
from patience import until

MAPS = "watch /api/v1 configmaps ConfigMap fairlead-test=yes"
SPACE = f"fairlead-client-{os.getpid()}"  # an earlier one may still be on its way out
PLACE = f"/api/v1/namespaces/{SPACE}/configmaps"
CRD = """{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
"metadata":{"name":"widgets.clienttest.fairlead.dev"},"spec":{"group":"clienttest.fairlead.dev","scope":"Namespaced",
"names":{"plural":"widgets","singular":"widget","kind":"Widget","listKind":"WidgetList"},
"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]}}"""


def config_map(name, value="x"):
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "data": {"value": value},
                       "metadata": {"name": name, "labels": {"fairlead-test": "yes"}}})


def apply(client, name, value="x"):
    return client.answer(f"apply {PLACE}/{name} {config_map(name, value)}")


class Cluster:
    def __init__(self, api, folder):
        self.api, self.folder = api, folder
        view = json.loads(api.kubectl("config", "view", "--raw", "--minify", "-o", "json")[1])
        cluster, self.user = view["clusters"][0]["cluster"], view["users"][0]["user"]
        host, port = cluster["server"].removeprefix("https://").rstrip("/").rsplit(":", 1)
        self.host, self.port = host.strip("[]"), int(port)
        if "certificate-authority" in cluster:
            with open(cluster["certificate-authority"], "rb") as file:
                self.ca = file.read()
        else:
            self.ca = base64.b64decode(cluster["certificate-authority-data"])
        self.admin = self.write("admin", self.ca, self.user)

    def write(self, name, ca, user):
        """A kubeconfig whose CA is the file <name>.ca."""
        with open(f"{self.folder}/{name}.ca", "wb") as file:
            file.write(ca)
        text = {"clusters": [{"name": "c", "cluster": {"server": f"https://{self.host}:{self.port}",
                                                       "certificate-authority": name + ".ca",
                                                       "tls-server-name": self.host}}],
                "users": [{"name": "u", "user": user}], "current-context": "x",
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}]}
        with open(f"{self.folder}/{name}", "w") as file:
            json.dump(text, file)
        return f"{self.folder}/{name}"

    def token_file(self, text):
        with open(self.folder + "/token.new", "w") as file:
            file.write(text)
        os.replace(self.folder + "/token.new", self.folder + "/token")


def lists_and_watches(cluster, add):
    with Client(cluster.admin) as client:
        client.do(MAPS)
        add("a first list is taken as one step", client.wait(r"^REPLACE configmaps 0$") is not None)
        add("a server-side apply creates", " 201 " in apply(client, "one"))
        add("the watch tells of it", client.wait(f"^UPSERT {SPACE}/one ") is not None)
        add("a second apply changes", " 200 " in apply(client, "one", "y"))
        add("the watch tells of that", client.wait(f"^UPSERT {SPACE}/one ") is not None)
        add("a delete is answered", " 200 " in client.answer(f"send DELETE {PLACE}/one"))
        add("the watch tells of the end", client.wait(f"^REMOVE {SPACE}/one ") is not None)
        answer = client.answer(f"send GET {PLACE}/one")
        add("a 404 is an answer, not a failure", answer.startswith(f"ANSWER GET {PLACE}/one 404 "), answer)
        answer = client.answer(f"apply {PLACE}/one {config_map('another')}")
        add("a refusal carries the server's words", " 400 " in answer and "does not match the name" in answer, answer)
        client.do(MAPS)
        client.wait("^REPLACE")
        add("ending with watches open is clean", client.quit() == 0)


def pages(cluster, add):
    count = 520
    for at in range(count):
        status, answer = cluster.api.request("POST", PLACE, config_map(f"many-{at}"), "application/json")
        if status != 201:
            return add("520 objects are made", False, str(answer))
    with Client(cluster.admin) as client:
        client.do(MAPS)
        whole = client.wait(f"^REPLACE configmaps {count}$") is not None
        lists = client.metric('api_lists_total{kind="configmaps"}')
        if apiserver.older_than(32):
            add("520 objects come whole by a list, from a server without watch-lists (K-08)", whole and lists == 2, "; ".join(client.lines)[-1000:])
        else:
            add("520 objects come whole by a watch-list (K-08)", whole and lists == 0, "; ".join(client.lines)[-1000:])
    cluster.api.kubectl("create", "serviceaccount", "lister", "-n", SPACE)
    cluster.api.kubectl("create", "clusterrole", "fairlead-client-lister", "--verb=list", "--resource=configmaps")
    cluster.api.kubectl("create", "clusterrolebinding", "fairlead-client-lister", "--clusterrole=fairlead-client-lister",
                        f"--serviceaccount={SPACE}:lister")
    token = cluster.api.kubectl("create", "token", "lister", "-n", SPACE)[1].strip()
    with Client(cluster.write("lister", cluster.ca, {"token": token})) as client:
        client.do(MAPS)
        add("a list of 520 objects is whole, where a watch-list is denied (K-08)",
            client.wait(f"^REPLACE configmaps {count}$") is not None, "; ".join(client.lines)[-1000:])
        add("it came in two pages (K-11)", client.metric('api_lists_total{kind="configmaps"}') == 2)
    cluster.api.kubectl("delete", "clusterrolebinding/fairlead-client-lister", "clusterrole/fairlead-client-lister")
    cluster.api.request("DELETE", PLACE + "?labelSelector=fairlead-test%3Dyes")


def server_goes_away(cluster, add):
    relay = Relay(cluster.host, cluster.port)
    with Client(cluster.admin, f"127.0.0.1:{relay.port}") as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        apply(client, "before")
        client.wait(f"^UPSERT {SPACE}/before ")
        relay.cut()
        cluster.api.request("POST", PLACE, config_map("meanwhile"), "application/json")
        answer = client.answer(f"send GET {PLACE}/before")
        add("a request to a server that is gone fails as unavailable", answer.startswith("FAILED GET") and
            " 3 " in answer, answer)
        add("that is logged once", client.wait("WARNING api.unreachable") is not None)
        relay.open()
        add("a watch resumes and brings what happened meanwhile (K-06)",
            client.wait(f"^UPSERT {SPACE}/meanwhile ", 10) is not None)
        add("the recovery is logged", client.wait("api.recovered") is not None and client.count("api.recovered") == 1)
        whole = client.metric('api_relist_duration_seconds_count{kind="configmaps"}')
        add("there was no relist", whole == 1, f"{whole} whole states: " + "; ".join(client.lines)[-1000:])
        add("the endpoint counts as up", client.metric(f'api_endpoint_up{{endpoint="127.0.0.1:{relay.port}"}}') == 1)
        add("unreachable was logged once", client.count("api.unreachable") == 1)
        relay.cut()
        cluster.api.request("POST", PLACE, config_map("long-after"), "application/json")
        time.sleep(4)
        relay.open()
        add("of a server that was away for longer the whole state is asked for, with what happened meanwhile (FC-11)",
            client.wait(f"^HAS {SPACE}/long-after ", 20) is not None and client.wait("^OTHER-HISTORY", 5) is not None)
    dead = Relay(cluster.host, cluster.port)
    dead.cut()
    with Client(cluster.admin, f"127.0.0.1:{dead.port},127.0.0.1:{relay.port}") as client:
        client.do(MAPS)
        add("a second server takes over from a dead one (K-39)", client.wait("^REPLACE", 15) is not None)
    relay.cut()
    cluster.api.request("DELETE", PLACE + "?labelSelector=fairlead-test%3Dyes")


def wrong_token(cluster, add):
    cluster.api.kubectl("create", "serviceaccount", "tester", "-n", SPACE)
    code, token = cluster.api.kubectl("create", "token", "tester", "-n", SPACE)
    if code != 0:
        return add("a token is made", False, token)
    cluster.token_file("nonsense")
    config = cluster.write("by-token", cluster.ca, {"tokenFile": "token"})
    with Client(config) as client:
        client.do(MAPS)
        line = client.wait("ERROR api.denied") or ""
        add("a wrong token is one clear line (K-35)", "401" in line and "token" in line, line)
        add("it goes on trying", until(lambda: client.metric('api_watch_errors_total{kind="configmaps",reason="unauthorized"}') >= 2, 10))
        add("the endpoint does not count as up", client.metric(
            f'api_endpoint_up{{endpoint="{cluster.host}:{cluster.port}"}}') == 0)
        add("and it was said once", client.count("api.denied") == 1)
        cluster.token_file(token.strip())
        add("a token that comes right is taken up", client.wait("INFO api.recovered", 15) is not None)
        line = client.wait("ERROR api.forbidden") or ""
        add("a missing right is said in the server's words", "cannot list" in line, line)
        cluster.api.kubectl("create", "clusterrole", "fairlead-client-test", "--verb=list,watch", "--resource=configmaps")
        cluster.api.kubectl("create", "clusterrolebinding", "fairlead-client-test", "--clusterrole=fairlead-client-test",
                            f"--serviceaccount={SPACE}:tester")
        add("and it goes on when the right is given", client.wait("^REPLACE configmaps", 40) is not None)
        add("forbidden was said once", client.count("api.forbidden") == 1)
    cluster.api.kubectl("delete", "clusterrolebinding/fairlead-client-test", "clusterrole/fairlead-client-test")


def wrong_ca(cluster, add):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", cluster.folder + "/other.key", "-out", cluster.folder + "/other.crt", "-subj", "/CN=other",
                    "-days", "2"], check=True, stderr=subprocess.DEVNULL)
    with open(cluster.folder + "/other.crt", "rb") as file:
        other = file.read()
    config = cluster.write("by-ca", other, cluster.user)
    with Client(config) as client:
        client.do(MAPS)
        line = client.wait("ERROR api.denied") or ""
        add("a wrong CA is one clear line", "certificate verify failed" in line and "CA" in line, line)
        add("it goes on trying", until(lambda: client.metric('api_watch_errors_total{kind="configmaps",reason="tls"}') >= 2, 10))
        add("and it was said once", client.count("api.denied") == 1)
        answer = client.answer("send GET /version")
        add("a request fails as denied", answer.startswith("FAILED GET /version 4 "), answer)
        cluster.write("by-ca", b"rubbish", cluster.user)
        answer = client.answer("send GET /version")
        add("a CA file without a certificate is named", "by-ca.ca holds no PEM certificate" in answer, answer)
        os.remove(cluster.folder + "/by-ca.ca")
        answer = client.answer("send GET /version")
        add("a missing CA file is named", "by-ca.ca: No such file" in answer, answer)
        cluster.write("by-ca", cluster.ca, cluster.user)
        add("a CA file that comes right is taken up (K-36)", client.wait("^REPLACE configmaps", 40) is not None)


def kinds_come_and_go(cluster, add):
    with Client(cluster.admin) as client:
        client.do("watch /apis/clienttest.fairlead.dev/v1 widgets Widget")
        client.do(MAPS)
        add("a missing kind is said (K-40)", client.wait("WARNING api.waiting_for_kind kind=Widget") is not None)
        add("other kinds go on", client.wait("^REPLACE configmaps") is not None)
        time.sleep(2)
        cluster.api.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD, "application/json")
        add("it is taken up when it appears", client.wait("^REPLACE widgets 0$", 30) is not None)
        add("which is said", client.wait("INFO api.synced kind=Widget") is not None)
        widget = '{"apiVersion":"clienttest.fairlead.dev/v1","kind":"Widget","metadata":{"name":"w"}}'
        client.do(f"apply /apis/clienttest.fairlead.dev/v1/namespaces/{SPACE}/widgets/w {widget}")
        add("and watched", client.wait(f"^UPSERT {SPACE}/w ") is not None)
        add("it was said once that it was missing", client.count("api.waiting_for_kind") == 1)
        cluster.api.request("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                            "widgets.clienttest.fairlead.dev")
        add("a kind that is taken away is said, too", client.wait("api.waiting_for_kind kind=Widget", 40) is not None)
        add("its objects are gone by then", client.count(f"^REMOVE {SPACE}/w ") == 1)


def another_version(cluster, add):
    """The group is there, in another version than the one that we use: nothing falls back to it (K-40)."""
    crd = json.loads(CRD)
    path, used = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd["spec"]["versions"][0]
    crd["spec"]["versions"] = [dict(used, name="v1beta1")]
    cluster.api.kubectl("wait", "--for=delete", "crd/widgets.clienttest.fairlead.dev", "--timeout=30s")
    cluster.api.request("POST", path, json.dumps(crd), "application/json")
    there = "/apis/clienttest.fairlead.dev/v1beta1/widgets"
    add("the server has one version of the kind", until(lambda: cluster.api.request("GET", there)[0] == 200, 30))
    with Client(cluster.admin) as client:
        client.do("watch /apis/clienttest.fairlead.dev/v1 widgets Widget")
        client.do(MAPS)
        line = client.wait("WARNING api.waiting_for_kind kind=Widget") or ""
        add("where it is not ours, that is a missing kind, and the version is named (K-40)", "path=/apis/clienttest.fairlead.dev/v1/widgets" in line, line)
        add("other kinds go on with it missing (K-40)", client.wait("^REPLACE configmaps") is not None)
        errors = 0

        def counted():
            nonlocal errors
            errors = client.metric('api_watch_errors_total{kind="widgets",reason="not_found"}')
            return errors >= 2
        until(counted, 10)
        add("it is looked for again, counted, and said once (K-40)", errors >= 2 and client.count("api.waiting_for_kind") == 1 and
            client.metric('api_synced{kind="widgets"}') == 0, f"{errors} {client.lines}")
        cluster.api.request("PATCH", path + "/widgets.clienttest.fairlead.dev", json.dumps({"spec": {"versions": [used, dict(
            used, name="v1beta1", storage=False)]}}), "application/merge-patch+json")
        add("served in our version it is taken up", client.wait("^REPLACE widgets 0$", 40) is not None, str(client.lines))
    cluster.api.request("DELETE", path + "/widgets.clienttest.fairlead.dev")


def version_from_the_future(cluster, add):
    status, answer = cluster.api.request("GET", PLACE + "?resourceVersion=999999999&resourceVersionMatch=NotOlderThan")
    causes = [cause["reason"] for cause in answer.get("details", {}).get("causes", [])]
    add("the server says that a version is too large in the words we look for (K-05)",
        status == 504 and causes == ["ResourceVersionTooLarge"], str(answer))


def bad_kubeconfig(cluster, add):
    with open(cluster.folder + "/text", "w") as file:
        file.write("just: [words\n")
    with open(cluster.folder + "/exec", "w") as file:
        file.write(open(cluster.admin).read().replace('"user": {', '"user": {"exec": {"command": "id"}, ', 1))
    table = [("/nonexistent/config", "cannot read /nonexistent/config: No such file or directory; give --kubeconfig"),
             (cluster.folder, "cannot read " + cluster.folder), (cluster.folder + "/text", "/text: "),
             (cluster.folder + "/exec", "exec plugins are not run by daemons")]
    for path, message in table:
        done = subprocess.run([PROGRAM, path, "", "50", "100"], text=True, capture_output=True)
        add(f"kubeconfig {os.path.basename(path)}: exit 2 and one sentence", done.returncode == 2 and
            message in done.stderr and done.stderr.count("\n") == 1, done.stderr)


def main():
    verdicts = apiserver.Verdicts()
    with apiserver.api_server() as api, tempfile.TemporaryDirectory(prefix="fairlead-client-") as folder:
        api.kubectl("create", "namespace", SPACE)
        cluster = Cluster(api, folder)
        for part in (lists_and_watches, pages, server_goes_away, wrong_token, wrong_ca, kinds_come_and_go,
                     another_version, version_from_the_future, bad_kubeconfig):
            part(cluster, lambda name, ok, detail="", p=part.__name__: verdicts.add(f"{p}: {name}", ok, detail))
        api.kubectl("delete", "namespace", SPACE, "--wait=false")
    verdicts.end()


main()
