-- Whether queues and leases hold fewer tasks than there are: then every task has to be looked at. Writes nothing.
-- KEYS: 1 the counts.
-- Returns 1 or 0.
local queued, leased, in_queues = 0, 0, redis.call('ZCARD', DELAYED)
local counts = redis.call('HGETALL', KEYS[1])
for index = 1, #counts, 2 do
  local pipeline, state = counts[index]:match('^(%S+) (%d+)$')
  if tonumber(state) == STATE.QUEUED then
    queued = queued + counts[index + 1]
    in_queues = in_queues + redis.call('ZCARD', ready_key(pipeline))
  elseif LEASED[tonumber(state)] then
    leased = leased + counts[index + 1]
  end
end
return (in_queues < queued or redis.call('ZCARD', LEASES) < leased) and 1 or 0
