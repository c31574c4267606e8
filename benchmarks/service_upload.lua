-- Uploads photographs as raw bodies, one after the other, for `wrk`; prints one JSON object.
-- Arguments after `--`: mean pause before a request in milliseconds, then the files.

local requests = {}
local sent = 0
local pause = 0

function init(arguments)
  pause = tonumber(arguments[1])
  for number = 2, #arguments do
    local file = assert(io.open(arguments[number], "rb"))
    local headers = { ["Content-Type"] = "image/jpeg" }
    requests[number - 1] = wrk.format("POST", nil, headers, file:read("*a"))
    file:close()
  end
  math.randomseed(os.time())
end

function request()
  sent = sent + 1
  return requests[sent % #requests + 1]
end

-- Pauses of random length, so that requests come in clusters as visitors' do.
function delay()
  return math.floor(-math.log(1 - math.random()) * pause)
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout
  ))
end
