-- SPDX-License-Identifier: MIT
-- Posts batches of LISTS rows of FIELDS values.  Each thread is an agent, with
-- one connection, so that its batches arrive in order.  Tells how many lists
-- were taken: what is refused or skipped costs less.

local report = require("report")
local n_rows = tonumber(os.getenv("LISTS"))
local n_fields = tonumber(os.getenv("FIELDS"))
local seq = 1
local run = os.time() -- each has queues of its own
local head = table.concat({
	"POST /ingest HTTP/1.1",
	"Host: 127.0.0.1",
	"Authorization: Bearer " .. os.getenv("TOKEN"),
	"Content-Type: application/json",
	"Content-Length: ",
}, "\r\n")
local parts = {}
local time = os.time() + 0.0
local threads = {}
accepted = 0 -- global: read from done()

function setup(thread)
	table.insert(threads, thread)
	thread:set("agent", #threads)
end

-- parts: text, with a hole for the time of each row
function init()
	local fields, values = {}, {}

	for f = 1, n_fields do
		fields[f] = string.format('["field_%d", "gauge", "bytes"]', f)
		values[f] = f % 2 == 0 and tostring(f * 1234567) or
		    tostring(f * 3 + 0.25)
	end
	parts[1] = '"sent": '
	parts[3] = ', "interval": 10, "plugins": [{"plugin": "bench", ' ..
	    '"instance_name": "device", "fields": [' ..
	    table.concat(fields, ", ") .. '], "rows": [["device-1", '
	for r = 1, n_rows do
		local last = ", " .. table.concat(values, ", ") .. "]"

		parts[2 * r + 3] = r < n_rows and
		    last .. string.format(', ["device-%d", ', r + 1) or
		    last .. "]}]}"
	end
end

function request()
	local stamp = string.format("%.3f", time)
	local own = string.format('{"v": 1, "queue": "%08x%08x%016x", "seq": %d, ' ..
	    '"host": "agent-%d", ', run % 2 ^ 31, agent, agent, seq, agent)
	for r = 0, n_rows do
		parts[2 * r + 2] = stamp
	end
	local text = own .. table.concat(parts)

	seq, time = seq + n_rows, time + 0.001
	return head .. #text .. "\r\n\r\n" .. text
end

function response(status, headers, body)
	accepted = accepted + tonumber(body:match('"accepted": *(%d+)') or 0)
end

function done(summary)
	local sum = 0

	for _, thread in ipairs(threads) do
		sum = sum + thread:get("accepted")
	end
	report.print(summary, string.format(', "accepted": %d', sum))
end
