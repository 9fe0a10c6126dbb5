-- Leases the task that is first in turn among the worker's pipelines.
-- KEYS: 1 the worker's hash.
-- ARGV: 1 now or '', 2 worker, 3 session, 4 operation id, 5 nonce of a new lease, then pipelines.
-- Returns {'GRANTED', fields, size and media type of each image in turn}, {'NONE'} or {'SUPERSEDED'}.
local now, worker = clock(ARGV[1]), ARGV[2]
local session = redis.call('HMGET', KEYS[1], 'session', 'paused')
if session[1] ~= ARGV[3] then return { 'SUPERSEDED' } end

local function grant(task)
  local images = {}
  for sha256 in redis.call('HGET', task_key(task.id), 'images'):gmatch('%S+') do
    local image = redis.call('HMGET', image_key(sha256), 'size_bytes', 'media_type')
    images[#images + 1] = image[1] or '0'
    images[#images + 1] = image[2] or ''
  end
  return { 'GRANTED', redis.call('HGETALL', task_key(task.id)), images }
end

local operation = operation_key(worker, ARGV[4])
local given = redis.call('HMGET', operation, 'task', 'attempt', 'token')
if given[1] then
  local task = load_task(given[1])
  if task and holds(task, given[2], given[3]) then return grant(task) end
  return { 'NONE' }
end

if session[2] then return { 'NONE' } end
local task, first_score
local paused = #ARGV > 5 and redis.call('HMGET', PAUSED, unpack(ARGV, 6)) or {}
for index = 6, #ARGV do
  local head = paused[index - 5] and {} or redis.call('ZRANGE', ready_key(ARGV[index]), 0, 0, 'WITHSCORES')
  local score = tonumber(head[2])
  if score and (not task or score < first_score) then
    local candidate = load_task(head[1])
    -- One that an operator deleted by hand must not hold up all others.
    if not candidate then
      redis.call('ZREM', ready_key(ARGV[index]), head[1])
    else
      task, first_score = candidate, score
    end
  end
end
if not task then return { 'NONE' } end
move(task, 'ASSIGNED', now, { worker = worker, nonce = ARGV[5] })
redis.call('HSET', operation, 'task', task.id, 'attempt', task.attempt, 'token', task.token)
redis.call('PEXPIRE', operation, 600000)
return grant(task)
