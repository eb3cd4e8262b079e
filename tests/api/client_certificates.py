"""For client_bad_input_test.py: certificates that change or expire while connections live (K-36)."""
import os
import shutil
import threading
import time

from api_client import Client
from client_stage import MAPS
from fake_api_server import Certificates, event, thing
from patience import until


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


OURS = {"client-certificate": "mine.crt", "client-key": "mine.key"}


def wear(stage, name):
    """From now on it is the client's certificate."""
    for part in ("key", "crt"):
        shutil.copyfile(stage.certificates.path(f"{name}.{part}"), stage.certificates.path(f"mine.{part}"))


def own_certificate_changes(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        asked.hold()
    for name in ("ours", "ours-next"):
        stage.certificates.make(name, "fairlead", "DNS:fairlead")
    wear(stage, "ours")
    with stage.server(script) as server, stage.client(server, **OURS) as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        wear(stage, "ours-next")
        stage.check("a changed client certificate is noticed", client.wait("INFO api.certificate_changed", 20) is not None)
        until(lambda: len(server.versions(True)) > 1, 10)
        stage.check("and watches begin anew with it, from where they were (K-36)", server.versions(True) == ["100", "100"] and
                    server.versions(False) == ["unset"], server.versions(True))


def own_certificate_changes_under_way(stage):
    """A short request is under way meanwhile: it ends as it began, and the next one's connection shows the new certificate."""
    seen, go_on = {}, threading.Event()

    def script(asked):
        seen[asked.path] = asked.caller()
        if asked.path == "/slow":
            go_on.wait(12)
        asked.answer(200, {"kind": "OK"})
    for name in ("first", "second"):
        stage.certificates.make(name, name, "DNS:fairlead")
    wear(stage, "first")
    with stage.server(script) as server:
        server.ask_for_certificates()
        with stage.client(server, **OURS) as client:
            client.answer("send GET /before")
            time.sleep(8)  # the file is read each 15 s, and a request has 15 s
            client.do("send GET /slow")
            until(lambda: "/slow" in seen, 5)
            wear(stage, "second")
            noticed = client.wait("INFO api.certificate_changed", 14)
            answer = client.answer("send GET /after")
            stage.check("while a request is under way it is noticed, and the next one shows the new certificate (K-36)", noticed is not None and
                        " 200 " in answer and [seen[path][0] for path in ("/before", "/slow", "/after")] == ["first", "first", "second"],
                        f"{seen} {answer} {client.lines}")
            go_on.set()
            line = client.wait("^(ANSWER|FAILED) GET /slow ") or ""
            stage.check("the request under way ends well, over the connection that it has", line.startswith("ANSWER GET /slow 200 "), line)
            client.answer("send GET /last")
            stage.check("and that one serves no other", seen["/last"] == seen["/after"], seen)


def authority_changes_under_way(stage):
    """The CA is another one, while short requests live: new connections go by the new one, live ones stay."""
    seen, go_on = {}, threading.Event()

    def script(asked):
        seen[asked.path] = asked.client_address[1]
        if asked.path == "/slow":
            go_on.wait(12)
        asked.answer(200, {"kind": "OK"})
    os.makedirs(stage.certificates.path("next"))
    other = Certificates(stage.certificates.path("next"))
    other.make("good", "kube-apiserver", "IP:127.0.0.1")
    authority = stage.certificates.path("authority.crt")
    shutil.copyfile(stage.certificates.path("ca.crt"), authority)
    with stage.server(script) as server, Client(server.kubeconfig({"token": "t"}, "authority.crt")) as client:
        client.do("send GET /slow")
        client.answer("send GET /before")
        shutil.copyfile(other.path("ca.crt"), authority)
        server.present("good", other)
        answer = client.answer("send GET /pooled")
        go_on.set()
        slow = client.wait("^(ANSWER|FAILED) GET /slow ") or ""
        stage.check("the CA changes: connections that live are used further (K-36)", " 200 " in answer and seen["/pooled"] == seen["/before"] and
                    slow.startswith("ANSWER GET /slow 200 "), f"{seen} {answer} {slow}")
        server.drop_connections()
        time.sleep(0.5)
        answer = client.answer("send GET /new")
        stage.check("and new ones go by the new CA, without a line (K-36)", " 200 " in answer and seen["/new"] not in (seen["/slow"], seen["/before"]) and
                    client.count("api.denied") == 0, f"{seen} {answer} {client.lines}")


def watch_that_ends(end):
    """Lists and answers; the connection of the first watch is closed once `end` is set, the others stay."""
    def script(asked):
        if not asked.watches:
            return asked.list("100") if "configmaps" in asked.path else asked.answer(200, {"kind": "OK"})
        asked.stream()
        asked.part(event("ADDED", thing("a", "101")))
        if asked.number == 1:
            end.wait(20)
            asked.close_connection = True
            return asked.done()
        asked.hold()
    return script


def no_new_connection(stage):
    """The CA file is damaged while a connection lives, and is used all the time."""
    end = threading.Event()
    authority = stage.certificates.path("damaged.crt")
    shutil.copyfile(stage.certificates.path("ca.crt"), authority)
    with stage.server(watch_that_ends(end)) as server, Client(server.kubeconfig({"token": "t"}, "damaged.crt")) as client:
        client.do(MAPS)
        client.wait("^UPSERT")
        with open(authority, "w") as file:
            file.write("no certificate")
        end.set()
        errors = 'api_watch_errors_total{kind="configmaps",reason="tls"}'
        client.wait("ERROR api.denied")
        answers = []  # one that meets a list on its way finds no connection
        failed = until(lambda: answers.append(client.answer("send GET /x")) or client.metric(errors) >= 3, 20)
        stage.check("a damaged CA file is said once, though connections that live are used further (K-36)", failed
                    and sum(" 200 " in answer for answer in answers) > 1 and client.count("api.denied") == 1
                    and client.count("api.recovered") == 0, [line for line in client.lines if "METRIC" not in line])
        stage.check("and the endpoint does not count as up", client.metric(f'api_endpoint_up{{endpoint="127.0.0.1:{server.port}"}}') == 0)
        shutil.copyfile(stage.certificates.path("ca.crt"), authority)
        stage.check("it is over with the first new connection", client.wait("api.recovered", 30) is not None
                    and until(lambda: len(server.versions(True)) == 2, 5) and client.count("api.denied") == 1, client.lines[-8:])


def next_server(stage):
    """The first server accepts nobody any more, and answers over connections that live: between any two of the watch's failures."""
    end, go_on = threading.Event(), threading.Event()
    answers = watch_that_ends(end)

    def first(asked):
        if asked.path.startswith("/slow"):
            go_on.wait(10)
        answers(asked)

    def other(asked):
        if not asked.watches:
            return asked.list("200")
        asked.stream()
        return asked.hold()
    with stage.server(first) as server, stage.server(other) as second, Client(
            server.kubeconfig({"token": "t"}), f"127.0.0.1:{server.port},127.0.0.1:{second.port}") as client:
        client.do(MAPS)
        client.wait("^UPSERT")
        slow = [f"/slow{number}" for number in range(4)]
        for path in slow:  # as many connections, so that no request needs another one
            client.do(f"send GET {path}")
        lived = until(lambda: set(slow) <= {asked.path for asked in list(server.asked)}, 10)
        go_on.set()
        lived = lived and all(client.wait(f"^ANSWER GET {path} 200 ") for path in slow)
        server.shutdown()
        server.socket.close()
        end.set()
        said = []
        moved = until(lambda: said.append(client.answer("send GET /x")) or second.asked, 25)
        stage.check("between its failures each answer of the server that accepts nobody is good", lived and len(said) > 2
                    and all(" 200 " in each for each in said), f"{lived} {said[-3:]} {client.lines[-8:]}")
        stage.check("a server that accepts nobody any more is left for the next, though connections to it live (K-39)", moved
                    and until(lambda: second.versions(True), 10), f"{len(said)} answers, {client.lines[-8:]}")


PARTS = (certificate_expires, own_certificate_changes, own_certificate_changes_under_way, authority_changes_under_way, no_new_connection, next_server)
