-- Keeps a descriptor set.
-- KEYS: 1 the descriptor sets' hash.
-- ARGV: 1 now or '', 2 sha256, 3 content.
-- Returns 1 when it is new, else 0.
redis.call('HSET', DESCRIPTOR_SET_TIMES, ARGV[2], clock(ARGV[1]))
return redis.call('HSETNX', KEYS[1], ARGV[2], ARGV[3])
