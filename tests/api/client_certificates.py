"""For client_bad_input_test.py: certificates that change or expire while connections live (K-36)."""
import threading
import time

from client_stage import MAPS
from fake_api_server import event, thing


def certificate_expires(stage):
    """Connections that live go on; new ones are refused, until there is a good one."""
    stage.certificates.make("short", "kube-apiserver", "IP:127.0.0.1", seconds=4)
    go_on = threading.Event()

    def script(asked):
        if not asked.watches:
            return asked.list("100") if "configmaps" in asked.path else asked.answer(200, {"kind": "OK"}, Connection="close")
        asked.stream()
        go_on.wait(30)
        asked.part(event("ADDED", thing("late", "101")))
        asked.hold()
    with stage.server(script, "short") as server, stage.client(server) as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        time.sleep(5.5)
        refused = ""
        for _ in range(3):  # the first may still go over the connection of the list
            refused = client.answer("send GET /x")
        stage.check("expired while connected: a new connection is denied", refused.startswith("FAILED GET /x 4 "), refused)
        stage.check("said once", client.wait("ERROR api.denied .*certificate verify failed") is not None and client.count("api.denied") == 1,
                    "; ".join(client.lines))
        go_on.set()
        stage.check("the watch that lives goes on", client.wait("^UPSERT x/late 101$") is not None)
        server.present("good")
        answer = client.answer("send GET /x")
        stage.check("with a new certificate it recovers", " 200 " in answer and client.wait("api.recovered") is not None, answer)


def own_certificate_changes(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        asked.hold()
    for name in ("ours", "ours-next"):
        stage.certificates.make(name, "fairlead", "DNS:fairlead")
    folder = stage.certificates
    for part in ("crt", "key"):
        with open(folder.path("ours." + part)) as source, open(folder.path("mine." + part), "w") as target:
            target.write(source.read())
    with stage.server(script) as server, stage.client(server, **{"client-certificate": "mine.crt", "client-key": "mine.key"}) as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        for part in ("key", "crt"):
            with open(folder.path("ours-next." + part)) as source, open(folder.path("mine." + part), "w") as target:
                target.write(source.read())
        stage.check("a changed client certificate is noticed", client.wait("INFO api.certificate_changed", 20) is not None)
        time.sleep(2)
        stage.check("and watches begin anew with it, from where they were (K-36)", server.versions(True) == ["100", "100"] and
                    server.versions(False) == ["unset"], server.versions(True))
