# 市电中断，电池放电 · Mains failure, batteries discharge
# 房间时间快进 60 倍：约一小时半的停电。
speed 1
after 2s mains off
after 10s speed 60
after 90s mains on
after 60s speed 1
