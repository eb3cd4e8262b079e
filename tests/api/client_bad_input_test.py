#!/usr/bin/python3
"""What the API server, or something in its place, may answer (issue D, "Bad input"): nothing of it crashes, spins or
silences the client; each has one line of the log, a metric by reason and a back-off. And the watch-list (K-08), and
certificates that change or expire while connections live (K-36)."""
import time

import client_certificates as certificates
import client_odd_answers as odd
import client_stage
from client_stage import MAPS
from fake_api_server import event, status, thing
from patience import MEMORY


# Of a whole state, in MiB. (That it is 512 where nothing is said is shown by client_odd_answers.endless_pages.)
LIMIT = "limit 64"


def initial_end(version):
    return event("BOOKMARK", {"kind": "ConfigMap", "metadata": {"resourceVersion": version,
                                                                "annotations": {"k8s.io/initial-events-end": "true"}}})


def errors(client, reason):
    return client.metric(f'api_watch_errors_total{{kind="configmaps",reason="{reason}"}}')


def said_once(stage, client, reason, seconds=10):
    """One line, however often it happens, and the metric counts every time."""
    line = client.wait(f"WARNING api.bad_answer kind=configmaps reason={reason} ", seconds)
    stage.check(f"{reason}: one line of the log", line is not None and client.count(
        f"api.bad_answer kind=configmaps reason={reason}") == 1, "; ".join(client.lines)[-1500:])
    stage.check(f"{reason}: counted", errors(client, reason) >= 1)


def watch_list(stage):
    def script(asked):
        asked.stream()
        if asked.number == 1:
            asked.part(event("ADDED", thing("a", "150")) + event("BOOKMARK", thing("", "199")))
            asked.part(event("ADDED", thing("b", "120")) + initial_end("200") + event("ADDED", thing("c", "201")))
            asked.part(event("ERROR", status(410, "Expired")))
        else:
            asked.part(event("ADDED", thing("c", "201")) + initial_end("300"))
        asked.hold()
    with stage.server(script, watch_lists=True) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("the whole state is one step, at its bookmark (K-08)", client.wait("^REPLACE configmaps 2$") is not None)
        stage.check("the stream goes on as the watch", client.wait("^UPSERT x/c 201$") is not None)
        stage.check("a relist is one, too", client.wait("^REPLACE configmaps 1$") is not None)
        paths = [each.path for each in server.asked]
        stage.check("not older than the last version seen (K-02)", len(paths) == 2 and all("sendInitialEvents=true" in p and
                    "resourceVersionMatch=NotOlderThan" in p for p in paths) and server.versions(True) == ["unset", "201"], paths)
        stage.check("no list was asked for", client.metric('api_lists_total{kind="configmaps"}') == 0)


def watch_list_refused(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        if asked.number == 1:
            asked.part(event("ERROR", status(410, "Expired")))
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("a server that refuses it is asked for a list (K-08)", client.wait("^REPLACE") is not None)
        stage.check("a relist, too", client.wait("^REPLACE") is not None)
        stage.check("and not for a watch-list again", len(server.refused) == 1 and server.versions(False) == ["unset", "100"],
                    server.refused)
        stage.check("which is no fault", client.count("WARNING") == 0)


def watch_list_cut(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100", thing("a", "50"))
        asked.stream()
        if asked.number == 1:
            asked.part(event("ADDED", thing("half", "150")))
            return asked.done()
        asked.hold()
    with stage.server(script, watch_lists=True) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("one cut before its bookmark has brought nothing, a list follows (K-08)",
                    client.wait("^REPLACE configmaps 1$") is not None and client.count("half") == 0)
        stage.check("with the version still unset (K-09)", server.versions(False) == ["unset"], server.versions(False))
        said_once(stage, client, "cut_short")


def page_of_a_proxy(stage):
    def script(asked):
        if asked.watches:
            asked.stream()
            return asked.hold()
        if asked.number > 3:
            return asked.list("100")
        body = b"<html><body>Sign in</body></html>"
        asked.send_response(404 if asked.number == 2 else 200)
        asked.send_header("Content-Type", "text/html; charset=utf-8")
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)
    with stage.server(script) as server, stage.client(server) as client:
        begun = time.monotonic()
        client.do(MAPS)
        said_once(stage, client, "content_type")
        stage.check("it goes on when the API server is back", client.wait("^REPLACE", 20) is not None)
        took = time.monotonic() - begun
        stage.check("having backed off", took >= 0.8 + 1.6 + 3.2, took)
        stage.check("such a 404 does not say that the kind is missing", client.count("waiting_for_kind") == 0)
    with stage.server(script) as server, stage.client(server) as client:
        answer = client.answer("send GET /x")
        stage.check("a request that is answered so has failed", answer.startswith("FAILED GET /x") and "text/html" in answer, answer)


def useless_lines(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        for _ in range(200):
            asked.part(b"<p>no watch</p>\n" * 500)
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        said_once(stage, client, "decode")
        time.sleep(4)
        count = len(server.versions(True))
        stage.check("a stream of nothing else backs off", 2 <= count <= 4, count)
        stage.check("without a relist", len(server.versions(False)) == 1)


def unknown_kinds(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        asked.part(event("RENAMED", thing("a", "101")) + event("ADDED", {"kind": "Table", "metadata": {"resourceVersion": "9"}}))
        asked.part(event("ADDED", thing("good", "102")))
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("an unknown event type and a Table harm nobody (K-17)", client.wait("^UPSERT x/good 102$") is not None)
        for reason in ("unknown_type", "wrong_kind"):
            said_once(stage, client, reason)


def no_utf8(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        asked.part(event("ADDED", thing("b-EVIL-d", "101")).replace(b"EVIL", b"\xff\xc3"))
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("bytes that are no UTF-8 are U+FFFD", client.wait("^UPSERT x/b-\ufffd\ufffd-d 101$") is not None)
        said_once(stage, client, "not_utf8")


def endless_line(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        if asked.number == 1:
            for _ in range(150):
                asked.part(b"x" * 1_000_000)
            asked.part(b"\n")
        asked.part(event("ADDED", thing("behind", "101")))
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("a line of 150 MB is passed over (K-16)", client.wait("^UPSERT x/behind 101$", 60) is not None)
        said_once(stage, client, "too_large")
        memory = client.resident_megabytes()
        stage.check("in bounded memory", memory < 100 * MEMORY, f"{memory} MB")


def endless_headers(stage):
    sent = []

    def script(asked):
        if asked.watches:
            asked.stream()
            return asked.hold()
        if asked.number > 1:
            return asked.list("100")
        asked.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for at in range(4000):
            asked.wfile.write(b"X-Pad: " + b"y" * 65_000 + b"\r\n")
            sent.append(at)
        asked.close_connection = True
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        said_once(stage, client, "protocol")
        stage.check("headers without end are given up", len(sent) < 3000, len(sent))
        stage.check("and asked for anew", client.wait("^REPLACE", 20) is not None)
        memory = client.resident_megabytes()
        stage.check("in bounded memory", memory < 150 * MEMORY, f"{memory} MB")


def endless_list(stage):
    def script(asked):
        if asked.watches:
            asked.stream()
            return asked.hold()
        if asked.number > 1:
            return asked.list("100")
        asked.stream()
        asked.part(b'{"kind":"ConfigMapList","metadata":{"resourceVersion":"9"},"items":[{"a":"')
        for _ in range(200):
            asked.part(b"x" * 1_000_000)
    with stage.server(script) as server, stage.client(server) as client:
        client.do(LIMIT)
        client.do(MAPS)
        said_once(stage, client, "too_large", 40)
        stage.check("a list without end is given up and asked for anew", client.wait("^REPLACE configmaps 0$", 60) is not None)
        memory = client.resident_megabytes()
        stage.check("in bounded memory", memory < 100 * MEMORY, f"{memory} MB")


def endless_watch_list(stage):
    """It has no end of the state, and no line of it is too long."""
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        if asked.number > 1:
            return asked.hold()
        line = event("ADDED", {**thing("same", "101"), "data": {"a": "x" * 1_000_000}})
        for _ in range(200):
            asked.part(line)
    with stage.server(script, watch_lists=True) as server, stage.client(server) as client:
        client.do(LIMIT)
        client.do(MAPS)
        said_once(stage, client, "too_large", 60)
        stage.check("a watch-list without end is given up, and a list follows", client.wait("^REPLACE configmaps 0$", 60) is not None)
        memory = client.resident_megabytes()
        stage.check("in bounded memory", memory < 100 * MEMORY, f"{memory} MB")


def silent_server(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        if asked.number == 1:
            return asked.hold(40)  # takes the request, and says nothing
        asked.stream()
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        begun = time.monotonic()
        while len(server.versions(True)) < 2 and time.monotonic() - begun < 40:
            time.sleep(0.1)
        took = time.monotonic() - begun
        stage.check("a watch without a head is given up after 30 s (K-34)", 29 < took < 33, took)
        stage.check("timeout: counted", errors(client, "timeout") == 1)


PARTS = (watch_list, watch_list_refused, watch_list_cut, page_of_a_proxy, useless_lines, unknown_kinds, no_utf8, endless_line,
         endless_headers, endless_list, endless_watch_list, *odd.PARTS, *certificates.PARTS, silent_server)


if __name__ == "__main__":
    client_stage.play(PARTS)
