# 空调停机，机房升温 · The AC stops and the room warms up
speed 1
after 2s ac fault airflow
after 5s speed 30
after 60s ac start
after 60s speed 1
