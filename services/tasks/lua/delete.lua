-- Deletes tasks past their retention with all that belongs to them, then images that nothing keeps any more.
-- KEYS: 1 the retention set.
-- ARGV: 1 now or ''.
-- Returns {tasks deleted, images let go}.
local now, deleted, let_go = clock(ARGV[1]), 0, 0

local function due(name)
  return redis.call('ZRANGE', name, '-inf', now, 'BYSCORE', 'LIMIT', 0, SETTINGS.tick_items)
end

local function release_images(images)
  for sha256 in images:gmatch('%S+') do
    local references = redis.call('HINCRBY', image_key(sha256), 'references', -1)
    if references <= 0 and not redis.call('ZSCORE', IMAGE_PINS, sha256) then
      redis.call('ZADD', IMAGE_PINS, now, sha256)
    end
  end
end

local function delete_task(id)
  local task = load_task(id)
  if task and awaits_webhook(id, now) then return end
  if task then
    forget_webhook(id)
    local more = redis.call('HMGET', task_key(id), 'labels', 'images', 'request_id', 'review_images')
    redis.call('ZREM', owner_index(task.owner), id)
    redis.call('ZREM', pipeline_index(task.owner, task.pipeline), id)
    for name, value in pairs(cjson.decode(more[1])) do redis.call('ZREM', label_index(task.owner, name, value), id) end
    leave_state(task)
    release_images(more[2])
    release_images(more[4] or '')
    forget_request(request_key(task.owner, more[3]), task.create_ms, now)
    free_dedupe_key(task)
    if task.batch ~= '' then leave_batch(task, now) end
    redis.call('DEL', task_key(id), log_key(id))
  end
  redis.call('ZREM', RETENTION, id)
  deleted = deleted + 1
end
for _, id in ipairs(due(RETENTION)) do delete_task(id) end

for _, sha256 in ipairs(due(IMAGE_PINS)) do
  redis.call('ZREM', IMAGE_PINS, sha256)
  -- One that tasks need is pinned again when the last of them is deleted.
  if tonumber(redis.call('HGET', image_key(sha256), 'references') or 0) <= 0 then
    redis.call('DEL', image_key(sha256))
    redis.call('ZADD', IMAGE_DELETIONS, now, sha256)
    let_go = let_go + 1
  end
end
return { deleted, let_go }
