-- Reads what there is to count, at one instant. Writes nothing.
-- KEYS: 1 the pipelines' hash.
-- ARGV: 1 now or '', 2 most ready tasks of a pipeline whose wait is looked at.
-- Returns {now, number of tasks by '{pipeline} {state}'}, then pipeline, connected workers, whether it is paused, longest
-- wait in ms or -1, tallies, and failures by reason of each that has a description or a task. The inner ones are fields
-- and values in turn.
local now = clock(ARGV[1])
local counts = redis.call('HGETALL', COUNTS)
local reply, pipelines, seen = { now, counts }, redis.call('HKEYS', KEYS[1]), {}
for index = 1, #counts, 2 do pipelines[#pipelines + 1] = counts[index]:match('^%S+') end

-- A more urgent task goes ahead of one that waits for longer, so the first in turn alone would tell little.
local function longest_wait(pipeline)
  local longest = -1
  for _, id in ipairs(redis.call('ZRANGE', ready_key(pipeline), 0, ARGV[2] - 1)) do
    local since_ms = tonumber(redis.call('HGET', task_key(id), 'wait_start_ms'))
    -- The clock may have been set back.
    if since_ms then longest = math.max(longest, now - since_ms, 0) end
  end
  return longest
end

for _, pipeline in ipairs(pipelines) do
  if not seen[pipeline] then
    seen[pipeline] = true
    reply[#reply + 1] = pipeline
    reply[#reply + 1] = redis.call('ZCOUNT', connected_key(pipeline), now, '+inf')
    reply[#reply + 1] = redis.call('HEXISTS', PAUSED, pipeline)
    reply[#reply + 1] = longest_wait(pipeline)
    reply[#reply + 1] = redis.call('HGETALL', tally_key(pipeline))
    reply[#reply + 1] = redis.call('HGETALL', failures_key(pipeline))
  end
end
return reply
