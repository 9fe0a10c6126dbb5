-- Forgets a pipeline that nobody serves or waits for.
-- KEYS: 1 the pipelines' hash.
-- ARGV: 1 now or '', 2 pipeline.
-- Returns {'DELETED'}, {'NOT_FOUND'} or {'IN_USE', connected workers, tasks that have not ended}.
local now, pipeline, open = clock(ARGV[1]), ARGV[2], 0
if redis.call('HEXISTS', KEYS[1], pipeline) == 0 then return { 'NOT_FOUND' } end
for _, state in pairs(STATE) do
  if not TERMINAL[state] then open = open + tonumber(redis.call('HGET', COUNTS, pipeline .. ' ' .. state) or 0) end
end
local workers = redis.call('ZCOUNT', connected_key(pipeline), now, '+inf')
if workers + open > 0 then return { 'IN_USE', workers, open } end
for _, hash in ipairs({ PIPELINES, PIPELINE_SETS, PAUSED, RESUMED }) do redis.call('HDEL', hash, pipeline) end
redis.call('DEL', runtimes_key(pipeline), tally_key(pipeline), failures_key(pipeline))
return { 'DELETED' }
