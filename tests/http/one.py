"""Has redbot look at one address; prints the status, then what it says, a level and a name a line."""
import sys
from configparser import ConfigParser

import thor
from redbot.resource import HttpResource

PATIENCE = 60


def main(method, url, *fields):
    parser = ConfigParser()
    parser.read_dict({"redbot": {"enable_local_access": "True"}})
    resource = HttpResource(parser["redbot"])
    resource.set_request(url, method=method, headers=[tuple(field.split(": ", 1)) for field in fields])
    resource.on("check_done", thor.stop)
    thor.schedule(PATIENCE, sys.exit, f"{method} {url}: redbot had no answer within {PATIENCE} seconds")
    resource.check()
    thor.run()
    if not resource.response.complete:
        sys.exit(f"{method} {url}: redbot had no whole answer: {resource.fetch_error}")
    print(resource.response.status_code)
    fetched = [resource, *resource.subreqs.values()]
    notes = {(note.level.name, type(note).__name__) for one in fetched for note in one.response.notes}
    print("\n".join(f"{level} {name}" for level, name in sorted(notes)))


main(*sys.argv[1:])
