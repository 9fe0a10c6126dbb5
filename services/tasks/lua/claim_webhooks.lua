-- Claims calls that are due, and gives up those whose time is over.
-- KEYS: 1 the destinations.
-- ARGV: 1 now or '', 2 token of the claims, 3 their length in ms, 4 most calls.
-- Returns {calls given up, calls pending, age in ms of the oldest, ms until a destination is due or -1,
--   then for each destination {its name, failures in a row, tasks...}}.
local now = clock(ARGV[1])
local ends_ms, left, overdue, claims = now + tonumber(ARGV[3]), tonumber(ARGV[4]), 0, {}

-- A minute later than `settle_webhook` gives up: what is on its way by then was told.
local last_end_ms = now - SETTINGS.webhook_ms - 60000
for _, id in ipairs(redis.call('ZRANGE', WEBHOOKS_PENDING, '-inf', last_end_ms, 'BYSCORE', 'LIMIT', 0,
  SETTINGS.tick_items)) do
  local task = redis.call('HMGET', task_key(id), 'callback_destination', 'callback_reason')
  if task[1] then
    redis.call('HDEL', task_key(id), 'callback_next_ms', 'callback_token')
    redis.call('HSET', task_key(id), 'callback_state', 'FAILED', 'callback_reason', task[2] or 'NEVER_CALLED')
    remove_webhook(id, task[1])
  end
  redis.call('ZREM', WEBHOOKS_PENDING, id)
  overdue = overdue + 1
end

local function claim(destination)
  local queue, calls = webhook_queue_key(destination), webhook_calls_key(destination)
  redis.call('ZREMRANGEBYSCORE', calls, '-inf', now)
  local room = math.min(left, calls_at_once(destination) - redis.call('ZCARD', calls))
  local found = { destination, tonumber(redis.call('HGET', webhook_misses_key(destination), 'failures') or 0) }
  local due = room > 0 and redis.call('ZRANGE', queue, '-inf', now, 'BYSCORE', 'LIMIT', 0, room) or {}
  for _, id in ipairs(due) do
    if redis.call('EXISTS', task_key(id)) == 1 then
      found[#found + 1] = id
      redis.call('HSET', task_key(id), 'callback_token', ARGV[2])
      -- Due again when the claim runs out: whoever made it is dead then.
      redis.call('ZADD', queue, ends_ms, id)
      redis.call('ZADD', calls, ends_ms, id)
    else
      -- One that an operator deleted by hand.
      remove_webhook(id, destination)
    end
  end
  left = left - (#found - 2)
  if #found > 2 then claims[#claims + 1] = found end
  plan_destination(destination)
end
for _, destination in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, left)) do
  if left > 0 then claim(destination) end
end

local oldest = tonumber(redis.call('ZRANGE', WEBHOOKS_PENDING, 0, 0, 'WITHSCORES')[2]) or now
local next_ms = tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2])
return { overdue, redis.call('ZCARD', WEBHOOKS_PENDING), now - oldest, next_ms and math.max(next_ms - now, 0) or -1,
  unpack(claims) }
