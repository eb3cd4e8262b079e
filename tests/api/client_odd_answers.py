"""For client_bad_input_test.py: heads, lengths and bodies as no API server gives them. Of each the client takes what is whole, or
asks again; the next answer is not mistaken for the rest of it."""
import gzip
import json
import threading
import time

from api_client import Client
from client_stage import MAPS
from fake_api_server import event, status, thing
from patience import MEMORY, until

LIST = json.dumps({"kind": "ConfigMapList", "apiVersion": "v1", "items": [], "metadata": {"resourceVersion": "100"}}).encode()
OK, JSON, LENGTH = "HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(LIST)}"
CHUNKED = "Transfer-Encoding: chunked"
MEBIBYTE = 1024 * 1024


def head(*lines):
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunk(size, extension=""):
    return f"{size}{extension}\r\n".encode() + LIST + b"\r\n0\r\n\r\n"


ZIPPED = gzip.compress(LIST)
TAKEN, AGAIN = "^REPLACE configmaps 0$", "^REPLACE configmaps 1$"
RAW = (  # what it is, the bytes, the connection ends behind them, what becomes of it
    ("a length beyond any number", head(OK, JSON, "Content-Length: 99999999999999999999999999") + LIST, True, AGAIN),
    ("a length that is never reached", head(OK, JSON, "Content-Length: 9223372036854775807") + LIST, True, AGAIN),
    ("a length below zero", head(OK, JSON, "Content-Length: -5") + LIST, True, AGAIN),
    ("the length twice", head(OK, JSON, LENGTH, LENGTH) + LIST, False, TAKEN),
    ("two content types", head(OK, "Content-Type: text/html", JSON, LENGTH) + LIST, False, AGAIN),
    ("chunks with extensions", head(OK, JSON, CHUNKED) + chunk(f"{len(LIST):x}", ";a=b;c=\"d\""), False, TAKEN),
    ("a chunk beyond any number", head(OK, JSON, CHUNKED) + chunk("f" * 40), True, AGAIN),
    ("a chunk that would fill the memory", head(OK, JSON, CHUNKED) + chunk("7fffffffffffffff"), True, AGAIN),
    ("a chunk of no number", head(OK, JSON, CHUNKED) + chunk("zz"), True, AGAIN),
    ("no last chunk", head(OK, JSON, CHUNKED) + f"{len(LIST):x}\r\n".encode() + LIST + b"\r\n", True, AGAIN),
    ("100 Continue before it", head("HTTP/1.1 100 Continue") + head(OK, JSON, LENGTH) + LIST, False, AGAIN),
    ("103 Early Hints before it", head("HTTP/1.1 103 Early Hints") + head(OK, JSON, LENGTH) + LIST, False, AGAIN),
    ("101 Switching Protocols", head("HTTP/1.1 101 Switching Protocols", "Upgrade: x") + LIST, True, AGAIN),
    ("204 with a body", head("HTTP/1.1 204 No Content", JSON, LENGTH) + LIST, False, AGAIN),
    ("a status of 0", head("HTTP/1.1 0 OK", JSON, LENGTH) + LIST, False, AGAIN),
    ("a status of -1", head("HTTP/1.1 -1 OK", JSON, LENGTH) + LIST, False, AGAIN),
    ("a status that is 200 in 16 bits", head("HTTP/1.1 65736 OK", JSON, LENGTH) + LIST, True, AGAIN),
    ("HTTP/1.0 to the end of the connection", head("HTTP/1.0 200 OK", JSON) + LIST, True, AGAIN),
    ("HTTP/2", bytes(3) + b"\4" + bytes(5), True, AGAIN),
    ("gzip that nobody asked for", head(OK, JSON, "Content-Encoding: gzip", f"Content-Length: {len(ZIPPED)}") + ZIPPED, False, AGAIN),
    ("another answer behind it", head(OK, JSON, LENGTH) + LIST + head(OK, JSON, "Content-Length: 2") + b"{}", False, TAKEN),
    ("20,000 headers", head(OK, JSON, LENGTH, *[f"X-{at}: y" for at in range(20_000)]) + LIST, False, TAKEN),
    ("a header of 10 MB", head(OK, JSON, LENGTH, "X-Pad: " + "z" * 10_000_000) + LIST, False, TAKEN),
    ("a Retry-After of ages", head("HTTP/1.1 429 Too Many", "Retry-After: 99999999999999999999", "Content-Length: 0"), False, AGAIN),
    ("a Retry-After that is a date", head("HTTP/1.1 503 X", "Retry-After: Fri, 31 Dec 2049 23:59:59 GMT", "Content-Length: 0"), False, AGAIN),
)


def _list_answered(body, more=True):
    """The first list is answered with these bytes, later ones as they should be."""
    def script(asked):
        if asked.watches:
            asked.stream()
            return asked.hold()
        if asked.number > 1:
            return asked.list("200", thing("a", "50"))
        asked.wfile.write(body)
        asked.close_connection = not more
    return script


def odd_heads(stage):
    for what, raw, ends, outcome in RAW:
        with stage.server(_list_answered(raw, not ends)) as server, stage.client(server) as client:
            client.do(MAPS)
            got = client.wait("^REPLACE", 20) or ""
            memory = client.resident_megabytes()
            stage.check(f"{what}: {'taken' if outcome == TAKEN else 'asked for again'}, in bounded memory",
                        got == outcome.strip("^$") and memory < 100 * MEMORY, f"{got!r} {memory} MB {client.lines}")


def items_of_no_kind(stage):
    """By a list that shows no items everything would be deleted."""
    for items in ("", ',"items":{}', ',"items":"x"', ',"items":5'):
        body = ('{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"100"}' + items + "}").encode()
        answer = head(OK, JSON, f"Content-Length: {len(body)}") + body
        with stage.server(_list_answered(answer)) as server, stage.client(server) as client:
            client.do(MAPS)
            got = client.wait("^REPLACE", 20)
            line = client.wait("WARNING api.bad_answer kind=configmaps reason=decode ") or ""
            stage.check(f"a list with {items or 'no items'} is not an empty list", got == "REPLACE configmaps 1" and "items" in line, f"{got} {line}")


def endless_pages(stage):
    """No page is too large, and there is always one more."""
    page = (b'{"kind":"ConfigMapList","metadata":{"resourceVersion":"9","continue":"more"},"items":[{"a":"' + b"x" * (32 * MEBIBYTE) + b'"}]}')
    answer = head(OK, JSON, f"Content-Length: {len(page)}") + page

    def script(asked):
        if asked.watches:
            asked.stream()
            return asked.hold()
        if "continue=" not in asked.path and asked.number > 1:
            return asked.list("100")
        asked.wfile.write(answer)
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        anew = client.wait("^REPLACE configmaps 0$", 60) is not None
        pages = sum(1 for each in server.asked if not each.watches) - 1  # the last one is the list taken
        stage.check("the pages of a list count together: it is given up after 512 MiB (K-11)", pages in (16, 17) and client.metric(
            'api_watch_errors_total{kind="configmaps",reason="too_large"}') >= 1, f"{pages} {client.lines}")
        stage.check("and asked for anew", anew, client.lines)
        memory = client.resident_megabytes()
        stage.check("in bounded memory", memory < 200 * MEMORY, f"{memory} MB")


def own_words(stage):
    """A server that refuses watch-lists says so with 422; what goes wrong later has other reasons."""
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        asked.part(b"no json\n" + event("ADDED", thing("a", "101")))
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        line = client.wait("WARNING api.bad_answer kind=configmaps reason=decode") or ""
        stage.check("a fault is not explained by one that was there before it", line != "" and "422" not in line, line)


def words_of_an_error_event(stage):
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        asked.part(event("ERROR", dict(status(500, "InternalError"), message="etcdserver: request timed out")))
        asked.hold()
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        line = client.wait("WARNING api.bad_answer kind=configmaps reason=server_error ") or ""
        stage.check("what an ERROR event says stands in the log", "500 etcdserver: request timed out" in line, line)


def kinds_that_are_not_ready(stage):
    """As a server answers about a kind that was made a moment ago: to a watch-list, and to the list that follows."""
    def script(asked):
        if len(server.asked) > 3:
            return asked.list("100")
        asked.answer(429, dict(status(429, "TooManyRequests"), message="storage is (re)initializing"), Retry_After="1",
                     X_Kubernetes_PF_FlowSchema_UID="flow-1")
    with stage.server(script, watch_lists=True) as server, stage.client(server) as client:
        client.do(MAPS)
        client.wait("^REPLACE", 20)
        line = client.wait("WARNING api.throttled ") or ""
        stage.check("a list that is to come back later has one line, with the server's words and flow schema (K-33)",
                    "429 storage is (re)initializing" in line and "flow_schema=flow-1" in line and client.count("api.throttled") == 1
                    and client.count("api.bad_answer") == 0, client.lines)
        stage.check("and is counted each time", client.metric('api_throttled_total{source="server"}') == 3, client.lines[-5:])


def asked_to_stay_away(stage):
    """K-33. The longest wait is a minute: this takes one."""
    def script(asked):
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        if asked.number == 1:
            asked.part(event("ERROR", status(429, "TooManyRequests", retryAfterSeconds=2147483647)))
        else:
            asked.part(event("ADDED", thing("a", "101")))
        asked.hold(90)
    with stage.server(script) as server, stage.client(server) as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        stage.check("asked to stay away for 68 years it is back after a minute (K-33)", client.wait("^UPSERT x/a 101$", 75) is not None, client.lines)


def slow_server(stage):
    """Twenty answers a second, however many ask, and 500 to be had: with all of them asked for at once the last ones would come too late,
    and so would those that are asked for in their place."""
    turn, guard, under_way, most = threading.Lock(), threading.Lock(), [0], [0]

    def script(asked):
        with guard:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        with turn:
            time.sleep(0.05)
        with guard:
            under_way[0] -= 1
        asked.answer(200, {"kind": "OK"})
    with stage.server(script) as server, Client(server.kubeconfig({"token": "t"}), rate="500", burst="600") as client:
        for number in range(500):
            client.do(f"send GET /slow/{number}")
        answered = until(lambda: client.count("^(ANSWER|FAILED) GET /slow/") == 500, 60)
        failed = client.count("^FAILED GET /slow/")
        stage.check("of a server that is slow no more is asked at once than it has time for (K-33)", answered and failed == 0 and most[0] <= 32,
                    f"{failed} failed, {most[0]} at once")


PARTS = (odd_heads, items_of_no_kind, endless_pages, own_words, words_of_an_error_event, kinds_that_are_not_ready, slow_server, asked_to_stay_away)
