-- Leases the tasks that are first in turn among the worker's pipelines.
-- KEYS: 1 the worker's hash.
-- ARGV: 1 now or '', 2 worker, 3 session, 4 operation id, 5 most tasks, 6 nonce of new leases, then pipelines.
-- Returns {'GRANTED', of each task in turn what its worker needs, then size and media type of each image in turn},
--   {'NONE'} or {'SUPERSEDED'}. A worker needs: task, attempt, token, pipeline, stage, attempt timeout and progress
--   timeout in milliseconds, then the fields of ASSIGNED and, from the second stage on, those of STAGED.
local now, worker = clock(ARGV[1]), ARGV[2]
local session = redis.call('HMGET', KEYS[1], 'session', 'paused')
if session[1] ~= ARGV[3] then return { 'SUPERSEDED' } end
local granted = { 'GRANTED' }
local ASSIGNED = { 'images', 'parameters_json', 'weights', 'weights_digest', 'traceparent' }
local STAGED = { 'stage_result', 'artifacts', 'reviews' }

local function grant(task)
  local needed, images = { task.id, task.attempt, task.token, task.pipeline, task.stage, task.attempt_timeout_ms,
    task.progress_timeout_ms }, {}
  add(needed, unpack(redis.call('HMGET', task_key(task.id), unpack(ASSIGNED))))
  for sha256 in needed[8]:gmatch('%S+') do
    add(images, unpack(redis.call('HMGET', image_key(sha256), 'size_bytes', 'media_type')))
  end
  if task.stage > 1 then add(needed, unpack(redis.call('HMGET', task_key(task.id), unpack(STAGED)))) end
  granted[#granted + 1] = needed
  granted[#granted + 1] = images
end

local function answer()
  return #granted > 1 and granted or { 'NONE' }
end

local operation = operation_key(worker, ARGV[4])
local given = redis.call('LRANGE', operation, 0, -1)
if #given > 0 then
  for _, one in ipairs(given) do
    local id, attempt, token = one:match('^(%S+) (%S+) (%S+)$')
    local task = load_task(id)
    if task and holds(task, attempt, token) then grant(task) end
  end
  return answer()
end

if session[2] then return { 'NONE' } end
local paused = #ARGV > 6 and redis.call('HMGET', PAUSED, unpack(ARGV, 7)) or {}

local most = tonumber(ARGV[5])
-- By pipeline: those next in its queue, with their scores in turn, how many of them were looked at, and how many were
-- taken, which stand in the queue until the end of the script.
local queues = {}

-- The task that is next in a pipeline's queue, with its score; nil when there is none.
local function head_of(pipeline)
  local queue = queues[pipeline] or { next = {}, seen = 0, taken = 0 }
  queues[pipeline] = queue
  while true do
    if 2 * queue.seen >= #queue.next then
      queue.next = redis.call('ZRANGE', ready_key(pipeline), queue.taken, queue.taken + most - 1, 'WITHSCORES')
      queue.seen = 0
      if #queue.next == 0 then return nil end
    end
    local id, score = queue.next[2 * queue.seen + 1], queue.next[2 * queue.seen + 2]
    queue.seen = queue.seen + 1
    local task = load_task(id)
    if task then return { task = task, score = tonumber(score) } end
    -- One that an operator deleted by hand must not hold up all others.
    redis.call('ZREM', ready_key(pipeline), id)
  end
end

local heads = {}
for index = 7, #ARGV do
  if not paused[index - 6] then heads[ARGV[index]] = head_of(ARGV[index]) end
end

-- The pipeline whose first task is next; of two that are equal, the one that the worker named first.
local function next_pipeline()
  local found
  for index = 7, #ARGV do
    local head = heads[ARGV[index]]
    if head and (not found or head.score < heads[found].score) then found = ARGV[index] end
  end
  return found
end

local taken_from, leases = nil, {}
for number = 1, most do
  if taken_from then heads[taken_from] = head_of(taken_from) end
  taken_from = next_pipeline()
  if not taken_from then break end
  if number == 1 then
    even_when_full()
    gather()
  end
  local task = heads[taken_from].task
  queues[taken_from].taken = queues[taken_from].taken + 1
  move(task, 'ASSIGNED', now, { worker = worker, nonce = ARGV[6] })
  leases[#leases + 1] = task.id .. ' ' .. task.attempt .. ' ' .. task.token
  grant(task)
end
if #leases > 0 then
  redis.call('RPUSH', operation, unpack(leases))
  redis.call('PEXPIRE', operation, 600000)
end
return answer()
