-- SPDX-License-Identifier: MIT
-- The end of every script for wrk: a line of JSON, of what went through and
-- what did not.

local report = {}

function report.print(summary, more)
	local e = summary.errors
	io.write(string.format('{"requests": %d, "seconds": %f, "failed": %d%s}\n',
	    summary.requests, summary.duration / 1e6,
	    e.connect + e.read + e.write + e.status + e.timeout, more or ""))
end

return report
