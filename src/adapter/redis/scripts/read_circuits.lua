-- Reads the circuits of models. Result per circuit: as in change_circuit.lua, without the last value.
-- KEYS: the circuits.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local circuits = {}
for at, key in ipairs(KEYS) do
  local known = redis.call('HMGET', key, 'failures', 'rests', 'tried', 'reason')
  local rests, tried = tonumber(known[2] or 0), tonumber(known[3] or 0)
  local rest_left = rests > 0 and math.max(rests - now, 0) or -1
  local trial_left = tried > now and tried - now or -1
  circuits[at] = {tonumber(known[1] or 0), rest_left, trial_left, known[4] or ''}
end
return circuits
