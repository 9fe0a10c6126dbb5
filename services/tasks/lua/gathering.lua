-- Writes that the tasks of one script have in common: to queues, indexes, timers and counts.

-- What waits to be written, of a script that moves several tasks; nil where each write is made at once. A command costs
-- the server more than its words do, and is formatted for the append-only file besides.
local gathered = nil

-- Lets writes wait for `write_gathered`. Until then the script must not read what `put` writes, and a task moves once.
local function gather()
  gathered = { commands = {}, by_name = {}, counts = {}, batches = {}, last = {} }
end

-- The command on a key that waits already, or else a new one; and whether it is new.
local function waiting(command, name)
  local words = gathered.by_name[command .. name]
  if words then return words, false end
  words = { command, name }
  gathered.by_name[command .. name] = words
  gathered.commands[#gathered.commands + 1] = words
  return words, true
end

-- Writes to a key by a command that takes words for many. Returns its answer, nil where it waits.
local function put(command, name, ...)
  if not gathered then return redis.call(command, name, ...) end
  local words = waiting(command, name)
  for index = 1, select('#', ...) do words[#words + 1] = (select(index, ...)) end
end

-- Keeps so many entries of a list: the newest, which were put at its head by LPUSH or at its end by RPUSH.
local function put_limit(name, entries, at_head)
  local first, last = at_head and 0 or -entries, at_head and entries - 1 or -1
  if not gathered then return redis.call('LTRIM', name, first, last) end
  local words, new = waiting('LTRIM', name)
  if new then words[3], words[4] = first, last end
end

local function write_count(field, by)
  if by ~= 0 and redis.call('HINCRBY', COUNTS, field, by) <= 0 then redis.call('HDEL', COUNTS, field) end
end

-- Counts a task of a pipeline that comes into a state, or by -1 one that leaves it.
local function count(pipeline, state, by)
  local field = pipeline .. ' ' .. state
  if not gathered then return write_count(field, by) end
  gathered.counts[field] = (gathered.counts[field] or 0) + by
end

-- Makes the writes that wait; from here on each is made at once.
local function write_gathered()
  if not gathered then return end
  local found = gathered
  gathered = nil
  for _, words in ipairs(found.commands) do redis.call(unpack(words)) end
  for field, by in pairs(found.counts) do write_count(field, by) end
  for _, write in ipairs(found.last) do write() end
end
