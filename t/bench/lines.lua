-- SPDX-License-Identifier: MIT
-- What snapshots.lua posts, as the line protocol of InfluxDB has it.

local report = require("report")
local hosts = tonumber(os.getenv("HOSTS"))
local lines = "cpu,host=host-%04d average=38.925,core_0=12.5,core_1=40.1," ..
    "core_2=3.9,core_3=99.2 %d\n" ..
    "memory,host=host-%04d total=25200000000,used=4200000000," ..
    "free=21000000000,percent=16.7 %d\n" ..
    "disk,host=host-%04d total=270000000000,used=17000000000," ..
    "free=239000000000,percent=6.6 %d\n"
local head, now, at = "", os.time(), 0

-- The target's path is known from here on.
function init(args)
	head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n" ..
	    "Content-Length: " .. #lines:format(1, now, 1, now, 1, now) ..
	    "\r\n\r\n"
end

function request()
	if at == hosts then
		at, now = 0, now + 1
	end
	at = at + 1
	return head .. lines:format(at, now, at, now, at, now)
end

function done(summary)
	report.print(summary)
end
