# 夜间紧急报警 · Panic at night
# 值班员按下按钮；十秒后松手；短信回复确认。
speed 1
after 3s press panic
after 10s release panic
after 15s sms from +8613800000001 1 确认
