"""The running gateway before a small origin, looked at by redbot: whatever it complains about is in expected.json with the reason, and
what is there it must still complain about. `check.py --print` prints what it finds in that form."""
import json
import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import origin

HERE = Path(__file__).parent
BROWSER = ["Sec-Fetch-Dest: document", "Accept: text/html,*/*;q=0.8"]
PICTURE = ["Sec-Fetch-Dest: image", "Accept: image/png,*/*;q=0.8"]
SCRIPT = ["Sec-Fetch-Dest: empty", "Accept: */*"]
# What is asked, and the status that must come. Validators, ranges and compression redbot tries by itself with each GET.
ASKED = [
    ("GET", "/", 200, BROWSER),
    ("HEAD", "/", 200, BROWSER),
    ("GET", "/plain", 200, BROWSER),
    ("GET", "/picture.png", 200, PICTURE),
    ("HEAD", "/picture.png", 200, PICTURE),
    ("GET", "/style.css", 200, SCRIPT),
    ("GET", "/moved", 301, BROWSER),
    ("GET", "/missing", 404, BROWSER),
    ("GET", "/error", 500, BROWSER),
    ("GET", "/_c/config", 200, SCRIPT),
    ("GET", "/_c/state", 200, SCRIPT),
    ("GET", "/_c/widget.js", 200, SCRIPT),
    ("GET", "/_c/missing", 404, SCRIPT),
]


def start(binary, url, directory):
    """The gateway, and where it listens."""
    arguments = [binary, "run", "--listen", "127.0.0.1:0", "--origin", url, "--admin", "off", "--store", "off"]
    child = subprocess.Popen(arguments, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in child.stdout:
        if "listens on" in line:
            return child, line.split()[-1]
    sys.exit(f"the gateway did not start: {child.wait()}")


def look(base, method, path, status, fields):
    """What redbot complains about."""
    one = subprocess.run([sys.executable, HERE / "one.py", method, base + path, *fields], capture_output=True, text=True)
    if one.returncode:
        sys.exit(f"redbot failed: {one.stderr}")
    found, *notes = one.stdout.split("\n")
    if int(found) != status:
        sys.exit(f"{method} {path}: {found} instead of {status}")
    if not any(note.startswith("GOOD") for note in notes):
        sys.exit(f"{method} {path}: redbot found nothing good: {notes}")
    return sorted(note.split()[1] for note in notes if note.startswith(("WARN", "BAD")))


def compare(found, expected):
    """One line for each difference."""
    for what in sorted(found.keys() | expected.keys()):
        for name in sorted(set(found.get(what, [])) - set(expected.get(what, []))):
            yield f"{what}: {name} is new: put it right, or say in tests/http/expected.json why it stays"
        for name in sorted(set(expected.get(what, [])) - set(found.get(what, []))):
            yield f"{what}: {name} is gone: take it out of tests/http/expected.json"


def main():
    server = origin.listen()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as directory:
        child, base = start(os.environ["CONSENTRY_BIN"], f"http://127.0.0.1:{server.server_address[1]}", directory)
        try:
            with ThreadPoolExecutor(2) as pool:
                all_notes = list(pool.map(lambda asked: look(base, *asked), ASKED))
        finally:
            child.kill()
            child.wait()
    found = {f"{method} {path}": notes for (method, path, *_), notes in zip(ASKED, all_notes)}
    expected = json.loads((HERE / "expected.json").read_text())
    if "--print" in sys.argv:
        was = {what: {name: expected.get(what, {}).get(name, "") for name in notes} for what, notes in found.items() if notes}
        return print(json.dumps(was, indent=2))
    differences = list(compare(found, expected))
    if differences:
        sys.exit("\n".join(differences))
    print(f"http: redbot looked at {len(found)} responses; {sum(map(len, found.values()))} complaints, all of them expected")


main()
