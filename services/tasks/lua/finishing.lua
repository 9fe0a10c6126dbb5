-- How an attempt ends.

-- Ends an attempt. The artifacts' events and the one of the new state are written together.
-- said: attempt, token, cause, reason or '', result, of a stage for REVIEW_REQUESTED, for ANSWER_REFUSED why as JSON,
--   error, the artifacts' file names joined by spaces, the error's own reason or '', then artifacts.
-- Returns 1 when the outcome counts, now or because it did before; 0 when the lease is lost.
local function finish(id, now, said)
  local task, cause = load_task(id), said[3]
  if not task then return 0 end
  local outcome = said[2] .. ' ' .. cause
  if not holds(task, said[1], said[2]) then
    return (task.accepted == outcome or has_finished_stage(task, outcome)) and 1 or 0
  end
  if cause == 'ANSWER_REFUSED' and not can_ask_again(task) then cause = 'ATTEMPT_FAILED' end
  if not TRANSITIONS[task.state][cause] then return 0 end
  local reason = said[4] ~= '' and said[4] or nil
  local failure, stage_finished = said[8], cause == 'REVIEW_REQUESTED' and task.state == STATE.RUNNING
  local written = { 'accepted', outcome }
  if stage_finished or cause == 'COMPLETED' and task.stage > 1 then
    if not add_artifacts(task, now, said[7], { unpack(said, 9) }) then
      cause, reason, failure = 'ATTEMPT_FAILED', 'INVALID_OUTCOME', 'INVALID_OUTCOME'
    end
  elseif cause == 'COMPLETED' then
    for index = 9, #said do append_event(task, now, { artifact = said[index] }) end
    if #said > 8 then add(written, 'artifacts', pack(unpack(said, 9))) end
  end
  move(task, cause, now, { reason = reason, result = said[5], error = said[6], failure = failure, written = written })
  if task.state == STATE.AWAITING_REVIEW then
    local show = cause == 'ANSWER_REFUSED' and ask_again or open_review
    show(task, now, said[5], outcome)
  end
  return 1
end
