-- Ends an attempt. The artifacts' events and the one of the new state are written together.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 attempt, 4 token, 5 cause, 6 reason or '', 7 result, of a stage for REVIEW_REQUESTED,
--   8 error, 9 the artifacts' file names joined by spaces, 10 the error's own reason or '', then artifacts.
-- Returns 1 when the outcome counts, now or because it did before; 0 when the lease is lost.
local now, task, cause = clock(ARGV[1]), load_task(ARGV[2]), ARGV[5]
if not task then return 0 end
local outcome = ARGV[4] .. ' ' .. cause
if not holds(task, ARGV[3], ARGV[4]) then
  return (task.accepted == outcome or has_finished_stage(task, outcome)) and 1 or 0
end
if not TRANSITIONS[task.state][cause] then return 0 end
even_when_full()
local reason = ARGV[6] ~= '' and ARGV[6] or nil
local failure, stage_finished = ARGV[10], cause == 'REVIEW_REQUESTED' and task.state == STATE.RUNNING
local written = { 'accepted', outcome }
if stage_finished or cause == 'COMPLETED' and task.stage > 1 then
  if not add_artifacts(task, now, ARGV[9], { unpack(ARGV, 11) }) then
    cause, reason, failure = 'ATTEMPT_FAILED', 'INVALID_OUTCOME', 'INVALID_OUTCOME'
  end
elseif cause == 'COMPLETED' then
  for index = 11, #ARGV do append_event(task, now, { artifact = ARGV[index] }) end
  if #ARGV > 10 then add(written, 'artifacts', pack(unpack(ARGV, 11))) end
end
move(task, cause, now, { reason = reason, result = ARGV[7], error = ARGV[8], failure = failure, written = written })
if task.state == STATE.AWAITING_REVIEW then open_review(task, now, ARGV[7], outcome) end
return 1
