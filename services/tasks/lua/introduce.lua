-- Keeps what a worker brings, its pipelines and the descriptor set of their types, as a whole or not at all.
-- Descriptor sets that no pipeline uses are dropped a day after a worker last brought them, not at once: results of
-- their types are still read.
-- KEYS: 1 the pipelines' hash.
-- ARGV: 1 now or '', 2 sha256 of the descriptor set, 3 its content, 4 SHA-256 of each of the sets that it was compared
-- with, or '*' where it needs no comparing, then name and description of each pipeline.
-- Returns 'KEPT', 'NOT_COMPARED', 'TOO_MANY_PIPELINES' or 'TOO_MANY_TYPES'.
local now, sha256, content, compared, used = clock(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], {}

-- Descriptors cannot be read here, so whoever brings them compares them; what was put meanwhile is compared, too.
if compared ~= '*' and redis.call('HEXISTS', DESCRIPTOR_SETS, sha256) == 0 then
  for _, digest in ipairs(redis.call('HKEYS', DESCRIPTOR_SETS)) do
    if not string.find(compared, digest, 1, true) then return 'NOT_COMPARED' end
  end
end

local known = redis.call('HLEN', KEYS[1])
for index = 5, #ARGV, 2 do known = known + 1 - redis.call('HEXISTS', KEYS[1], ARGV[index]) end
-- Those it knows already may always come again, also where a setting allows fewer than before.
if known > SETTINGS.pipelines and known > redis.call('HLEN', KEYS[1]) then return 'TOO_MANY_PIPELINES' end

for _, digest in ipairs(redis.call('HVALS', PIPELINE_SETS)) do used[digest] = true end
local stale, sets, bytes = {}, 1, #content
for _, digest in ipairs(redis.call('HKEYS', DESCRIPTOR_SETS)) do
  local brought = tonumber(redis.call('HGET', DESCRIPTOR_SET_TIMES, digest) or 0)
  if digest ~= sha256 then
    if not used[digest] and brought < now - 86400000 then
      stale[#stale + 1] = digest
    else
      sets, bytes = sets + 1, bytes + redis.call('HSTRLEN', DESCRIPTOR_SETS, digest)
    end
  end
end
if redis.call('HEXISTS', DESCRIPTOR_SETS, sha256) == 0 then
  if sets > SETTINGS.descriptor_sets or bytes > SETTINGS.descriptor_sets_bytes then return 'TOO_MANY_TYPES' end
else
  -- A worker that comes back brings little that is new.
  even_when_full()
end

redis.call('HSETNX', DESCRIPTOR_SETS, sha256, content)
redis.call('HSET', DESCRIPTOR_SET_TIMES, sha256, now)
for index = 5, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1])
  redis.call('HSET', PIPELINE_SETS, ARGV[index], sha256)
end
for _, digest in ipairs(stale) do
  redis.call('HDEL', DESCRIPTOR_SETS, digest)
  redis.call('HDEL', DESCRIPTOR_SET_TIMES, digest)
end
return 'KEPT'
