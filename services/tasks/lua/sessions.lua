-- Sessions of workers and the renewal of their leases.

-- Whether a session is its worker's newest.
local function in_force(worker, session)
  return redis.call('HGET', worker_key(worker), 'session') == session
end

-- Counts a worker as connected for one more period. The record outlives long breaks, and then expires.
local function show_presence(worker, now)
  local pipelines = redis.call('HGET', worker_key(worker), 'pipelines') or ''
  for pipeline in pipelines:gmatch('%S+') do
    local connected = connected_key(pipeline)
    redis.call('ZREMRANGEBYSCORE', connected, '-inf', now)
    redis.call('ZADD', connected, now + SETTINGS.lease_ms, worker)
    redis.call('PEXPIRE', connected, SETTINGS.lease_ms)
  end
  redis.call('HSET', worker_key(worker), 'heartbeat_ms', now)
  redis.call('PEXPIRE', worker_key(worker), math.max(3600000, 10 * SETTINGS.lease_ms))
end

-- Renews one lease; returns how it stands.
local function renew(worker, now, id, attempt, token)
  local task = load_task(id)
  if not task or task.worker ~= worker or not holds(task, attempt, token) then return 'lost' end
  start_lease_time(task, now)
  return task.state == STATE.CANCELLING and 'cancelling' or 'held'
end
