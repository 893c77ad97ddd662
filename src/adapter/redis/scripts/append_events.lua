-- Appends to one run after the other: 1 where its events are in the stream now, 0 where a newer owner has the run, 2 where
-- nobody has opened it: Redis was restarted, and any owner might be the newest.
-- KEYS: stream and fence of each run. ARGV: of each run its epoch, its life in seconds (0: as it is), how many events,
-- and of each event its sequence and itself.
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
      -- one that is there already came from this owner, whose answer was lost
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
