"""A small origin as most are: a page that is compressed for whom takes it, a picture in ranges, validators, errors."""
import email.utils
import gzip
import struct
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHANGED = 1_760_000_000
TRACKER = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-0000000"></script>'
TEXT = "".join(f"<p>Paragraph {n} says {n * 2654435761 % 2**32:08x}.</p>\n" for n in range(200))


def page(title):
    html = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{TRACKER}</head><body>{TEXT}</body></html>'
    return html.encode()


def png():
    """A grey picture of 64 by 64."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(64)) for y in range(64))
    head = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


HTML, PICTURE, STYLE = "text/html; charset=utf-8", "image/png", "text/css; charset=utf-8"
# Path: status, type, body, lifetime, whether it is compressed for whom takes it.
ANSWERS = {
    "/": (200, HTML, page("A page"), 60, True),
    "/plain": (200, HTML, page("A page that is never compressed"), 60, False),
    "/picture.png": (200, PICTURE, png(), 3600, False),
    "/style.css": (200, STYLE, b"p { color: #333 }\n" * 100, 3600, True),
    "/error": (500, HTML, page("An error"), None, False),
}
MISSING = (404, HTML, page("Not found"), None, False)


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "origin", ""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/moved":
            return self.answer(301, [("Location", "/"), ("Cache-Control", "max-age=60")], b"")
        status, kind, body, lifetime, is_coded = ANSWERS.get(path, MISSING)
        fields = [("Content-Type", kind)]
        if is_coded:
            fields.append(("Vary", "Accept-Encoding"))
        tag = f'"{zlib.crc32(body):08x}"'
        if is_coded and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, tag = gzip.compress(body, mtime=0), tag[:-1] + '-gzip"'
            fields.append(("Content-Encoding", "gzip"))
        if lifetime is None:
            return self.answer(status, [*fields, ("Cache-Control", "no-store")], body)
        validators = [("ETag", tag), ("Cache-Control", f"max-age={lifetime}"), ("Last-Modified", email.utils.formatdate(CHANGED, usegmt=True))]
        validators += [field for field in fields if field[0] == "Vary"]
        if self.is_fresh(tag):
            return self.answer(304, validators, None)
        first, last = self.wanted(len(body), tag)
        fields = [*(field for field in fields if field[0] != "Vary"), *validators, ("Accept-Ranges", "bytes")]
        if last < len(body) - 1 or first > 0:
            fields.append(("Content-Range", f"bytes {first}-{last}/{len(body)}"))
            return self.answer(206, fields, body[first:last + 1])
        return self.answer(200, fields, body)

    def is_fresh(self, tag):
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return any(one.strip().removeprefix("W/") in (tag, "*") for one in tags.split(","))
        since = self.headers.get("If-Modified-Since")
        return since is not None and email.utils.parsedate_to_datetime(since).timestamp() >= CHANGED

    def wanted(self, length, tag):
        text = self.headers.get("Range", "").removeprefix("bytes=")
        if self.headers.get("If-Range", tag) != tag or "-" not in text or "," in text:
            return 0, length - 1
        first, last = text.split("-")
        if not first:
            return max(0, length - int(last)), length - 1
        return min(int(first), length - 1), min(int(last or length), length - 1)

    def answer(self, status, fields, body):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)


def listen():
    """Begins to serve on a free port; the server."""
    return ThreadingHTTPServer(("127.0.0.1", 0), Origin)
