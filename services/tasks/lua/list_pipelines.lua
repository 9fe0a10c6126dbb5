-- Reads all pipelines at one instant. Writes nothing.
-- KEYS: 1 the pipelines' hash.
-- ARGV: 1 now or ''.
-- Returns pipeline, descriptor, digest of the descriptor set, connected workers and why it is paused (nothing when it
-- is not) of each, in turn.
local now, reply = clock(ARGV[1]), {}
local pipelines = redis.call('HGETALL', KEYS[1])
for index = 1, #pipelines, 2 do
  local name = pipelines[index]
  reply[#reply + 1] = name
  reply[#reply + 1] = pipelines[index + 1]
  reply[#reply + 1] = redis.call('HGET', PIPELINE_SETS, name)
  reply[#reply + 1] = redis.call('ZCOUNT', connected_key(name), now, '+inf')
  reply[#reply + 1] = redis.call('HGET', PAUSED, name)
end
return reply
