-- Asks workers what they really run: the replica that a worker is connected to reads it in the feed. A question that a
-- restart loses is asked again: no disk waits for it.
-- KEYS: 1 the feed.
-- ARGV: 1 number of the question, then workers.
-- Returns the number of workers.
redis.set_repl(redis.REPL_NONE)
for index = 2, #ARGV do feed('inspect', 'inspect', ARGV[1], 'worker', ARGV[index]) end
return #ARGV - 1
