-- Keeps a pipeline's description. Descriptor sets that no pipeline uses are dropped after a day, not at once: a
-- worker puts its set before its pipelines.
-- KEYS: 1 the pipelines' hash.
-- ARGV: 1 now or '', 2 pipeline, 3 descriptor, 4 digest of its descriptor set.
-- Returns the number of sets dropped; -1 when as many other pipelines are known as may be.
local now, used, dropped = clock(ARGV[1]), {}, 0
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 and redis.call('HLEN', KEYS[1]) >= SETTINGS.pipelines then return -1 end
even_when_full()
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('HSET', PIPELINE_SETS, ARGV[2], ARGV[4])
for _, sha256 in ipairs(redis.call('HVALS', PIPELINE_SETS)) do used[sha256] = true end
local times = redis.call('HGETALL', DESCRIPTOR_SET_TIMES)
for index = 1, #times, 2 do
  if not used[times[index]] and tonumber(times[index + 1]) < now - 86400000 then
    redis.call('HDEL', DESCRIPTOR_SETS, times[index])
    redis.call('HDEL', DESCRIPTOR_SET_TIMES, times[index])
    dropped = dropped + 1
  end
end
return dropped
