-- What wrk asks for: the files of a list, in turn, as a browser asks for them; and what it says in the end, as JSON.
local requests, number = {}, 0

function init(args)
    local headers = { ["Accept-Encoding"] = "gzip", ["Host"] = wrk.host .. ":" .. wrk.port }
    for path in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("GET", path, headers)
    end
end

function request()
    number = number % #requests + 1
    return requests[number]
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format(
        '{"requests": %d, "seconds": %.3f, "bytes": %d, "p50": %.2f, "p90": %.2f, "p99": %.2f, "slowest": %.2f, '
        .. '"refused": %d, "broken": %d, "late": %d, "status": %d}\n',
        summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
        latency:percentile(99) / 1e3, latency.max / 1e3, e.connect, e.read + e.write, e.timeout, e.status))
end
