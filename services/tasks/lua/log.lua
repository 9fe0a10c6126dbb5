-- Time, events, the log of a task and the feed.

-- What the last answer of `clock` cut off: '.' and the microseconds of a millisecond.
local microseconds = ''

-- Milliseconds since the epoch: what a test passed, else the server's clock.
local function clock(passed)
  microseconds = ''
  if passed ~= '' then return tonumber(passed) end
  local time = redis.call('TIME')
  microseconds = string.format('.%03d', time[2] % 1000)
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A full server refuses a script whose first write may take memory, and lets it go on once it has written. What ends
-- work or lets workers in calls this first: else nothing would ever get free.
local function even_when_full()
  redis.call('DEL', key('never'))
end

-- Several strings as one, each after its length; `packing.py` reads it.
local function pack(...)
  local parts = {}
  for index = 1, select('#', ...) do
    local text = tostring((select(index, ...)))
    parts[2 * index - 1] = struct.pack('>I4', #text)
    parts[2 * index] = text
  end
  return table.concat(parts)
end

-- What a script has to tell, fields and values in turn, each news from its `kind` on.
local news = {}
-- Of what Lua can pass in one call, and of a follower's memory.
local MOST_NEWS = 500

-- Writes what there is to tell as one entry of the feed. Numbers without a gap let a follower see what was trimmed
-- before it read.
-- SET, not INCR: where an entry was not replicated, as progress is not, the number has to be right all the same.
local function tell()
  if #news == 0 then return end
  local number = (tonumber(redis.call('GET', FEED_NUMBER)) or 0) + 1
  redis.call('SET', FEED_NUMBER, number)
  redis.call('XADD', FEED, 'MAXLEN', '~', SETTINGS.feed_entries, number .. '-0', unpack(news))
  news = {}
end

-- Tells followers of something, with what else the script tells: an entry is three commands.
local function feed(kind, ...)
  if #news + 2 * select('#', ...) > MOST_NEWS then tell() end
  news[#news + 1] = 'kind'
  news[#news + 1] = kind
  for index = 1, select('#', ...) do news[#news + 1] = (select(index, ...)) end
end

-- Runs a script, and tells at its end what it had to tell. One that breaks off keeps what it has done whole.
local function telling(script)
  news, gathered = {}, nil
  local done, reply = pcall(script)
  write_gathered()
  tell()
  if not done then
    -- Valkey makes a text of the error of a command, whose first word is its code only in a table.
    if type(reply) == 'string' and reply:find('^%u+ ') then reply = { err = reply } end
    error(reply, 0)
  end
  return reply
end

-- Appends an event to a task's log and tells the feed.
-- change: state or artifact, reason, result, error. The caller writes task.sequence and task.base back.
-- An unheard task has no followers yet, as nobody knows its name.
local function append_event(task, now, change)
  task.sequence = task.sequence + 1
  local event = pack(task.sequence, now .. microseconds, task.attempt, change.state or '', change.reason or '',
    change.artifact or '', change.result or '', change.error or '')
  if redis.call('RPUSH', log_key(task.id), event) > SETTINGS.log_events then
    redis.call('LPOP', log_key(task.id))
    task.base = task.base + 1
  end
  local of_batch = {}
  if task.batch ~= '' then
    local sequence, open = append_to_batch(task, change.state, now)
    of_batch = { 'batch', task.batch, 'batch_sequence', sequence, 'open_tasks', open }
  end
  if task.unheard then return end
  -- Thousands of large results would fill the memory: their followers read the log instead.
  if #event > SETTINGS.feed_event_bytes then
    feed('gap', 'task', task.id, unpack(of_batch))
  else
    feed('event', 'task', task.id, 'event', event, unpack(of_batch))
  end
end
