"""For rights_test.py: requests of the two accounts, as objects of the test, and what the audit log tells of them."""
import http.client
import json
import ssl
import base64
import urllib.parse

OURS = "/apis/fairlead.dev/v1alpha1"
POLICIES = "/apis/admissionregistration.k8s.io/v1"
CONTROLLER = "system:serviceaccount:fairlead-system:fairlead-controller"
NODE = "system:serviceaccount:fairlead-system:fairlead-node"
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
JSON_PATCH, STRATEGIC = "application/json-patch+json", "application/strategic-merge-patch+json"

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "users": [CONTROLLER, NODE]}, {"level": "None"}]}


class As:
    """Requests with a token."""

    def __init__(self, cluster, token, headers=()):
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._context = ssl.create_default_context(cadata=authority)
        self._server = urllib.parse.urlparse(cluster["server"])
        self._headers = {"Authorization": "Bearer " + token, "Accept": "application/json", **dict(headers)}

    def request(self, method, path, body=None, kind="application/json"):
        """(HTTP status, decoded answer)"""
        connection = http.client.HTTPSConnection(self._server.hostname, self._server.port, context=self._context, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), dict(self._headers, **{"Content-Type": kind}))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


class Accounts:
    """Tokens of service accounts, as admin gives them out."""

    def __init__(self, api):
        self.api = api
        _, text = api.kubectl("config", "view", "--raw", "--minify", "-o", "json")
        self.cluster = json.loads(text)["clusters"][0]["cluster"]

    def token(self, account, *bound):
        """bound: kind and name of the object that the token is bound to."""
        words = ["--bound-object-kind", bound[0], "--bound-object-name", bound[1]] if bound else []
        code, text = self.api.kubectl("create", "token", account, "-n", "fairlead-system", "--duration", "1h", *words)
        if code != 0:
            raise RuntimeError(f"token of {account}: {text}")
        return text.strip()

    def named(self, account, *bound, headers=()):
        return As(self.cluster, self.token(account, *bound), headers)

    def node(self, name):
        """The account of the nodes on that Node, which is made."""
        self.api.request("POST", "/api/v1/nodes", json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}),
                         "application/json")
        return self.named("fairlead-node", "Node", name)


def object_of(kind, name, namespace=None, **parts):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "fairlead.dev/v1alpha1", "kind": kind, "metadata": metadata, **parts}


class Judge:
    """Verdicts about answers."""

    def __init__(self, verdicts):
        self.verdicts = verdicts

    def allowed(self, name, answer):
        status, body = answer
        self.verdicts.add(name, status in (200, 201), f"HTTP {status}: {body.get('message')}")
        return body

    def refused(self, name, answer, *words):
        """403, and every one of the words in the message."""
        status, body = answer
        message = str(body.get("message"))
        self.verdicts.add(name, status == 403 and all(w in message for w in words), f"HTTP {status}: {message}\n        wanted {words}")


def audited(path):
    """What the accounts asked for and got: [(account, namespace, group, resource[/sub], verb, HTTP status)]."""
    out = []
    with open(path) as file:
        for line in file:
            if not line.endswith("\n"):
                continue  # being written
            event = json.loads(line)
            about = event.get("objectRef")
            if not about:
                continue  # no resource: /livez and the like
            resource = about["resource"] + ("/" + about["subresource"] if about.get("subresource") else "")
            out.append((event["user"]["username"], about.get("namespace", ""), about.get("apiGroup", ""), resource, event["verb"],
                        event["responseStatus"]["code"]))
    return out
