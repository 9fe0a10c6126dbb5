-- Asks for the end of a task; changes nothing when it has ended or was asked before.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 owner.
-- Returns {'FOUND', fields, queue position} or {'NOT_FOUND'}.
local task = load_task(ARGV[2])
if not task or task.owner ~= ARGV[3] then return { 'NOT_FOUND' } end
local after = move(task, 'CANCEL_REQUESTED', clock(ARGV[1]), {})
if after and after.state == STATE.CANCELLING then
  feed('cancel', 'worker', task.worker, 'task', task.id, 'attempt', task.attempt, 'token', task.token)
elseif not after and (task.state == STATE.CANCELLING or task.state == STATE.CANCELLED) then
  even_when_full()
  note_repeat(KEYS[1])
end
return { 'FOUND', unpack(record(task.id, task.pipeline)) }
