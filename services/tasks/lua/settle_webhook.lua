-- Records a call that was made.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 token of the claim, 4 PENDING (to be repeated), DELIVERED or FAILED, 5 HTTP status,
--   6 reason or '', 7 delay of the next call in ms, 8 failures in a row of the destination, 9 its pause in ms.
-- Returns the state that it is in; '' when the claim is not in force any more.
local now, state = clock(ARGV[1]), ARGV[4]
local task = redis.call('HMGET', KEYS[1], 'callback_destination', 'callback_token', 'end_ms')
local destination = task[1]
if not destination or task[2] ~= ARGV[3] then return '' end

redis.call('HDEL', KEYS[1], 'callback_token', 'callback_next_ms')
redis.call('HINCRBY', KEYS[1], 'callback_attempts', 1)
redis.call('ZREM', webhook_calls_key(destination), ARGV[2])
if ARGV[8] == '0' then
  redis.call('DEL', webhook_misses_key(destination))
else
  redis.call('HSET', webhook_misses_key(destination), 'failures', ARGV[8], 'pause_ms', now + tonumber(ARGV[9]))
end
local next_ms = now + tonumber(ARGV[7])
if state == 'PENDING' and next_ms > tonumber(task[3]) + SETTINGS.webhook_ms then state = 'FAILED' end
redis.call('HSET', KEYS[1], 'callback_state', state, 'callback_status', ARGV[5], 'callback_reason', ARGV[6])
if state == 'PENDING' then
  redis.call('HSET', KEYS[1], 'callback_next_ms', next_ms)
  redis.call('ZADD', webhook_queue_key(destination), next_ms, ARGV[2])
  plan_destination(destination)
  return state
end
if state == 'DELIVERED' then redis.call('HSET', KEYS[1], 'callback_deliver_ms', now) end
remove_webhook(ARGV[2], destination)
return state
