"""A receiver of signed events, written without any of the box's code.

receiver.py PORT CERT KEY OUT SECRET writes to OUT one line per event:
{"signature": "ok" or what is wrong, "event": {...}}. It answers 200 when the
lines are on the disk. While a file OUT.broken exists it answers 503.
"""
import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import time

port, cert, key, out, secret = sys.argv[1:6]


def judge(header, body):
    parts = dict(p.split("=", 1) for p in header.split(",") if "=" in p)
    if "t" not in parts or "v1" not in parts:
        return "no signature"
    want = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(want, parts["v1"]):
        return "does not match the body"
    if abs(time.time() - int(parts["t"])) > 300:
        return "is not of now"
    return "ok"


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if os.path.exists(out + ".broken"):
            return self.reply(503)
        verdict = judge(self.headers.get("X-Watchbox-Signature", ""), body)
        events = json.loads(body)
        if isinstance(events, dict):
            events = [events]
        with open(out, "a", encoding="utf-8") as f:
            for e in events:
                f.write(json.dumps({"signature": verdict, "event": e}) + "\n")
            f.flush()
            os.fsync(f.fileno())
        self.reply(200 if verdict == "ok" else 401)

    def reply(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", server.server_address[1], flush=True)
server.serve_forever()
