-- How a task goes from state to state: the step of the lifecycle, and everything that has to change with it.

-- Longest wait before the next attempt after so many; the same as `lifecycle.backoff_ms`.
local function backoff(retry, times)
  if retry.first_at_once and times <= 1 then return 0 end
  local doublings = math.max(times - (retry.first_at_once and 2 or 1), 0)
  return math.min(retry.backoff_ms * 2 ^ doublings, retry.backoff_limit_ms)
end

-- A wait of between half of the longest and all of it, always the same for an attempt; see `lifecycle.jittered_ms`.
local function jittered(delay_ms, task)
  if delay_ms == 0 then return 0 end
  local draw = tonumber(redis.sha1hex(task.id .. '.' .. task.attempt):sub(1, 4), 16)
  return delay_ms - math.floor(delay_ms * draw / 131072)
end

-- What a cause does to a task, or nil when it must change nothing; the same as `lifecycle.step`.
local function step(task, cause)
  local target = TRANSITIONS[task.state][cause]
  if not target then return nil end
  local retry, counted, crashes, handbacks = RETRIES[cause], task.counted, task.crashes, task.handbacks
  if cause == 'ASSIGNED' then counted = counted + 1 end
  if cause == 'WORKER_CRASHED' then crashes = crashes + 1 end
  if cause == 'RELEASED' then handbacks = handbacks + 1 end
  if LEASED[task.state] and retry and not retry.counts then counted = counted - 1 end
  -- The next stage has all attempts before it.
  if cause == 'REVIEW_ACCEPTED' then counted, crashes, handbacks = 0, 0, 0 end
  local after = { state = target, reason = cause, counted = counted, crashes = crashes, handbacks = handbacks,
    delay_ms = 0 }
  if not retry or target ~= STATE.QUEUED then return after end
  if retry.limit > 0 and (cause == 'RELEASED' and handbacks or crashes) >= retry.limit then
    after.state, after.reason = STATE.FAILED, retry.limit_reason
  elseif retry.counts and counted >= task.max_attempts then
    after.state = STATE.FAILED
  else
    after.delay_ms = backoff(retry, retry.counts and counted or handbacks)
  end
  return after
end

local NUMBERS = { 'state', 'attempt', 'counted', 'crashes', 'max_attempts', 'sequence', 'base', 'create_ms', 'start_ms',
  'attempt_timeout_ms', 'queue_timeout_ms', 'heartbeat_timeout_ms', 'progress_timeout_ms', 'place', 'priority',
  'not_before_ms', 'ready_ms', 'wait_start_ms', 'attempt_start_ms', 'stage', 'handbacks' }
local TEXTS = { 'owner', 'pipeline', 'worker', 'token', 'accepted', 'batch', 'dedupe_hash', 'request_id',
  'callback_destination' }
local FIELDS = { unpack(NUMBERS) }
for _, name in ipairs(TEXTS) do FIELDS[#FIELDS + 1] = name end
-- Of these, what moves write back where they have changed it.
local MOVED = { 'state', 'attempt', 'counted', 'crashes', 'handbacks', 'sequence', 'base', 'ready_ms', 'wait_start_ms' }

-- A task of which nothing is known. All fields at once: a table that grows by thirty of them is made six times.
local function blank_task(id)
  return { id = id, state = STATE.NONE, attempt = 0, counted = 0, crashes = 0, max_attempts = 0, sequence = 0, base = 0,
    create_ms = 0, start_ms = 0, attempt_timeout_ms = 0, queue_timeout_ms = 0, heartbeat_timeout_ms = 0,
    progress_timeout_ms = 0, place = 0, priority = 0, not_before_ms = 0, ready_ms = 0, wait_start_ms = 0,
    attempt_start_ms = 0, stage = 0, handbacks = 0, owner = '', pipeline = '', worker = '', token = '', accepted = '',
    batch = '', dedupe_hash = '', request_id = '', callback_destination = '', stored = {} }
end

-- A task's fields that moves need, or nil when there is no such task. stored: those that moves write back, as they are.
local function load_task(id)
  local values = redis.call('HMGET', task_key(id), unpack(FIELDS))
  if not values[1] then return nil end
  local task, numbers = blank_task(id), #NUMBERS
  for index = 1, #FIELDS do
    local value = values[index]
    if value then task[FIELDS[index]] = index <= numbers and tonumber(value) or value end
  end
  for index = 1, #MOVED do task.stored[index] = task[MOVED[index]] end
  return task
end

-- Whether a worker's lease on a task is in force.
local function holds(task, attempt, token)
  return LEASED[task.state] and task.attempt == tonumber(attempt) and task.token == token
end

-- Takes a task out of what belongs to its state: queue, lease, timers, index and count.
local function leave_state(task)
  if task.state == STATE.NONE then return end
  if task.state == STATE.QUEUED then
    -- Who gathers found it among the ready ones.
    if put('ZREM', ready_key(task.pipeline), task.id) == 0 then redis.call('ZREM', DELAYED, task.id) end
    put('ZREM', QUEUE_TIMEOUTS, task.id)
  elseif task.state == STATE.AWAITING_REVIEW then
    redis.call('ZREM', REVIEW_TIMEOUTS, task.id)
    redis.call('ZREM', UNDECIDED, task.id)
  end
  put('ZREM', state_index(task.owner, task.state), task.id)
  count(task.pipeline, task.state, -1)
end

local function enter_state(task)
  put('ZADD', state_index(task.owner, task.state), task.create_ms, task.id)
  count(task.pipeline, task.state, 1)
end

-- Puts a task where an acquire finds it, and wakes those who wait for work. The score is that of `ready_score` in
-- priority.py: the time at which the task first became ready less its head start. A later attempt thus has the place
-- of the first: who came after it does not get ahead because a worker was lost. The tasks of a batch become ready in
-- one moment and keep their order: each waits a microsecond for those before it.
local function make_ready(task)
  local head_start_ms = SETTINGS.head_starts_ms[task.priority] or 0
  put('ZADD', ready_key(task.pipeline), task.ready_ms - head_start_ms + task.place / 1000, task.id)
  if not task.unheard then feed('wake', 'pipeline', task.pipeline) end
end

-- Decides when a task is ready for a worker: now or when a backoff ends, never before the time that the caller asked
-- for.
local function plan_wait(task, now, delay_ms)
  task.wait_start_ms = math.max(now + delay_ms, task.not_before_ms)
  if task.ready_ms == 0 then task.ready_ms = task.wait_start_ms end
end

local function enter_queue(task, now)
  put('ZADD', QUEUE_TIMEOUTS, task.wait_start_ms + task.queue_timeout_ms, task.id)
  if task.wait_start_ms > now then
    put('ZADD', DELAYED, task.wait_start_ms, task.id)
  else
    make_ready(task)
  end
end

-- Whether a QUEUED task stands where an acquire or a tick finds it.
local function is_queued(task)
  return redis.call('ZSCORE', ready_key(task.pipeline), task.id) or redis.call('ZSCORE', DELAYED, task.id)
end

-- Adds fields and values to what is to be written to a task's hash.
local function add(written, ...)
  for index = 1, select('#', ...) do written[#written + 1] = (select(index, ...)) end
end

-- Gives the lease of a new attempt to a worker. Attempt numbers only grow, so an older lease never fits again.
local function begin_lease(task, now, worker, nonce, written)
  task.attempt = task.attempt + 1
  task.worker, task.token = worker, task.attempt .. '.' .. nonce
  start_timers(task, now)
  put('SADD', held_key(worker), task.id)
  add(written, 'worker', worker, 'token', task.token, 'attempt_start_ms', now)
  if task.start_ms == 0 then add(written, 'start_ms', now) end
end

-- Takes the lease of an attempt back and notes how long the attempt waited and ran.
local function end_lease(task, now, cause)
  local runtimes = runtimes_key(task.pipeline)
  local queue_ms, run_ms = task.attempt_start_ms - task.wait_start_ms, now - task.attempt_start_ms
  -- The clock may have been set back.
  put('LPUSH', runtimes, math.max(queue_ms, 0) .. ' ' .. math.max(run_ms, 0) .. ' ' .. cause)
  put_limit(runtimes, SETTINGS.runtimes, true)
  stop_timers(task)
  put('SREM', held_key(task.worker), task.id)
  redis.call('HDEL', task_key(task.id), 'worker', 'token', 'progress', 'progress_mark', 'progress_ms')
end

-- Lets go of a task's dedupe key, so that the next create with it makes a new task.
local function free_dedupe_key(task)
  if task.dedupe_hash == '' then return end
  local name = dedupe_key(task.dedupe_hash)
  if redis.call('GET', name) == task.id then redis.call('DEL', name) end
end

-- Plans the webhook of an ended task and its deletion. The time to live is a backstop, should retention not run for
-- a day.
local function end_task(task, now)
  free_dedupe_key(task)
  local expire_ms = now + SETTINGS.retention_ms
  put('ZADD', RETENTION, expire_ms, task.id)
  if task.callback_destination ~= '' then post_webhook(task.id, task.callback_destination, now) end
  local request = request_key(task.owner, task.request_id)
  for _, name in ipairs({ task_key(task.id), log_key(task.id), request }) do
    redis.call('PEXPIREAT', name, math.max(expire_ms, task.create_ms + SETTINGS.request_id_ms) + 86400000)
  end
end

-- Moves a task on for a cause: state, queue, lease, timers, indexes, log and feed, all or nothing.
-- more: worker and nonce for ASSIGNED; reason, result, error and the error's own reason, `failure`, of an outcome; the
-- cause that the statistics know it by, `counts_as`, where that is another; what else is to be written to the task's
-- hash, `written`: one command is a third of the work of two.
-- Returns the step, or nil when the cause must change nothing.
local function move(task, cause, now, more)
  local after = step(task, cause)
  if not after then return nil end
  leave_state(task)
  if LEASED[task.state] and not LEASED[after.state] then end_lease(task, now, cause) end
  count_step(task, more.counts_as or cause, after, more.failure)
  task.state, task.counted, task.crashes, task.handbacks = after.state, after.counted, after.crashes, after.handbacks
  local written = more.written or {}
  enter_state(task)
  if after.state == STATE.RUNNING then begin_lease(task, now, more.worker, more.nonce, written) end
  -- A reason of the lifecycle's own comes with the lifecycle's own error, not with the last attempt's.
  local own = after.reason ~= cause
  local change = { state = after.state, reason = not own and more.reason or after.reason, result = '', error = '' }
  if after.state == STATE.SUCCEEDED then change.result = more.result or '' end
  if after.state == STATE.FAILED and not own then change.error = more.error or '' end
  append_event(task, now, change)
  if after.state == STATE.QUEUED then plan_wait(task, now, jittered(after.delay_ms, task)) end
  if TERMINAL[after.state] then
    add(written, 'end_ms', now, 'expire_ms', now + SETTINGS.retention_ms, 'reason', change.reason,
      'result', change.result, 'error', change.error)
  end
  for index = 1, #MOVED do
    local name = MOVED[index]
    if task[name] ~= task.stored[index] then
      add(written, name, task[name])
      task.stored[index] = task[name]
    end
  end
  redis.call('HSET', task_key(task.id), unpack(written))
  if after.state == STATE.QUEUED then enter_queue(task, now) end
  if TERMINAL[after.state] then end_task(task, now) end
  return after
end

local function queue_position(id, pipeline)
  local rank = redis.call('ZRANK', ready_key(pipeline), id)
  return rank and rank + 1 or 0
end

-- A task as scripts return it: all fields and values in turn, and its place in the queue.
local function record(id, pipeline)
  return { redis.call('HGETALL', task_key(id)), queue_position(id, pipeline) }
end

local PIPELINE_FIELD = 1
local LIST_FIELDS = { 'pipeline', 'task_id', 'owner', 'request_id', 'fingerprint', 'images', 'parameters_json', 'labels',
  'weights', 'weights_digest', 'queue_timeout_ms', 'attempt_timeout_ms', 'heartbeat_timeout_ms', 'progress_timeout_ms',
  'review_timeout_ms', 'max_attempts', 'traceparent', 'state', 'attempt', 'sequence', 'create_ms', 'start_ms', 'end_ms',
  'expire_ms', 'batch', 'priority', 'not_before_ms', 'attempt_start_ms', 'progress', 'stage' }

-- A task as one of many: fields and values in turn without outcome and artifacts, with the field queue_position while
-- it is queued; nil when it is gone.
local function listed_record(id)
  local values = redis.call('HMGET', task_key(id), unpack(LIST_FIELDS))
  if not values[1] then return nil end
  local found = {}
  for index, name in ipairs(LIST_FIELDS) do
    if values[index] then
      found[#found + 1] = name
      found[#found + 1] = values[index]
      if name == 'state' and tonumber(values[index]) == STATE.QUEUED then
        found[#found + 1] = 'queue_position'
        found[#found + 1] = tostring(queue_position(id, values[PIPELINE_FIELD]))
      end
    end
  end
  return found
end
