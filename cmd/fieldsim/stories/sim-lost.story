# 报警时短信卡失效 · The SIM fails during an alarm
sim out
after 5s press panic
after 5s release panic
after 40s sim in
