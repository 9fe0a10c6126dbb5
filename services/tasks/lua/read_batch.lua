-- Reads a batch and its events after a cursor, at one instant. Writes nothing.
-- KEYS: 1 the batch's hash.
-- ARGV: 1 batch, 2 owner, 3 cursor, '' for no events.
-- Returns {'FOUND', batch, events}, {'NOT_FOUND'}, {'COMPACTED', oldest cursor} or {'AHEAD', newest sequence}. An event:
-- {sequence number in the batch, task, tasks that have not ended, event}. They may end before the batch does: a
-- message has to hold them.
local id, after = ARGV[1], tonumber(ARGV[3])
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[2] then return { 'NOT_FOUND' } end
local batch, events = batch_record(id), {}
if not after then return { 'FOUND', batch, events } end

local log, sequence, members = batch_log_key(id), tonumber(batch[4]), batch[5]
local oldest = sequence - redis.call('LLEN', log)
if after < oldest then return { 'COMPACTED', oldest } end
if after > sequence then return { 'AHEAD', sequence } end

-- The task and the event that an entry of the log refers to; no event when the task's log keeps it no more.
local bases = {}
local function resolve(entry)
  local place, number, open = entry:match('(%d+) (%d+) (%d+)')
  local task = members[3 * place - 2]
  bases[task] = bases[task] or tonumber(redis.call('HGET', task_key(task), 'base') or 0)
  local index = number - bases[task] - 1
  return task, tonumber(open), index >= 0 and redis.call('LINDEX', log_key(task), index)
end

local bytes = 0
for offset, entry in ipairs(redis.call('LRANGE', log, after - oldest, after - oldest + SETTINGS.batch_page_events - 1)) do
  local task, open, event = resolve(entry)
  if not event then
    for number, later in ipairs(redis.call('LRANGE', log, 0, -1)) do
      local _, _, kept = resolve(later)
      if not kept then oldest = sequence - redis.call('LLEN', log) + number end
    end
    return { 'COMPACTED', oldest }
  end
  bytes = bytes + #event
  if offset > 1 and bytes > SETTINGS.batch_page_bytes then break end
  events[#events + 1] = { after + offset, task, open, event }
end
return { 'FOUND', batch, events }
