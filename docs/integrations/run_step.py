import json, os, sys, time, urllib.request
from urllib.error import HTTPError

URL, KEY, SCHEDULE, ONCE = (os.environ[name] for name in ("URL", "KEY", "SCHEDULE", "ONCE"))


def call(method, path, **headers):
    headers["Authorization"] = f"Bearer {KEY}"
    request = urllib.request.Request(URL + path, headers=headers, method=method)
    for pause in (1, 5, 25, 125, 0):  # seconds: a server may be restarting or busy
        try:
            return json.load(urllib.request.urlopen(request, timeout=90))
        except OSError as error:
            said = error.read().decode() if isinstance(error, HTTPError) else str(error)
            passing = getattr(error, "code", 503) in (429, 502, 503, 504) or "in_progress" in said
            if not (passing and pause):
                sys.exit(f"{method} {path}: {error} {said}")
        time.sleep(pause)


started = call("POST", f"/api/scheduled-exports/{SCHEDULE}/trigger", **{"Idempotency-Key": ONCE})
while not (run := call("GET", started["location"] + "?wait=60"))["completedAt"]:
    pass
if run["status"] != "completed":
    sys.exit(f"run {run['id']} is {run['status']}: {run['error']}")
