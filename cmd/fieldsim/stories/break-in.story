# 强行开门与拆机 · Door forced, enclosure opened
after 2s card 99999999
after 4s door open
after 5s tamper on
after 30s tamper off
after 2s door close
