-- Stops or starts handing out tasks of a pipeline. Repeating it changes nothing.
-- KEYS: 1 the pipelines' hash.
-- ARGV: 1 now or '', 2 pipeline, 3 1 to pause and 0 to resume, 4 reason of a pause.
-- Returns {whether the pipeline is known, whether this changed anything}.
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then return { 0, 0 } end
if ARGV[3] == '1' then return { 1, redis.call('HSETNX', PAUSED, ARGV[2], ARGV[4]) } end
if redis.call('HDEL', PAUSED, ARGV[2]) == 0 then return { 1, 0 } end
redis.call('HSET', RESUMED, ARGV[2], clock(ARGV[1]))
-- Of no pipeline: every worker with a free slot looks, not one as for a single task.
feed('wake')
return { 1, 1 }
