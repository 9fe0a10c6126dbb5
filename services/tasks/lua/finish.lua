-- Ends an attempt. The artifacts' events and the terminal one are written together.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 attempt, 4 token, 5 cause, 6 reason or '', 7 result, 8 error, then artifacts.
-- Returns 1 when the outcome counts, now or because it did before; 0 when the lease is lost.
local now, task = clock(ARGV[1]), load_task(ARGV[2])
if not task then return 0 end
local outcome = ARGV[4] .. ' ' .. ARGV[5]
if not holds(task, ARGV[3], ARGV[4]) then return task.accepted == outcome and 1 or 0 end
if not TRANSITIONS[task.state][ARGV[5]] then return 0 end
even_when_full()
if ARGV[5] == 'COMPLETED' then
  for index = 9, #ARGV do append_event(task, now, { artifact = ARGV[index] }) end
  redis.call('HSET', KEYS[1], 'artifacts', pack(unpack(ARGV, 9)))
end
local reason = ARGV[6] ~= '' and ARGV[6] or nil
move(task, ARGV[5], now, { reason = reason, result = ARGV[7], error = ARGV[8] })
redis.call('HSET', KEYS[1], 'accepted', outcome)
return 1
