-- Reads the workers that are connected or hold leases, all of them or one that may be neither. Writes nothing.
-- KEYS: 1 the pipelines' hash.
-- ARGV: 1 now or '', 2 a worker or ''.
-- Returns worker, values of its hash, whether it is connected and its tasks joined by spaces, of each in turn.
local now, connected, held, reply = clock(ARGV[1]), {}, {}, {}
for _, pipeline in ipairs(redis.call('HKEYS', KEYS[1])) do
  for _, worker in ipairs(redis.call('ZRANGE', connected_key(pipeline), now, '+inf', 'BYSCORE')) do
    connected[worker], held[worker] = true, {}
  end
end
for _, id in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
  local worker = redis.call('HGET', task_key(id), 'worker')
  if worker then
    held[worker] = held[worker] or {}
    table.insert(held[worker], id)
  end
end
if ARGV[2] ~= '' then held = { [ARGV[2]] = held[ARGV[2]] or {} } end
for worker, tasks in pairs(held) do
  reply[#reply + 1] = worker
  reply[#reply + 1] = redis.call('HMGET', worker_key(worker), 'session', 'pipelines', 'paused', 'slots', 'version',
    'heartbeat_ms')
  reply[#reply + 1] = connected[worker] and 1 or 0
  reply[#reply + 1] = table.concat(tasks, ' ')
end
return reply
