-- What each request of wrk is. Arguments: method, path, body, expected status (or "any"), first number, threads, and
-- perhaps a file.
-- In path and body, {n} becomes a number that no other request has, or the line of the file with that number, so that each
-- signs as somebody else. Such requests come from a network of their own each, as visitors do; without {n} all are the
-- same and wrk sends them unasked.
local threads = {}
local method, path, body, number, step, lines

function setup(thread)
  thread:set("index", #threads)
  thread:set("wrong", 0)
  table.insert(threads, thread)
end

local function headers()
  local sent = {["Accept-Encoding"] = "gzip"}
  if method == "POST" then
    sent["Content-Type"] = "application/x-www-form-urlencoded"
    sent["Origin"] = "http://" .. wrk.headers["Host"]
    sent["Sec-Fetch-Site"] = "same-origin"
  end
  return sent
end

local function numbered()
  local n = lines and lines[number % #lines + 1] or string.format("%014d", number)
  local sent = headers()
  sent["X-Forwarded-For"] = string.format("2a00:%x:%x::1", math.floor(number / 65536) % 65536, number % 65536)
  number = number + step
  return wrk.format(method, (path:gsub("{n}", n)), sent, body and (body:gsub("{n}", n)))
end

function init(arguments)
  method, path, body = arguments[1], arguments[2], arguments[3] ~= "" and arguments[3] or nil
  step = tonumber(arguments[6])
  number = tonumber(arguments[5]) + index
  if arguments[7] then
    lines = {}
    for line in io.lines(arguments[7]) do table.insert(lines, line) end
  end
  if path:find("{n}", 1, true) or (body and body:find("{n}", 1, true)) then
    request = numbered
  else
    wrk.method, wrk.path, wrk.body = method, path, body
    for name, value in pairs(headers()) do wrk.headers[name] = value end
  end
  if arguments[4] ~= "any" then
    local expected = tonumber(arguments[4])
    response = function(status) if status ~= expected then wrong = wrong + 1 end end
  end
end

function done(summary, latency)
  local wrong_answers, errors = 0, summary.errors
  for _, thread in ipairs(threads) do wrong_answers = wrong_answers + thread:get("wrong") end
  local report = '\n{"requests": %d, "seconds": %f, "p99_ms": %f, "max_ms": %f, "wrong": %d, "broken": %d, "late": %d, "status": %d, "bytes": %d}\n'
  io.write(report:format(
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e3, latency.max / 1e3, wrong_answers,
    errors.connect + errors.read + errors.write, errors.timeout, errors.status, summary.bytes))
end
