-- How a task comes to be, alone or with the others of a batch.

-- A new task from the arguments of a script: task, labels as JSON, images joined by spaces, then fields and values.
local function read_new(first, last)
  local new = { id = ARGV[first], labels = ARGV[first + 1], images = ARGV[first + 2], first = first + 3, last = last }
  for index = new.first, last, 2 do new[ARGV[index]] = ARGV[index + 1] end
  return new
end

-- The outcomes of a create that come with a task.
local HAS_TASK = { CREATED = true, KNOWN = true, DEDUPLICATED = true }

-- A repeat is acknowledged by replicas as its first call was, maybe on another connection: WAITAOF only waits for what
-- its own connection has written.
local function note_repeat(hash)
  if SETTINGS.replicas > 0 then redis.call('HINCRBY', hash, 'repeats', 1) end
end

-- What an earlier create returned. Outcome and detail as those of `create_task`; nil when there was no such call.
local function find_created(request, fingerprint)
  local known = redis.call('HMGET', request, 'fingerprint', 'task', 'deduplicated')
  if not known[1] then return nil end
  if known[1] ~= fingerprint then return 'REUSED', '' end
  local task = load_task(known[2])
  if not task then return 'DELETED', known[2] end
  note_repeat(request)
  return known[3] and 'DEDUPLICATED' or 'KNOWN', task
end

-- Creates a task, or finds the one that an earlier call with the same request id created, or that is active under the
-- same dedupe key.
-- member: batch and place of one that is created in a batch, unheard; nil of a single one.
-- Returns 'CREATED', 'KNOWN' or 'DEDUPLICATED' and the task; 'REUSED'; 'DELETED' and its id; 'NO_IMAGE' and its SHA-256.
local function create_task(now, new, member)
  local request = request_key(new.owner, new.request_id)
  local outcome, found = find_created(request, new.fingerprint)
  if outcome then return outcome, found end

  if new.dedupe_hash ~= '' then
    local active = load_task(redis.call('GET', dedupe_key(new.dedupe_hash)) or '')
    if active and not TERMINAL[active.state] then
      -- A repeat gets the same answer for a day and a retention; while the task is active it finds it by the key.
      redis.call('HSET', request, 'fingerprint', new.fingerprint, 'task', active.id, 'deduplicated', 1)
      redis.call('PEXPIREAT', request, now + SETTINGS.request_id_ms + SETTINGS.retention_ms)
      return 'DEDUPLICATED', active
    end
  end

  for sha256 in new.images:gmatch('%S+') do
    if redis.call('HEXISTS', image_key(sha256), 'owner:' .. new.owner) == 0 then return 'NO_IMAGE', sha256 end
  end
  for sha256 in new.images:gmatch('%S+') do redis.call('HINCRBY', image_key(sha256), 'references', 1) end

  local written = { 'labels', new.labels, 'images', new.images, 'create_ms', now, unpack(ARGV, new.first, new.last) }
  if member then add(written, 'batch', member.batch, 'place', member.place) end
  redis.call('HSET', request, 'fingerprint', new.fingerprint, 'task', new.id)
  if new.dedupe_hash ~= '' then redis.call('SET', dedupe_key(new.dedupe_hash), new.id) end
  put('ZADD', owner_index(new.owner), now, new.id)
  put('ZADD', pipeline_index(new.owner, new.pipeline), now, new.id)
  if new.labels ~= '{}' then
    for name, value in pairs(cjson.decode(new.labels)) do
      put('ZADD', label_index(new.owner, name, value), now, new.id)
    end
  end

  local task = blank_task(new.id)
  task.create_ms, task.owner, task.pipeline, task.dedupe_hash = now, new.owner, new.pipeline, new.dedupe_hash
  task.max_attempts, task.priority = tonumber(new.max_attempts), tonumber(new.priority)
  task.queue_timeout_ms, task.not_before_ms = tonumber(new.queue_timeout_ms), tonumber(new.not_before_ms)
  if member then task.batch, task.place, task.unheard = member.batch, member.place, true end
  move(task, 'CREATED', now, { written = written })
  return 'CREATED', task
end
