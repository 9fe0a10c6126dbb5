-- Finds a task that has not ended and needs a model's weights.
-- KEYS: 1 the leases.
-- ARGV: 1 what the names of the weights begin with.
-- Returns the task, or ''.
local prefix = ARGV[1]
local places = { KEYS[1], DELAYED, UNDECIDED }
for _, pipeline in ipairs(redis.call('HKEYS', PIPELINES)) do add(places, ready_key(pipeline)) end
for _, place in ipairs(places) do
  for _, id in ipairs(redis.call('ZRANGE', place, 0, -1)) do
    local weights = redis.call('HGET', task_key(id), 'weights') or ''
    if weights:sub(1, #prefix) == prefix then return id end
  end
end
return ''
