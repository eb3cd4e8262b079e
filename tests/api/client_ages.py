"""For client_faults_test.py: what the client tells of how old things are."""
import threading
import time

from client_stage import MAPS
from fake_api_server import event, status, thing
from patience import until


def ages(stage):
    """Of the last event and of the token (K-42): they are looked at every 5 s, and every 15 s."""
    path, may_go_on = stage.certificates.path("age-token"), threading.Event()

    def script(asked):
        if asked.path == "/x":
            with open(path, "w") as file:
                file.write("new")
            good = asked.headers["Authorization"] == "Bearer new"
            return asked.answer(200, {"kind": "OK"}) if good else asked.answer(401, status(401, "Unauthorized"))
        if not asked.watches:
            return asked.list("100")
        asked.stream()
        may_go_on.wait(60)
        asked.part(event("BOOKMARK", thing("", "300")))
        asked.hold()
    with open(path, "w") as file:
        file.write("old")
    of_event, of_token = 'api_last_event_age_seconds{kind="configmaps"}', "api_token_age_seconds"
    with stage.server(script) as server, stage.client(server, tokenFile="age-token") as client:
        client.do(MAPS)
        client.wait("^REPLACE")
        stage.check("of a watch that brings nothing the last event grows old", until(lambda: client.metric(of_event) >= 9, 20), client.lines[-3:])
        may_go_on.set()
        stage.check("a bookmark is an event", until(lambda: client.metric(of_event) < 9, 20), client.lines[-3:])
        stage.check("a token grows old", until(lambda: client.metric(of_token) >= 14, 25), client.lines[-3:])
        time.sleep(5)
        client.answer("send GET /x")
        stage.check("a new one is young", until(lambda: client.metric(of_token) < 14, 25), client.lines[-3:])


PARTS = (ages,)
