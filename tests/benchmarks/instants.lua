-- For wrk: a header line whose number grows with each request, from what the environment says.
local name, text = os.getenv("HEADER"):match("^(.-): (.*)$")
local n, step = tonumber(os.getenv("FIRST")), tonumber(os.getenv("STEP"))

request = function()
  wrk.headers[name] = text:gsub("{}", string.format("%d", n))
  n = n + step
  return wrk.format()
end
