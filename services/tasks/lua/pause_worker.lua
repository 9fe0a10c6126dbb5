-- Stops or starts handing out tasks to a worker, for as long as its record lasts.
-- KEYS: 1 the worker's hash.
-- ARGV: 1 1 to pause and 0 to resume.
-- Returns {whether the worker is known, whether this changed anything}.
if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, 0 } end
if ARGV[1] == '1' then return { 1, redis.call('HSETNX', KEYS[1], 'paused', 1) } end
if redis.call('HDEL', KEYS[1], 'paused') == 0 then return { 1, 0 } end
feed('wake')
return { 1, 1 }
