"""Seeds of json_streams, reflector and kubeconfigs: bodies as kube-apiserver 1.34 writes them, and what is just not one; the
happenings of tests/unit/lib/reconcile/reflector_*_test.cc; files as kubectl writes them."""
import json
import struct

from seed_files import write

OBJECT = {"kind": "VirtualIP", "apiVersion": "fairlead.dev/v1alpha1", "metadata": {"name": "web", "namespace": "shop",
          "resourceVersion": "812", "annotations": {"x": "\"y\\"}}, "spec": {"ports": [{"port": 80}], "empty": []}}
END = {"kind": "VirtualIP", "metadata": {"resourceVersion": "900", "annotations": {"k8s.io/initial-events-end": "true"}}}
GONE = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Expired", "code": 410,
        "message": "too old resource version: 1 (5)"}
TOO_LARGE = {"kind": "Status", "code": 504, "reason": "Timeout", "details": {"retryAfterSeconds": 1, "causes": [
             {"reason": "Other"}, {"reason": "ResourceVersionTooLarge"}]}}


def event(kind, thing):
    return json.dumps({"type": kind, "object": thing}, separators=(",", ":")).encode() + b"\n"


def listing(*items, before=True):
    head = {"metadata": {"resourceVersion": "9", "continue": "a/b="}}
    parts = {"kind": "VirtualIPList", "apiVersion": "v1"} | (head if before else {}) | {"items": list(items)}
    return json.dumps(parts | head, separators=(",", ":")).encode()


def json_streams():
    bodies = {
        "watch": event("ADDED", OBJECT) + event("MODIFIED", OBJECT) + event("BOOKMARK", END) + event("DELETED", OBJECT),
        "errors": event("ERROR", GONE) + event("ERROR", TOO_LARGE) + event("RENAMED", OBJECT) + event("ADDED", {"kind": "Table"}),
        "crlf": event("ADDED", OBJECT).replace(b"\n", b"\r\n") + b"\r\n\n" + event("ADDED", OBJECT),
        "no-json": b"<html>\n<p>no</p>\n" + event("ADDED", OBJECT)[:-20] + b"\n{}\n[]\n7\n\"\n",
        "escapes": "{\"type\":\"ADDED\",\"object\":{\"kind\":\"\\ud83d\\ude00\\u00e4\\ud800x\\n\",\"b\":\"ä€😀\"}}\n".encode(),
        "no-utf8": event("ADDED", OBJECT).replace(b"web", b"w\xff\xc0\xaf\xed\xa0\x80"),
        "list": listing(OBJECT, {"a": [[], {"b": "}]"}]}), "list-behind": listing(OBJECT, before=False), "list-empty": listing(),
        "list-null": b'{"kind":"XList","metadata":{"resourceVersion":"1"},"items":null}',
        "list-spaced": json.dumps(json.loads(listing(OBJECT, OBJECT)), indent=1).encode(),
        "list-inside": b'{"metadata":{"items":[{"no":1}],"resourceVersion":"1"},"items":[{"yes":1}],"items":[{"twice":1}]}',
        "list-cut": listing(OBJECT, OBJECT)[:-30], "list-table": b'{"kind":"Table","rows":[{"cells":[1]}]}',
        "deep": b'{"a":' * 60 + b"1" + b"}" * 60, "media-type": b"application/json;stream=watch", "html": b"Text/HTML; charset=utf-8",
        "numbers": b'{"code":410,"a":-1.5e9,"b":2147483648,"c":true,"d":null}',
    }
    for name, body in bodies.items():
        write("json_streams", name, b"\xff\x00" + body)
        write("json_streams", name + "-cut", b"\x08\x05" + struct.pack("!5H", 1, 7, 40, 41, len(body) // 2) + body)


def reflectors():
    ask, put, more, remove, forget, late = bytes((0,)), bytes((3,)), bytes((0x63,)), bytes((5,)), bytes((6,)), bytes((9,))
    ends, mark, table, wrong = bytes((10,)), bytes((12,)), bytes((13,)), bytes((15,))

    def fails(choice):
        return bytes((7, choice))

    def wait(milliseconds):
        return struct.pack("!BH", 8, milliseconds)
    begun = put + more + ask * 6
    runs = {
        "quiet": begun, "follows": begun + put + ask + remove + ask + more + ask, "bookmark": begun + mark + ends + late + ask * 2,
        "gone": begun + put + forget + ends + late + ask * 8, "gone-twice": begun + fails(11) * 2 + late + ask * 6,
        "too-large": begun + fails(21) * 3 + late + ask * 6, "missing": fails(7) + late + ask * 6 + fails(7) * 2 + late + ask * 4,
        "refused": begun + (fails(1) + late) * 7 + ask * 6, "throttled": begun + fails(235) + wait(60000) + late + ask * 4,
        "lost": begun + put + fails(4) + more + late + ask * 4, "connect": (fails(0) + late) * 9 + ask * 6,
        "denied": begun + fails(3) + late + fails(5) + late + ask * 3, "short": begun + (ends + late) * 4,
        "tables": begun + table * 101 + late + ask * 4, "table-first": table * 2 + put + ask * 8 + remove + ask * 3,
        "wrong-list": wrong + late + begun, "junk": begun + b"\x0b\x04junk" + b"\x0b\x03\xff\xfe{" + put + ask * 2,
        "removed-meanwhile": begun + fails(4) + remove + forget + late + ask * 8, "long": begun + wait(0xffff) * 6 + ends + ask * 3,
    }
    for name, data in runs.items():
        write("reflector", name + "-lists", b"\0" + data)
        write("reflector", name + "-watch-lists", b"\1" + data)


CONFIG = """apiVersion: v1
kind: Config
current-context: x
contexts: [{name: x, context: {cluster: c, user: u, namespace: shop}}]
clusters: [{name: c, cluster: {server: "https://[2001:db8::1]:6443", certificate-authority-data: Y2E=, tls-server-name: api}}]
users: [{name: u, user: {%s}}]
"""


def kubeconfigs():
    users = {"token": "token: t, tokenFile: token", "certificate": "client-certificate: a.crt, client-key: /b.key",
             "data": "client-certificate-data: YQ==, client-key-data: Yg", "half": "client-certificate: a", "exec": "exec: {command: id}",
             "provider": "auth-provider: {name: gcp}", "password": "username: a, password: b", "nobody": "", "not-base64": "client-key-data: '*'"}
    texts = {name: CONFIG % user for name, user in users.items()}
    texts |= {"insecure": texts["token"].replace("tls-server-name: api", "insecure-skip-tls-verify: true"),
              "proxy": texts["token"].replace("tls-server-name", "proxy-url"), "http": texts["token"].replace("https", "http"),
              "no-ca": texts["token"].replace("certificate-authority-data: Y2E=, ", ""), "ca-file": texts["token"].replace("-data: Y2E=", ": ca"),
              "no-context": texts["token"].replace("current-context: x", "current-context: y"), "lists": "contexts: {}\nclusters: 1\n",
              "json": json.dumps({"current-context": "x", "contexts": None}), "name": "https://api.example:6443/", "v6": "[::1]:7", "port": "a:65536",
              "base64": "YWJj ZGVm\n-_==", "behind": "YQ==YQ", "empty": "", "claims": json.dumps({"kubernetes.io": {"node": {"name": "n", "uid": "u"}}}),
              "jwt": "e30.eyJrdWJlcm5ldGVzLmlvIjp7Im5vZGUiOnsibmFtZSI6Im4iLCJ1aWQiOiJ1In19fQ.c2ln"}
    for name, text in texts.items():
        write("kubeconfigs", name, text.encode())
    write("kubeconfigs", "merged", texts["no-context"].encode() + b"\xff" + texts["token"].encode())
    write("kubeconfigs", "context-elsewhere", b"current-context: x\n\xff" + texts["certificate"].encode())
