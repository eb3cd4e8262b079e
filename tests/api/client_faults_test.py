#!/usr/bin/python3
"""lib/apiserver against a server that misbehaves in every way a real one cannot be made to."""
import os
import time

import client_ages
import client_names
import client_stage
from client_stage import MAPS
from fake_api_server import event, status, thing
from patience import MEMORY, until


def gone_by_event(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100" if asked.number == 1 else "200")
        asked.stream()
        if asked.number == 1:
            asked.part(event("ADDED", thing("a", "150")))
            asked.part(event("ERROR", status(410, "Expired")))
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        stage.check("the event before it counts", client.wait("^UPSERT x/a 150$") is not None)
        stage.check("a relist follows", client.wait("^REPLACE") is not None)
        stage.check("from the last version seen (K-04)", server.versions(False) == ["unset", "150"], server.versions(False))
        until(lambda: len(server.versions(True)) > 1, 5)
        stage.check("and the watch from the new one", server.versions(True) == ["100", "200"], server.versions(True))


def gone_by_status_twice(stage):
    def script(asked):
        if asked.watches and asked.number == 1 or not asked.watches and asked.number == 2:
            return asked.answer(410, status(410, "Expired"))
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        stage.check("a relist is taken in the end", client.wait("^REPLACE") is not None)
        stage.check("with the version unset at last (K-04)", server.versions(False) == ["unset", "100", "unset"],
                    server.versions(False))


def too_large_version(stage):
    def script(asked):
        if asked.watches and asked.number == 1 or not asked.watches and asked.number == 2:
            return asked.answer(504, status(504, "Timeout", causes=[{"reason": "ResourceVersionTooLarge"}]),
                                Retry_After="1")
        if not asked.watches:
            return asked.list("100" if asked.number == 1 else "5")
        asked.stream()
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        stage.check("a restored server is followed back in time (K-05)", client.wait("^REPLACE") is not None and
                    server.versions(False) == ["unset", "100", "unset"], server.versions(False))


def events_in_pieces(stage):
    pieces = event("ADDED", thing("ü€😀", "101"))
    large = event("ADDED", thing("large", "102", "x" * 1_200_000))
    giant = event("ADDED", thing("giant", "103", "x" * 3_200_000))

    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        for at in range(len(pieces)):
            asked.part(pieces[at:at + 1])
        asked.part(large + giant + b"not json\n" + event("ADDED", {"kind": "Table"}) + event("ADDED", thing("b", "104")) +
                   b"\r\n" + event("BOOKMARK", thing("", "300")))
        asked.done()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("an event of single bytes is whole (K-16)", client.wait("^UPSERT x/ü€😀 101$") is not None)
        stage.check("one of more than a megabyte, too", client.wait("^UPSERT x/large 102$") is not None)
        stage.check("what cannot be used is skipped (K-17)", client.wait("^UPSERT x/b 104$") is not None)
        for reason in ("too_large", "decode", "wrong_kind"):
            stage.check(f"and counted: {reason}", client.metric(
                f'api_watch_errors_total{{kind="configmaps",reason="{reason}"}}') >= 1)
        stage.check("one above three megabytes never arrives", client.count("giant") == 0)
        until(lambda: len(server.versions(True)) > 1, 10)
        stage.check("the bookmark moved the version (K-10)", server.versions(True)[1:2] == ["300"], server.versions(True))


def connection_breaks(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        if asked.number == 1:
            asked.part(event("ADDED", thing("a", "150")))
            asked.part(event("ADDED", thing("b", "151"))[:40])  # and then nothing more, not even an end
            asked.close_connection = True
            return
        asked.part(event("ADDED", thing("b", "151")))
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("it resumes behind the last whole event", client.wait("^UPSERT x/b 151$") is not None and
                    server.versions(True) == ["100", "150"], server.versions(True))
        stage.check("without a relist (K-06)", server.versions(False) == ["unset"], server.versions(False))
        asked = [client.metric(f'api_{what}_total{{kind="configmaps"}}') for what in ("lists", "watches", "version_checks")]
        stage.check("lists, watches and the question between them are counted (K-42), and it is in step", asked == [
            1, 2 + len(server.refused), len(server.checked)] and asked[2] >= 1 and client.metric('api_synced{kind="configmaps"}') == 1, asked)


def short_watches(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        asked.done()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        time.sleep(4)
        count = len(server.versions(True))
        stage.check("watches that end at once are no hot loop (K-07)", 2 <= count <= 4, count)


def lists_that_break(stage):
    def script(asked):
        if asked.watches:
            asked.stream()
            return asked.hold()
        if asked.number == 1:
            asked.stream()
            asked.part(b'{"kind":"ConfigMapList","metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"half"}}')
            asked.done()
        elif asked.number == 2:
            asked.answer(200, {"kind": "Table", "metadata": {"resourceVersion": "9"}})
        else:
            asked.list("100", thing("a", "50"))
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("a list cut short and one of another kind are not taken, the next one is",
                    client.wait("^REPLACE configmaps 1$", 15) is not None and client.count("half") == 0)
        stage.check("with three lists", len(server.versions(False)) == 3)


def expired_page(stage):
    def script(asked):
        if asked.watches:
            asked.stream()
            return asked.hold()
        if "continue=" in asked.path:
            return asked.answer(410, status(410, "Expired"))
        asked.list("100", thing("a", "50"), token="next" if "limit=" in asked.path else "")
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("an expired page leads to a list without pages (K-11)", client.wait("^REPLACE configmaps 1$") is not None)
        paths = [each.path for each in server.asked if not each.watches]
        stage.check("in three requests", [("limit" in p, "continue" in p) for p in paths] ==
                    [(True, False), (True, True), (False, False)], paths)


def throttled(stage):
    def script(asked):
        if len(server.asked) == 1:
            return asked.answer(429, status(429, "TooManyRequests"), Retry_After="1",
                                X_Kubernetes_PF_FlowSchema_UID="flow-1")
        asked.answer(200, {"method": asked.command, "body": asked.body.decode()})
    for command in ("send GET /x", 'apply /x {"a":1}'):
        with stage.server(script) as server, stage.client(server) as client:
            begun = time.monotonic()
            answer = client.answer(command)
            stage.check(f"{command.split()[0]} is repeated after Retry-After (K-33)", " 200 " in answer and
                        1 <= time.monotonic() - begun < 2 and len(server.asked) == 2, answer)
            stage.check("with its body anew", server.asked[0].body == server.asked[1].body)
            of = f'kind="test",verb="{"get" if command.startswith("send") else "apply"}"}}'
            took = client.metric("api_request_duration_seconds_sum{" + of)
            stage.check("it counts as one request, answered with 200 after all of that (K-42)", client.metric(
                'api_requests_total{code="200",' + of) == client.metric("api_request_duration_seconds_count{" + of) == 1 and took >= 1, took)
            stage.check("the log names the flow schema", client.wait("api.throttled .*flow_schema=flow-1") is not None)
    with stage.server(script) as server, stage.client(server) as client:
        answer = client.answer('send POST /x {"a":1}')
        stage.check("a POST is not repeated (K-34)", " 429 " in answer and len(server.asked) == 1, answer)


def new_token(stage):
    path = stage.certificates.path("token")

    def script(asked):
        if asked.headers["Authorization"] != "Bearer new":
            with open(path, "w") as file:
                file.write("new")
            return asked.answer(401, status(401, "Unauthorized"))
        asked.answer(200, {"kind": "OK"})
    with open(path, "w") as file:
        file.write("old")
    with stage.server(script) as server, stage.client(server, tokenFile="token") as client:
        answer = client.answer("send GET /x")
        stage.check("after 401 the file is read again and the request repeated (K-35)", " 200 " in answer and
                    len(server.asked) == 2, answer)


def token_that_comes_late(stage):
    """Without a token requests are nobody's, and who reads the log could not tell why they are refused."""
    path = stage.certificates.path("late-token")

    def script(asked):
        if asked.headers["Authorization"] != "Bearer late":
            return asked.answer(401, status(401, "Unauthorized"))
        asked.answer(200, {"kind": "OK"})
    with stage.server(script) as server, stage.client(server, tokenFile="late-token") as client:
        line = client.wait("WARNING api.token_unusable ") or ""
        stage.check("a token file that cannot be read is said (K-35)", f"cannot read {path}: No such file" in line, line)
        client.answer("send GET /x")
        os.mkfifo(path)
        answer = client.answer("send GET /x")
        line = client.wait("WARNING api.token_unusable ") or ""
        stage.check("a pipe in its place is said, and holds up nothing", " 401 " in answer and "is no regular file" in line, f"{answer} {line}")
        stage.check("each once", client.count("api.token_unusable") == 2, client.lines)
        os.remove(path)
        with open(path, "w") as file:
            file.write("late")
        stage.check("once it is there it is sent", " 200 " in client.answer("send GET /x"), client.lines)


def redirect(stage):
    def script(asked):
        asked.answer(302, {}, Location=f"https://127.0.0.1:{other.port}/stolen")
    with stage.server(lambda asked: asked.answer(200, {})) as other, stage.server(script) as server, \
            stage.client(server) as client:
        answer = client.answer("send GET /x")
        stage.check("it is an answer like others, nobody else is sent our token", " 302 " in answer and not other.asked,
                    answer)


def certificate_names(stage):
    for certificate, what in (("other", "another name in the SANs"), ("common", "the right name as common name only")):
        with stage.server(lambda asked: asked.answer(200, {}), certificate) as server, stage.client(server) as client:
            answer = client.answer("send GET /x")
            stage.check(f"{what} is refused", answer.startswith("FAILED GET /x 4 ") and not server.asked, answer)


def lost_answers(stage):
    def script(asked):
        if asked.path == "/slow":
            return asked.hold(20)
        asked.close_connection = True  # not a byte
    with stage.server(script) as server, stage.client(server) as client:
        client.do("send GET /slow")
        answer = client.answer("send GET /x")
        stage.check("an answer that never comes is unavailable", answer.startswith("FAILED GET /x 3 "), answer)
        answer = client.wait("^FAILED GET /slow 3 .*no answer within 15 s", 17)
        stage.check("a request ends after 15 s of silence (K-34)", answer is not None)
        stage.check("the client goes on", client.alive())


def back_pressure(stage):
    sent = []

    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        for at in range(2000):
            asked.part(event("ADDED", thing(f"n{at}", str(200 + at), "x" * 50_000)))
            sent.append(at)
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        stage.check("100 MB of events arrive whole", client.wait("^UPSERT x/n1999 2199$", 60) is not None, len(sent))
        stage.check("each once and in order", client.count("^UPSERT") == 2000)
        memory = client.resident_megabytes()
        stage.check("in bounded memory", memory < 100 * MEMORY, f"{memory} MB")


PARTS = (gone_by_event, gone_by_status_twice, too_large_version, events_in_pieces, connection_breaks, short_watches,
         lists_that_break, expired_page, throttled, new_token, token_that_comes_late, redirect, certificate_names, lost_answers, back_pressure,
         *client_names.PARTS, *client_ages.PARTS)


if __name__ == "__main__":
    client_stage.play(PARTS)
