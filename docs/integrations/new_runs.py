import json, os, pathlib, urllib.request

kept = pathlib.Path("cursor")
while True:
    begin = f"cursor={kept.read_text()}" if kept.exists() else "from=oldest"
    request = urllib.request.Request(f"{os.environ['URL']}/api/runs/ended?wait=60&{begin}")
    request.add_header("Authorization", f"Bearer {os.environ['KEY']}")
    with urllib.request.urlopen(request, timeout=90) as response:
        page = json.load(response)
    for run in page["items"]:
        print(run["id"], run["status"], run["scheduledExportName"], flush=True)
    kept.with_suffix(".new").write_text(page["nextCursor"])
    kept.with_suffix(".new").replace(kept)
