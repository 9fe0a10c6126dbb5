-- Reads what is known of tasks that run, or that wait and stand in no queue. Trusts no index. Writes nothing.
-- KEYS: 1 the time of the last tick.
-- ARGV: 1 now or '', 2 cursor of a scan of all tasks ('0' at first) or '' to look at tasks by name, in whatever state
--   they are, 3 keys to scan at once, then ids.
-- Returns {now, time of the last tick or '', cursor ('0' at the end), facts of each task}.
local now = clock(ARGV[1])
local FIELDS = { 'pipeline', 'state', 'attempt', 'sequence', 'worker', 'start_ms', 'attempt_start_ms',
  'heartbeat_timeout_ms', 'progress_timeout_ms', 'progress_ms', 'progress' }

local function facts_of(id, named)
  local values, found = redis.call('HMGET', task_key(id), unpack(FIELDS)), { id = id }
  if not values[1] then return nil end
  for index, name in ipairs(FIELDS) do found[name] = values[index] end
  local state = tonumber(found.state)
  local queued = state == STATE.QUEUED and is_queued(found)
  if not named and not LEASED[state] and (state ~= STATE.QUEUED or queued) then return nil end
  local start_ms = LEASED[state] and (found.attempt_start_ms or found.start_ms)
  local presence_ms = found.worker and tonumber(redis.call('ZSCORE', connected_key(found.pipeline), found.worker))
  return { id, found.pipeline, found.state, found.attempt, found.sequence, found.worker or '', start_ms or false,
    found.worker and redis.call('HGET', worker_key(found.worker), 'heartbeat_ms'), redis.call('ZSCORE', LEASES, id),
    found.heartbeat_timeout_ms or SETTINGS.lease_ms, found.progress_ms, found.progress or '',
    found.progress_timeout_ms or 0, queued and 1 or 0, presence_ms and presence_ms > now and 1 or 0 }
end

local reply = { now, (redis.call('GET', KEYS[1]) or ''):match('^%d*'), '0' }
if ARGV[2] == '' then
  for index = 4, #ARGV do reply[#reply + 1] = facts_of(ARGV[index], true) end
  return reply
end
local prefix = task_key('')
local scanned = redis.call('SCAN', ARGV[2], 'MATCH', prefix .. '*', 'COUNT', ARGV[3])
reply[3] = scanned[1]
for _, name in ipairs(scanned[2]) do reply[#reply + 1] = facts_of(name:sub(#prefix + 1), false) end
return reply
