-- Ends a claim on the sweep of blobs.
-- KEYS: 1 the sweep's hash.
-- ARGV: 1 now or '', 2 token, 3 1 when the sweep was done to its end, 0 when another replica shall go on.
-- Returns 1, or 0 when the claim was lost.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'token', 'until_ms')
if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 'last_ms', clock(ARGV[1])) end
return 1
