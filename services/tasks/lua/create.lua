-- Creates a task, or finds the one that an earlier call with the same request id created.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 labels as JSON, 4 images joined by spaces, then fields and values of the hash.
-- Returns {'CREATED' or 'KNOWN', fields, queue position}, {'REUSED'}, {'DELETED', task} or {'NO_IMAGE', sha256}.
local now, id = clock(ARGV[1]), ARGV[2]
local labels, images, fields = cjson.decode(ARGV[3]), ARGV[4], {}
for index = 5, #ARGV, 2 do fields[ARGV[index]] = ARGV[index + 1] end

local request = request_key(fields.owner, fields.request_id)
local known = redis.call('HMGET', request, 'fingerprint', 'task')
if known[1] then
  if known[1] ~= fields.fingerprint then return { 'REUSED' } end
  local task = load_task(known[2])
  if not task then return { 'DELETED', known[2] } end
  return { 'KNOWN', unpack(record(task.id, task.pipeline)) }
end

for sha256 in images:gmatch('%S+') do
  if redis.call('HEXISTS', image_key(sha256), 'owner:' .. fields.owner) == 0 then return { 'NO_IMAGE', sha256 } end
end
for sha256 in images:gmatch('%S+') do redis.call('HINCRBY', image_key(sha256), 'references', 1) end

redis.call('HSET', KEYS[1], 'labels', ARGV[3], 'images', images, 'create_ms', now, unpack(ARGV, 5))
redis.call('HSET', request, 'fingerprint', fields.fingerprint, 'task', id)
redis.call('ZADD', owner_index(fields.owner), now, id)
redis.call('ZADD', pipeline_index(fields.owner, fields.pipeline), now, id)
for name, value in pairs(labels) do redis.call('ZADD', label_index(fields.owner, name, value), now, id) end

move({
  id = id, state = STATE.NONE, attempt = 0, counted = 0, crashes = 0, sequence = 0, base = 0, create_ms = now,
  owner = fields.owner, pipeline = fields.pipeline, max_attempts = tonumber(fields.max_attempts),
  queue_timeout_ms = tonumber(fields.queue_timeout_ms),
}, 'CREATED', now, {})
return { 'CREATED', unpack(record(id, fields.pipeline)) }
