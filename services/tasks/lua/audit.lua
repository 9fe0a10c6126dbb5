-- The records of what operators did.

-- Keeps the newest records of a set. Records that ran out by themselves have left their numbers behind.
local function trim_audit(set, most)
  local surplus = redis.call('ZCARD', set) - most
  if surplus <= 0 then return end
  for _, number in ipairs(redis.call('ZRANGE', set, 0, math.min(surplus, 100) - 1)) do
    redis.call('DEL', audit_key(number))
    redis.call('ZREM', AUDIT, number)
    redis.call('ZREM', AUDIT_UNCHANGED, number)
  end
end
