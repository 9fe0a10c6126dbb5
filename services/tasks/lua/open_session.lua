-- Starts a worker's newest session, renews the leases that it names and takes back those that it does not know of.
-- KEYS: 1 the worker's hash.
-- ARGV: 1 now or '', 2 worker, 3 pipelines joined by spaces, 4 slots, 5 version, then task, attempt and token of each lease.
-- Returns {session, how the first lease stands, …}.
local now, worker = clock(ARGV[1]), ARGV[2]
even_when_full()
local session = redis.call('INCR', SESSIONS)
redis.call('HSET', KEYS[1], 'session', session, 'pipelines', ARGV[3], 'slots', ARGV[4], 'version', ARGV[5])
show_presence(worker, now)
local reply, named = { session }, {}
for index = 6, #ARGV, 3 do
  local standing = renew(worker, now, ARGV[index], ARGV[index + 1], ARGV[index + 2])
  if standing ~= 'lost' then named[ARGV[index]] = true end
  reply[#reply + 1] = standing
end
-- These were granted on a stream that broke before the worker read them.
for _, id in ipairs(redis.call('SMEMBERS', held_key(worker))) do
  local task = load_task(id)
  if not task then
    redis.call('SREM', held_key(worker), id)
  elseif not named[id] then
    move(task, 'RELEASED', now, { reason = 'NEVER_DELIVERED' })
  end
end
return reply
