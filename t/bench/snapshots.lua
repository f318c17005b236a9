-- SPDX-License-Identifier: MIT
-- Posts snapshots of HOSTS hosts in turn; each host's next is a second later.

local report = require("report")
local hosts = tonumber(os.getenv("HOSTS"))
local head = table.concat({
	"POST /ingest HTTP/1.1",
	"Host: 127.0.0.1",
	"Authorization: Bearer " .. os.getenv("TOKEN"),
	"Content-Type: application/json",
	"Content-Length: ",
}, "\r\n")
local body = ', "hostname": "host-%04d", ' ..
    '"cpu": {"per_core": [12.5, 40.1, 3.9, 99.2], "average": 38.925}, ' ..
    '"memory": {"total": 25200000000, "used": 4200000000, ' ..
    '"free": 21000000000, "percent": 16.7}, ' ..
    '"disk": {"total": 270000000000, "used": 17000000000, ' ..
    '"free": 239000000000, "percent": 6.6}}'
local begin, rest = "", {}
local now, at = os.time(), 0

function init()
	local first = '{"timestamp": '

	for h = 1, hosts do
		rest[h] = body:format(h)
	end
	begin = head .. #(first .. now .. rest[1]) .. "\r\n\r\n" .. first
end

function request()
	if at == hosts then
		at, now = 0, now + 1
	end
	at = at + 1
	return begin .. now .. rest[at]
end

function done(summary)
	report.print(summary)
end
