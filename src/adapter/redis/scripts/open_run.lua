-- Sets the newest epoch of a run and returns the last sequence; nil when there is a newer epoch.
-- KEYS: the stream, the fence. ARGV: the epoch, the expiry of the fence in seconds.
local known = redis.call('GET', KEYS[2])
if known and tonumber(known) > tonumber(ARGV[1]) then return nil end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if #last == 0 then return 0 end
return tonumber(string.match(last[1][1], '^%d+'))
