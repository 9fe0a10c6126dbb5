-- Claims the sweep of blobs for one replica, or renews its claim.
-- KEYS: 1 the sweep's hash.
-- ARGV: 1 now or '', 2 token, 3 length of the claim in ms, 4 least time since the end of the last sweep in ms, '' to renew.
-- Returns {whether it is claimed, ms since this store's first sweep}.
local now, length = clock(ARGV[1]), tonumber(ARGV[3])
local sweep = redis.call('HMGET', KEYS[1], 'token', 'until_ms', 'last_ms', 'first_ms')
-- Of a clock that was ahead: what was first would be in the future.
local first_ms = math.min(tonumber(sweep[4]) or now, now)
local mine = sweep[1] == ARGV[2]
if ARGV[4] == '' then
  if not mine then return { 0, now - first_ms } end
else
  local left = (tonumber(sweep[2]) or now) - now
  if sweep[1] and not mine and left > 0 and left <= length then return { 0, now - first_ms } end
  local rest = (tonumber(sweep[3]) or -math.huge) + tonumber(ARGV[4]) - now
  if rest > 0 and rest <= tonumber(ARGV[4]) then return { 0, now - first_ms } end
end
redis.call('HSET', KEYS[1], 'token', ARGV[2], 'until_ms', now + length, 'first_ms', first_ms)
return { 1, now - first_ms }
