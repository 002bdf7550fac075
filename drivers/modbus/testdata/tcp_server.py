# A server by pymodbus on a TCP port: "socket" speaks Modbus TCP, "rtu" the frames of a
# serial line. Holding register n holds 5000 + n.
import asyncio
import sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

block = ModbusSequentialDataBlock(0, [5000 + n for n in range(300)])
bits = ModbusSequentialDataBlock(0, [n % 3 == 0 for n in range(100)])
slave = ModbusSlaveContext(hr=block, ir=block, co=bits, di=bits, zero_mode=True)


async def main():
    await StartAsyncTcpServer(
        ModbusServerContext({1: slave}, single=False), address=("127.0.0.1", int(sys.argv[1])), allow_reuse_address=True,
        framer={"socket": ModbusSocketFramer, "rtu": ModbusRtuFramer}[sys.argv[2]])


asyncio.run(main())
