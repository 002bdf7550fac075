/* A strict master by libmodbus. Prints what it reads, one line per answer. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void words(const char *what, int n, const uint16_t *v) {
	printf("%s", what);
	for (int i = 0; i < n; i++)
		printf(" %u", v[i]);
	printf(n < 0 ? " error: %s\n" : "\n", n < 0 ? modbus_strerror(errno) : "");
}

static void bits(const char *what, int n, const uint8_t *v) {
	uint16_t w[64];
	for (int i = 0; i < n; i++)
		w[i] = v[i];
	words(what, n, w);
}

int main(int argc, char **argv) {
	if (argc != 4)
		return 2;
	modbus_t *m = strchr(argv[1], '/') ? modbus_new_rtu(argv[1], atoi(argv[2]), 'N', 8, 1) : modbus_new_tcp(argv[1], atoi(argv[2]));
	uint16_t w[64];
	uint8_t b[64];
	uint16_t three[3] = {7, 8, 9};
	if (!m || modbus_set_slave(m, atoi(argv[3])) || modbus_connect(m)) {
		printf("connect error: %s\n", modbus_strerror(errno));
		return 1;
	}
	modbus_set_response_timeout(m, 5, 0);
	words("holding", modbus_read_registers(m, 10, 4, w), w);
	words("input", modbus_read_input_registers(m, 1, 2, w), w);
	bits("coil", modbus_read_bits(m, 0, 10, b), b);
	bits("discrete", modbus_read_input_bits(m, 0, 4, b), b);
	words("nowhere", modbus_read_registers(m, 9000, 1, w), w);
	printf("write coil %d\n", modbus_write_bit(m, 2, 1));
	printf("write register %d\n", modbus_write_register(m, 10, 4711));
	printf("write registers %d\n", modbus_write_registers(m, 11, 3, three));
	words("holding", modbus_read_registers(m, 10, 4, w), w);
	modbus_close(m);
	modbus_free(m);
	return 0;
}
