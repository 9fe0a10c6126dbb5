-- Creates the tasks of a batch, or finds what an earlier call with the same request id answered.
-- KEYS: 1 the batch's hash.
-- ARGV: 1 now or '', 2 batch, 3 owner, 4 request id, 5 fingerprint, then each item: the number of its arguments and
--   these, which are those of create.lua from its second on; or three for an item that was refused before: its error,
--   and request id and fingerprint to find what it created in an earlier call, '' where there can be no such.
-- Returns {'CREATED' or 'KNOWN', batch's id, batch, items}, {'NONE', items} when no task was created and so nothing is
-- kept, {'REUSED'} or {'DELETED', batch's id}. An item: {outcome, detail, queue position, listed record}. Outcome and
-- detail are 'CREATED' or 'KNOWN' and the task's id, 'REFUSED' and the error, or what else `create_task` returns; the
-- record is left out for a task that was created now.
local now, id, owner, request_id = clock(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]

-- Completes an item whose task exists with how it is now.
local function look_up(item)
  local pipeline = redis.call('HGET', task_key(item[2]), 'pipeline')
  if not pipeline then return { 'DELETED', item[2] } end
  return { item[1], item[2], queue_position(item[2], pipeline), listed_record(item[2]) }
end

local request = batch_request_key(owner, request_id)
local known = redis.call('HMGET', request, 'fingerprint', 'batch')
if known[1] then
  if known[1] ~= ARGV[5] then return { 'REUSED' } end
  local answer = redis.call('HGET', batch_key(known[2]), 'answer')
  if not answer then return { 'DELETED', known[2] } end
  local items = cmsgpack.unpack(answer)
  for index, item in ipairs(items) do
    if HAS_TASK[item[1]] then items[index] = look_up(item) end
  end
  note_repeat(request)
  return { 'KNOWN', known[2], batch_record(known[2]), items }
end

-- answer: what a repeat finds, outcome and detail of each item. created: the pipeline of each task created now.
local answer, members, created = {}, {}, {}
local first = 7
gather()
while first <= #ARGV do
  local last = first + tonumber(ARGV[first - 1]) - 1
  local outcome, detail = 'REFUSED', ARGV[first]
  if last - first > 2 then
    outcome, detail = create_task(now, read_new(first, last), { batch = id, place = #members + 1 })
  elseif ARGV[first + 1] ~= '' then
    local known, found = find_created(request_key(owner, ARGV[first + 1]), ARGV[first + 2])
    if known then outcome, detail = known, found end
  end
  if HAS_TASK[outcome] then
    if outcome == 'CREATED' then
      members[#members + 1] = detail.id
      created[detail.id] = detail.pipeline
    end
    detail = detail.id
  end
  answer[#answer + 1] = { outcome, detail }
  first = last + 2
end
write_gathered()

-- The same as the answer, with what is known of the tasks now.
local items, ready = {}, {}
for index, item in ipairs(answer) do
  local pipeline = item[1] == 'CREATED' and created[item[2]]
  local position = pipeline and queue_position(item[2], pipeline)
  if position and position > 0 then ready[pipeline] = (ready[pipeline] or 0) + 1 end
  items[index] = position and { item[1], item[2], position } or HAS_TASK[item[1]] and look_up(item) or item
end
if #members == 0 then return { 'NONE', items } end

redis.call('HSET', KEYS[1], 'owner', owner, 'request_id', request_id, 'create_ms', now, 'kept', #members,
  'members', table.concat(members, ' '), 'answer', cmsgpack.pack(answer))
redis.call('HSET', request, 'fingerprint', ARGV[5], 'batch', id)
for pipeline, tasks in pairs(ready) do feed('wake', 'pipeline', pipeline, 'tasks', tasks) end
return { 'CREATED', id, batch_record(id, true), items }
