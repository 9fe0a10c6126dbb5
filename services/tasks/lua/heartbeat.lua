-- Renews a worker's leases.
-- KEYS: 1 the worker's hash.
-- ARGV: 1 now or '', 2 worker, 3 session, then task, attempt and token of each lease.
-- Returns {'ALIVE', how the first lease stands, …} or {'SUPERSEDED'}.
local now, worker = clock(ARGV[1]), ARGV[2]
if not in_force(worker, ARGV[3]) then return { 'SUPERSEDED' } end
show_presence(worker, now)
local reply = { 'ALIVE' }
for index = 4, #ARGV, 3 do
  reply[#reply + 1] = renew(worker, now, ARGV[index], ARGV[index + 1], ARGV[index + 2])
end
return reply
