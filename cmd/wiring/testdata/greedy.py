# A Modbus TCP master by pymodbus that never stops asking: for some seconds, on
# several connections at once, and at the end one line with what it got.
# Arguments: port, seconds, connections.
import collections
import sys
import threading
import time

from pymodbus.client import ModbusTcpClient

port, until, tally, lock = int(sys.argv[1]), time.time() + float(sys.argv[2]), collections.Counter(), threading.Lock()


def said(answer, right):
    if answer.isError():
        return f"exception {answer.exception_code}" if hasattr(answer, "exception_code") else "nothing"
    return "right" if right(answer) else "WRONG"


def ask():
    client = ModbusTcpClient("127.0.0.1", port=port, timeout=10)
    if not client.connect():
        sys.exit("no connection")
    wishes = [
        ("live", lambda: client.read_input_registers(1, 2, slave=1), lambda a: a.registers == [201, 401]),
        ("live", lambda: client.read_input_registers(1, 1, slave=2), lambda a: a.registers == [202]),
        ("nowhere", lambda: client.read_input_registers(4000, 1, slave=1), lambda a: False),
        ("dead", lambda: client.read_input_registers(1, 1, slave=9), lambda a: False),
        ("stranger", lambda: client.read_input_registers(1, 1, slave=33), lambda a: False),
        ("forbidden", lambda: client.write_coil(0, True, slave=20), lambda a: False),
        ("allowed", lambda: client.write_coil(1, True, slave=20), lambda a: True),
    ]
    while time.time() < until:
        for what, wish, right in wishes:
            key = what + " " + said(wish(), right)
            with lock:
                tally[key] += 1
    client.close()


threads = [threading.Thread(target=ask) for _ in range(int(sys.argv[3]))]
for t in threads:
    t.start()
for t in threads:
    t.join()
for key in sorted(tally):
    print(f"{tally[key]} {key}")
