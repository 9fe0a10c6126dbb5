-- Keeps a descriptor set.
-- KEYS: 1 the descriptor sets' hash.
-- ARGV: 1 now or '', 2 sha256, 3 content.
-- Returns 1 when it is new, 0 when it was known, -1 when there is no room for another one.
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then
  local known, bytes = redis.call('HKEYS', KEYS[1]), #ARGV[3]
  for _, sha256 in ipairs(known) do bytes = bytes + redis.call('HSTRLEN', KEYS[1], sha256) end
  if #known >= SETTINGS.descriptor_sets or bytes > SETTINGS.descriptor_sets_bytes then return -1 end
end
redis.call('HSET', DESCRIPTOR_SET_TIMES, ARGV[2], clock(ARGV[1]))
return redis.call('HSETNX', KEYS[1], ARGV[2], ARGV[3])
