# 总线故障：一台不答、一台乱码、适配器被拔 · A broken bus
after 2s slave ups2 silent
after 20s slave ac1 wrong
after 20s slave th1 foreign
after 20s bus cut
after 30s bus join
after 10s slave ups2 ok
slave ac1 ok
slave th1 ok
