-- Changes the circuit of a model. Result: consecutive failures, milliseconds until its pause is over (-1: the circuit is
-- closed), milliseconds until the trial lapses (-1: none), the last failure, and 1 when the change was made.
-- KEYS: the circuit. ARGV: fail, succeed, pass or try; the number of failures that opens it; the length of a pause in
-- milliseconds; the failure.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local change, limit, rest = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'failures', 'rests', 'tried', 'reason')
local failures, rests = tonumber(known[1] or 0), tonumber(known[2] or 0)
local tried, reason = tonumber(known[3] or 0), known[4] or ''
local made = 1
if change == 'fail' then
  failures, reason = failures + 1, ARGV[4]
  if failures >= limit and rests <= now then
    rests, tried = now + rest, 0
  end
elseif change == 'succeed' then
  failures, rests, tried, reason = 0, 0, 0, ''
elseif change == 'pass' then
  failures, rests, tried = limit - 1, 0, 0
elseif rests > now or tried > now then
  made = 0
elseif rests > 0 then
  tried = now + rest
end
if failures == 0 and rests == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'failures', failures, 'rests', string.format('%.0f', rests),
    'tried', string.format('%.0f', tried), 'reason', reason)
  redis.call('EXPIRE', KEYS[1], 86400)
end
local rest_left = rests > 0 and math.max(rests - now, 0) or -1
local trial_left = tried > now and tried - now or -1
return {failures, rest_left, trial_left, reason, made}
