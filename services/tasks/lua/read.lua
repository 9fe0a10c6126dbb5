-- Reads a task and its events after a cursor, at one instant. Writes nothing.
-- KEYS: 1 the task's hash.
-- ARGV: 1 task, 2 principal, 3 cursor, '' for no events, 4 1 for a reviewer of every owner's tasks, else 0.
-- Returns {'FOUND', fields, queue position, events}, {'NOT_FOUND'}, {'COMPACTED', oldest cursor} or
-- {'AHEAD', newest sequence}.
local task = load_task(ARGV[1])
if not task or not may_see(task, ARGV[2], ARGV[4]) then return { 'NOT_FOUND' } end
local events, after = {}, tonumber(ARGV[3])
if after then
  if after < task.base then return { 'COMPACTED', task.base } end
  if after > task.sequence then return { 'AHEAD', task.sequence } end
  events = redis.call('LRANGE', log_key(task.id), after - task.base, -1)
end
local found = record(task.id, task.pipeline)
return { 'FOUND', found[1], found[2], events }
