-- Tells whoever asked what a worker says that it runs.
-- KEYS: 1 the feed.
-- ARGV: 1 number of the question, 2 worker, 3 attempts that run, 4 attempts that it has, each as '{task}.{number}' and
--   joined by spaces, 5 1 when all that it was given had reached it, else 0.
-- Returns 1.
redis.set_repl(redis.REPL_NONE)
feed('inspection', 'inspect', ARGV[1], 'worker', ARGV[2], 'running', ARGV[3], 'held', ARGV[4], 'settled', ARGV[5])
return 1
