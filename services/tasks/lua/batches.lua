-- What a batch keeps of its tasks: their ids in order, how many have not ended, and a log of its own.

-- The request id of a create is remembered for its least time, though what it created is deleted.
local function forget_request(request, create_ms, now)
  local keep_until = create_ms + SETTINGS.request_id_ms
  if keep_until > now then redis.call('PEXPIREAT', request, keep_until) else redis.call('DEL', request) end
end

-- Plans the end of an ended batch's keys, in case that retention does not run: see `end_task`.
local function end_batch(id, now)
  local batch = redis.call('HMGET', batch_key(id), 'owner', 'request_id', 'create_ms')
  local expire_ms = math.max(now + SETTINGS.retention_ms, batch[3] + SETTINGS.request_id_ms) + 86400000
  redis.call('HSET', batch_key(id), 'end_ms', now)
  for _, name in ipairs({ batch_key(id), batch_log_key(id), batch_request_key(batch[1], batch[2]) }) do
    redis.call('PEXPIREAT', name, expire_ms)
  end
end

local function write_numbers(id, numbers, now)
  redis.call('HSET', batch_key(id), 'sequence', numbers.sequence, 'open', numbers.open)
  if numbers.open == 0 then end_batch(id, now) end
end

-- A batch's number of its last event, and how many of its tasks have not ended. The caller writes them, once for all
-- events of the script where writes are gathered.
local function numbers_of(id, now)
  local known = gathered and gathered.batches[id]
  if known then return known end
  local found = redis.call('HMGET', batch_key(id), 'sequence', 'open')
  local numbers = { sequence = tonumber(found[1]) or 0, open = tonumber(found[2]) or 0 }
  if gathered then
    gathered.batches[id] = numbers
    gathered.last[#gathered.last + 1] = function() write_numbers(id, numbers, now) end
  end
  return numbers
end

-- Numbers a task's newest event within the batch. The log refers to the event in the task's own log: results are
-- not kept twice. Returns the number, and how many tasks of the batch have not ended.
local function append_to_batch(task, state, now)
  local numbers, log = numbers_of(task.batch, now), batch_log_key(task.batch)
  numbers.sequence = numbers.sequence + 1
  numbers.open = numbers.open + (task.sequence == 1 and 1 or TERMINAL[state] and -1 or 0)
  put('RPUSH', log, task.place .. ' ' .. task.sequence .. ' ' .. numbers.open)
  put_limit(log, SETTINGS.batch_log_events)
  if not gathered then write_numbers(task.batch, numbers, now) end
  return numbers.sequence, numbers.open
end

-- A deleted task leaves its last state behind; the last one takes the batch with it.
local function leave_batch(task, now)
  local name = batch_key(task.batch)
  local batch = redis.call('HMGET', name, 'owner', 'request_id', 'create_ms')
  if not batch[1] then return end
  redis.call('HSET', name, 'state ' .. task.place, task.state)
  if redis.call('HINCRBY', name, 'kept', -1) > 0 then return end
  forget_request(batch_request_key(batch[1], batch[2]), tonumber(batch[3]), now)
  redis.call('DEL', name, batch_log_key(task.batch))
end

-- A batch as scripts return it: owner, create time, end time or '', sequence, then a list of the id, the state and
-- the progress of each task. created: whether its tasks were created just now.
local function batch_record(id, created)
  local batch = redis.call('HMGET', batch_key(id), 'owner', 'create_ms', 'end_ms', 'sequence', 'members')
  local members, place = {}, 0
  for task in batch[5]:gmatch('%S+') do
    place = place + 1
    local now = created and { tostring(STATE.QUEUED) } or redis.call('HMGET', task_key(task), 'state', 'progress')
    members[#members + 1] = task
    members[#members + 1] = now[1] or redis.call('HGET', batch_key(id), 'state ' .. place)
    members[#members + 1] = now[2] or ''
  end
  return { batch[1], batch[2], batch[3] or '', batch[4], members }
end
