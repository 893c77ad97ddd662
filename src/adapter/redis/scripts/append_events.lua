-- Appends events to several runs. Result per run: 1 when its events are in the stream, 0 when a newer owner has the run,
-- 2 when the run is not open: Redis was restarted, and it is unknown which owner is the newest.
-- KEYS: stream and fence of each run. ARGV, per run: epoch, expiry in seconds (0: unchanged), number of events, and for
-- each event its sequence and its value.
local outcomes, at = {}, 1
for run = 1, #KEYS / 2 do
  local stream, fence = KEYS[2 * run - 1], KEYS[2 * run]
  local epoch, life, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  at = at + 3
  local known = redis.call('GET', fence)
  if not known then
    outcomes[run] = 2
  elseif tonumber(known) > tonumber(epoch) then
    outcomes[run] = 0
  else
    for event = 0, count - 1 do
      local added = redis.pcall('XADD', stream, ARGV[at + 2 * event] .. '-0', 'e', ARGV[at + 2 * event + 1])
      -- an event that already exists was written by this owner, and the response was lost
      if added.err and not string.find(added.err, 'equal or smaller', 1, true) then return added end
    end
    if life ~= '0' then
      redis.call('EXPIRE', fence, life)
      redis.call('EXPIRE', stream, life)
    end
    outcomes[run] = 1
  end
  at = at + 2 * count
end
return outcomes
