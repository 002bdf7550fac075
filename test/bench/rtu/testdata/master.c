/* Reads holding registers by libmodbus as fast as it goes; prints exchanges, failures and the median time of one. */
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b) {
	double d = *(const double *)a - *(const double *)b;
	return d < 0 ? -1 : d > 0;
}

int main(int argc, char **argv) {
	if (argc != 5)
		return 2;
	modbus_t *m = modbus_new_rtu(argv[1], atoi(argv[2]), 'N', 8, 1);
	uint16_t w[125];
	static double took[100000];
	int count = atoi(argv[3]), good = 0, bad = 0;
	if (!m || modbus_set_slave(m, 1) || modbus_connect(m))
		return 1;
	modbus_set_response_timeout(m, 2, 0);
	modbus_set_byte_timeout(m, 1, 0);
	double began = now(), last = began;
	while (last - began < atof(argv[4]) && good < 100000) {
		double start = last;
		if (modbus_read_registers(m, 0, count, w) == count)
			took[good++] = now() - start;
		else
			bad++;
		last = now();
	}
	qsort(took, good, sizeof took[0], compare);
	printf("%d %d %.6f\n", good, bad, good ? took[good / 2] : 0);
	modbus_close(m);
	modbus_free(m);
	return 0;
}
