"""An independent receiver of signed CloudEvents batches, for the peer test.

receiver.py PORT CERTIFICATE KEY SECRET LOG

Each event that arrives with a right signature is appended to LOG as
"id sequence type", and is on the disk before the answer. Every fifth request is
taken and then answered with 500, as when an answer is lost on the way.
"""

import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import time

port, certificate, key, secret, log = sys.argv[1:]
requests = 0


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global requests
        requests += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        code = 204
        try:
            self.take(body)
        except Exception as e:
            print("refused", repr(e), flush=True)
            code = 400
        if code == 204 and requests % 5 == 0:
            code = 500
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def take(self, body):
        fields = dict(f.split("=", 1) for f in self.headers["X-Watchbox-Signature"].split(","))
        want = hmac.new(secret.encode(), fields["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(want, fields["v1"]) or abs(time.time() - int(fields["t"])) > 300:
            raise ValueError("signature")
        if self.headers["Content-Type"] != "application/cloudevents-batch+json":
            raise ValueError("content type")
        with open(log, "a") as f:
            for e in json.loads(body):
                if e["specversion"] != "1.0" or not e["source"] or not e["id"].endswith("/" + e["sequence"]):
                    raise ValueError("event")
                f.write("%s %s %s\n" % (e["id"], e["sequence"], e["type"]))
            f.flush()
            os.fsync(f.fileno())

    def log_message(self, *ignored):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
