# A Modbus TCP master by pymodbus: reads everything once, tries to write, and
# prints one line per answer. Arguments: port, unit.
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.constants import Endian
from pymodbus.mei_message import ReadDeviceInformationRequest
from pymodbus.payload import BinaryPayloadDecoder

client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=10)
unit = int(sys.argv[2])
if not client.connect():
    sys.exit("no connection")


def tell(what, answer, show):
    print(what, f"exception {answer.exception_code}" if answer.isError() else show(answer))


def real(answer):
    return round(BinaryPayloadDecoder.fromRegisters(answer.registers, byteorder=Endian.Big, wordorder=Endian.Big).decode_32bit_float(), 3)


def short(answer):
    return BinaryPayloadDecoder.fromRegisters(answer.registers, byteorder=Endian.Big).decode_16bit_int()


def words(answer):
    return *answer.registers,


def bits(n):
    return lambda answer: "".join("1" if b else "0" for b in answer.bits[:n])


tell("temperature", client.read_input_registers(4002, 2, slave=unit), real)
tell("temperature held", client.read_holding_registers(4002, 2, slave=unit), real)
tell("temperature scaled", client.read_holding_registers(2001, 1, slave=unit), short)
tell("silent", client.read_input_registers(4006, 2, slave=unit), real)
tell("silent scaled", client.read_input_registers(2003, 1, slave=unit), short)
tell("quality", client.read_input_registers(1001, 4, slave=unit), words)
tell("contact", client.read_discrete_inputs(1001, 3, slave=unit), bits(3))
tell("usable", client.read_coils(2001, 4, slave=unit), bits(4))
tell("heartbeat", client.read_input_registers(0, 2, slave=unit), words)
tell("whole block", client.read_input_registers(4000, 125, slave=unit), lambda a: len(a.registers))
tell("all bits", client.read_discrete_inputs(1000, 2000, slave=unit), lambda a: len(a.bits))
tell("nowhere", client.read_input_registers(9000, 1, slave=unit), words)
tell("write coil", client.write_coil(1002, True, slave=unit), str)
tell("write register", client.write_register(2001, 1, slave=unit), str)
tell("write coils", client.write_coils(1001, [True] * 3, slave=unit), str)
tell("write registers", client.write_registers(2001, [1, 2], slave=unit), str)
tell("another unit", client.read_input_registers(0, 1, slave=unit + 1), words)
for code, start in (1, 0), (2, 0), (4, 6), (4, 5):
    tell(f"identity {code}", client.execute(ReadDeviceInformationRequest(code, start, unit=unit)),
         lambda a: "; ".join(f"{k}={v.decode()}" for k, v in sorted(a.information.items())))
client.close()
