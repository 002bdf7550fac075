# Modbus RTU slaves by pymodbus, one for each PORT=TEMPERATURE,HUMIDITY: unit 1,
# input registers 1 and 2. The wire is a TCP connection that carries RTU frames.
import asyncio
import sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer


def slave(what):
    port, registers = what.split("=")
    block = ModbusSequentialDataBlock(0, [0] + [int(n) for n in registers.split(",")])
    unit = ModbusSlaveContext(ir=block, zero_mode=True)
    return StartAsyncTcpServer(ModbusServerContext({1: unit}, single=False), framer=ModbusRtuFramer, address=("127.0.0.1", int(port)))


async def main():
    await asyncio.gather(*map(slave, sys.argv[1:]))

asyncio.run(main())
