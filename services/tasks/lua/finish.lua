-- Ends attempts, of several tasks or of one.
-- KEYS: 1 the first task's hash.
-- ARGV: 1 now or '', then of each attempt: the number of the words that `finish` takes of it, its task, and these.
-- Returns for each in turn 1 when the outcome counts, now or because it did before; 0 when the lease is lost.
local now, answers, first = clock(ARGV[1]), {}, 2
even_when_full()
gather()
while first <= #ARGV do
  local words, id = tonumber(ARGV[first]), ARGV[first + 1]
  answers[#answers + 1] = finish(id, now, { unpack(ARGV, first + 2, first + 1 + words) })
  first = first + 2 + words
end
return answers
