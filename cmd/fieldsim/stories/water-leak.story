# 漏水，随后烟感 · Water leak, then smoke
after 2s water on
after 30s smoke on
after 20s smoke off
after 20s water off
