-- Looks which attempts' files tasks need. Writes nothing.
-- KEYS: 1 the first task's hash.
-- ARGV: tasks.
-- Returns for each in turn: '' for none, else its state; of one that ended also its attempt and its artifacts.
local found = {}
for index, id in ipairs(ARGV) do
  local task = redis.call('HMGET', task_key(id), 'state', 'attempt', 'artifacts')
  found[index] = { task[1] or '' }
  if TERMINAL[tonumber(task[1])] then found[index] = { task[1], task[2], task[3] or '' } end
end
return found
