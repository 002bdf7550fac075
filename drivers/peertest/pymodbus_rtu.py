# A Modbus RTU server by pymodbus on a serial port, whose faults are switched by
# POST to a web port. Holding register n holds 5000 + n.
import sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.reactive.main import ReactiveServer
from pymodbus.transaction import ModbusRtuFramer

block = ModbusSequentialDataBlock(0, [5000 + n for n in range(300)])
bits = ModbusSequentialDataBlock(0, [n % 3 == 0 for n in range(100)])
slave = ModbusSlaveContext(hr=block, ir=block, co=bits, di=bits, zero_mode=True)
server = ReactiveServer.factory(
    "serial", ModbusRtuFramer, context=ModbusServerContext({1: slave}, single=False),
    host="127.0.0.1", web_port=int(sys.argv[2]), modbus_port=sys.argv[1], baudrate=19200, timeout=0.005)
server.run()
