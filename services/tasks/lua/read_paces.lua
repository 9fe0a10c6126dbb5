-- Reads how fast each pipeline goes, at one instant. Writes nothing.
-- KEYS: 1 the pipelines' hash.
-- ARGV: 1 now or '', 2 most attempts to read of each.
-- Returns pipeline, slots of the workers that take its tasks, attempts that run, why it is paused (nothing when it is
-- not), and the latest entries of `runtimes_key`, of each in turn.
local now, reply = clock(ARGV[1]), {}

local function slots(pipeline)
  local sum = 0
  for _, worker in ipairs(redis.call('ZRANGE', connected_key(pipeline), now, '+inf', 'BYSCORE')) do
    local fields = redis.call('HMGET', worker_key(worker), 'slots', 'paused')
    if not fields[2] then sum = sum + (tonumber(fields[1]) or 0) end
  end
  return sum
end

for _, pipeline in ipairs(redis.call('HKEYS', KEYS[1])) do
  local busy = redis.call('HMGET', COUNTS, pipeline .. ' ' .. STATE.RUNNING, pipeline .. ' ' .. STATE.CANCELLING)
  local pause = redis.call('HGET', PAUSED, pipeline)
  reply[#reply + 1] = pipeline
  reply[#reply + 1] = pause and 0 or slots(pipeline)
  reply[#reply + 1] = (tonumber(busy[1]) or 0) + (tonumber(busy[2]) or 0)
  reply[#reply + 1] = pause
  reply[#reply + 1] = redis.call('LRANGE', runtimes_key(pipeline), 0, ARGV[2] - 1)
end
return reply
