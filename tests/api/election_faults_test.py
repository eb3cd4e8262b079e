#!/usr/bin/python3
"""lib/apiserver's Elector and write gate against a server that misbehaves in ways a real one cannot be made to."""
import json
import tempfile
import threading
import time

import apiserver
from api_client import Client
from fake_api_server import Certificates, Server, status
from patience import until

PATH = "/apis/coordination.k8s.io/v1/namespaces/ns/leases"
ELECT = "elect ns l me_1 4 3 1"  # seconds: lease, renew deadline, retry period


class Store:
    """One Lease, as an API server keeps it: the script of a server, unless `fault` takes the request first."""

    def __init__(self, fault=lambda asked: False):
        self.spec, self.version, self.fault = None, 0, fault
        self.lock, self.writes = threading.Lock(), []

    def whole(self):
        return {"kind": "Lease", "apiVersion": "coordination.k8s.io/v1", "spec": self.spec,
                "metadata": {"name": "l", "namespace": "ns", "uid": "u", "resourceVersion": str(self.version)}}

    def put(self, spec):
        with self.lock:
            self.version, self.spec = self.version + 1, spec

    def write(self, asked):
        """True if it took effect."""
        body = json.loads(asked.body)
        with self.lock:
            wanted = body["metadata"].get("resourceVersion", "")
            if wanted != ("" if self.spec is None else str(self.version)):
                return False
            self.version, self.spec = self.version + 1, body["spec"]
            self.writes.append(self.spec)
        return True

    def __call__(self, asked):
        if self.fault(asked):
            return None
        if asked.command == "GET":
            return asked.answer(404, status(404, "NotFound")) if self.spec is None else asked.answer(200, self.whole())
        if not self.write(asked):
            return asked.answer(409, status(409, "Conflict"))
        return asked.answer(201 if asked.command == "POST" else 200, self.whole())


class Stage:
    def __init__(self, certificates, verdicts, name):
        self.certificates, self._verdicts, self._name = certificates, verdicts, name

    def check(self, what, ok, detail=""):
        self._verdicts.add(f"{self._name}: {what}", ok, str(detail))

    def server(self, script):
        return Server(self.certificates, "good", script)

    def client(self, server, rate="50", burst="100"):
        return Client(server.kubeconfig({"token": "t"}), rate=rate, burst=burst)


def leads_and_lets_go(stage):
    store = Store()
    with stage.server(store) as server, stage.client(server) as client:
        client.do(ELECT)
        stage.check("a Lease that is not there is made, and led by", client.wait("^ELECTION LeadTaken") is not None)
        client.do("may_write")
        stage.check("the gate is open", client.wait("^MAY WRITE 1$") is not None)
        time.sleep(3.5)
        stage.check("it is renewed once a second", 3 <= len(store.writes) <= 5 and store.spec["holderIdentity"] == "me_1",
                    len(store.writes))
        client.do("resign")
        stage.check("it is let go of", client.wait("^ELECTION Resigned $") is not None and store.spec["holderIdentity"] == ""
                    and store.spec["leaseDurationSeconds"] == 1, store.spec)
        client.do("may_write")
        stage.check("the gate is shut", client.wait("^MAY WRITE 0$") is not None)


def bad_answers(stage):
    """Each one a failed try: nothing is written over, nobody leads, no hot loop, no crash."""
    record = {"holderIdentity": "other_2", "leaseDurationSeconds": 15}
    good = {"kind": "Lease", "apiVersion": "coordination.k8s.io/v1", "spec": record,
            "metadata": {"name": "l", "namespace": "ns", "resourceVersion": "5"}}

    def changed(part, **fields):
        return dict(good, **{part: dict(good[part], **fields)})
    answers = {
        "HTML": "<html>gateway</html>", "a Table": dict(good, kind="Table"), "nothing": "", "a list": [good],
        "no version": changed("metadata", resourceVersion=""), "a duration of 0": changed("spec", leaseDurationSeconds=0),
        "a duration in words": changed("spec", leaseDurationSeconds="15s"), "a holder that is a number": changed("spec", holderIdentity=5),
        "two megabytes": changed("metadata", annotations={"a": "x" * 2_000_000}), "bad UTF-8": b'{"kind":"Lease\xff"}',
        "nested deep": "[" * 100_000,
    }
    for what, body in answers.items():
        def script(asked, body=body):
            data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
            asked.send_response(200)
            asked.send_header("Content-Length", str(len(data)))
            asked.end_headers()
            asked.wfile.write(data)
        with stage.server(script) as server, stage.client(server) as client:
            client.do(ELECT)
            told = client.wait("^ELECTION TryFailed .")
            time.sleep(1.5)
            stage.check(f"{what} leads to nothing", told and client.alive() and not client.count("LeadTaken")
                        and len(server.asked) <= 3 and not any(each.body for each in server.asked), (told, len(server.asked)))


def refused(stage):
    for code in (401, 403, 429, 500, 503):
        with stage.server(lambda asked, code=code: asked.answer(code, status(code, "No"), Retry_After="1")) as server, \
                stage.client(server) as client:
            client.do(ELECT)
            told = client.wait(f"^ELECTION TryFailed {code} No")
            time.sleep(1.2)
            stage.check(f"{code} is a failed try", told and client.alive() and len(server.asked) <= 3, len(server.asked))


def lost_answer(stage):
    """Our first write took effect, its answer did not come."""
    def fault(asked):
        if asked.command != "POST":
            return False
        store.write(asked)
        asked.close_connection = True
        return True
    store = Store(fault)
    with stage.server(store) as server, stage.client(server) as client:
        client.do(ELECT)
        stage.check("the Lease turns out to be ours, and is led by", client.wait("^ELECTION LeadTaken") is not None)
        stage.check("with one transition fewer than two", store.spec["leaseTransitions"] == 0, store.spec)


def silence(stage):
    """The server takes requests and answers nothing more."""
    mute = threading.Event()

    def fault(asked):
        if mute.is_set():
            asked.hold()
        return mute.is_set()
    store = Store(fault)
    with stage.server(store) as server, stage.client(server) as client:
        client.do(ELECT)
        client.wait("^ELECTION LeadTaken")
        mute.set()
        begun = time.monotonic()
        lost = client.wait("^ELECTION LeadLost not renewed for [45] s", 8)
        took = time.monotonic() - begun
        stage.check("a leader without answers stops within its lease", lost and 2 < took < 6, took)
        answer = client.answer('send POST /x {"a":1}')
        stage.check("and its writes stay here", answer.startswith("FAILED POST /x 2 ") and "/x" not in [a.path for a in server.asked], answer)


def renewal_fails(stage):
    """Every renewal without a read meets a conflict: somebody labels the Lease all the time."""
    def fault(asked):
        if asked.command == "GET" or store.spec is None:
            return False
        fresh[0] = not fresh[0]
        if fresh[0]:
            store.put(store.spec)  # another version
        return False
    fresh = [False]
    store = Store(fault)
    with stage.server(store) as server, stage.client(server) as client:
        client.do(ELECT)
        client.wait("^ELECTION LeadTaken")
        slow = client.wait("^ELECTION SlowPathTaken")
        time.sleep(3)
        stage.check("the Lease is read and written in the same try", slow and not client.count("LeadLost|TryFailed")
                    and store.spec["holderIdentity"] == "me_1")


def gate(stage):
    def script(asked):
        if asked.path == "/busy?fieldManager=fairlead-test&force=true":
            return asked.answer(429, status(429, "TooManyRequests"), Retry_After="1")
        return asked.answer(200, {"kind": "OK"})
    with stage.server(script) as server, stage.client(server, "2", "1") as client:
        client.answer("send GET /first")
        client.do('send POST /queued {"a":1}')  # waits for its turn
        client.do("gate shut")
        said = client.wait("^FAILED POST /queued 2 .*we do not lead", 3)
        stage.check("a write that waited for its turn stays here", said is not None)
        stage.check("a read goes", " 200 " in client.answer("send GET /second"))
        stage.check("nothing of it arrived", "/queued" not in [a.path for a in server.asked], [a.path for a in server.asked])
        stage.check("it is counted", client.metric("api_withheld_total") == 1)
        client.do("gate open")
        stage.check("with the gate open it goes", " 200 " in client.answer('send POST /queued {"a":1}'))
        client.do('apply /busy {"a":1}')
        time.sleep(0.8)
        client.do("gate shut")
        said = client.wait("^FAILED apply /busy 2 .*we do not lead", 4)
        stage.check("nor is one repeated after Retry-After", said and sum("/busy" in a.path for a in server.asked) == 1, said)


def apart(stage):
    """What else the client sends waits for its bucket, and its connections are busy."""
    ports, over = {True: set(), False: set()}, threading.Event()

    def fault(asked):
        of_lease = "/leases" in asked.path
        ports[of_lease].add(asked.client_address[1])
        if not of_lease:
            over.wait(0 if asked.path == "/first" else 20)
            asked.answer(200, {"kind": "OK"})
        return not of_lease
    store = Store(fault)
    with stage.server(store) as server, stage.client(server, "0.1", "3") as client:
        client.answer("send GET /first")  # its connection is free for the next
        client.do(ELECT)
        client.wait("^ELECTION LeadTaken")
        for number in range(4):
            client.do(f"send GET /{number}")
        before = len(store.writes)
        renewed = until(lambda: len(store.writes) >= before + 4, 20)
        stage.check("the Lease is renewed on connections of its own, and waits for no bucket (L-04)", renewed and ports[False]
                    and not ports[True] & ports[False] and not client.count("LeadLost|TryFailed"), f"{ports} {client.lines}")
        stage.check("while others wait", client.metric('api_throttled_total{source="client"}') == 2, client.lines)
        over.set()


PARTS = (leads_and_lets_go, bad_answers, refused, lost_answer, silence, renewal_fails, gate, apart)


def main():
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-election-") as folder:
        certificates = Certificates(folder)
        certificates.make("good", "kube-apiserver", "IP:127.0.0.1")
        for part in PARTS:
            part(Stage(certificates, verdicts, part.__name__))
    verdicts.end()


main()
