-- Reads a page of an owner's tasks, or of every owner's that await a review, by create time. Takes off the index what no
-- longer exists.
-- KEYS: 1 the index of all of them.
-- ARGV: 1 owner, '' for every owner's that await a review, 2 page size, 3 cursor's create time in ms, 4 cursor's task
--   ('' and '' for the first page), 5 least create time in ms or '', 6 create time in ms to stop before or '', 7 state
--   or '', 8 pipeline or '', then names and values of labels.
-- Returns {listed records, cursor's create time, cursor's task}; the cursor is '' on the last page.
local owner, page_size, cursor_ms, cursor_id = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local before_ms = tonumber(ARGV[6])

-- The indexes that have what is asked for of one owner.
local function asked_for(of)
  local found = {}
  if ARGV[7] ~= '' then found[#found + 1] = state_index(of, ARGV[7]) end
  if ARGV[8] ~= '' then found[#found + 1] = pipeline_index(of, ARGV[8]) end
  for index = 9, #ARGV, 2 do found[#found + 1] = label_index(of, ARGV[index], ARGV[index + 1]) end
  return found
end

local indexes = owner ~= '' and asked_for(owner) or {}
local smallest, size = KEYS[1], redis.call('ZCARD', KEYS[1])
for _, name in ipairs(indexes) do
  local members = redis.call('ZCARD', name)
  if members < size then smallest, size = name, members end
end

local function matches(id)
  local wanted = indexes
  if owner == '' then
    local of = redis.call('HGET', task_key(id), 'owner')
    wanted = of and asked_for(of) or {}
  end
  for _, name in ipairs(wanted) do
    if name ~= smallest and not redis.call('ZSCORE', name, id) then return false end
  end
  return true
end

local from_ms = math.max(tonumber(ARGV[5]) or 0, cursor_ms or 0)
local first = redis.call('ZCOUNT', smallest, '-inf', '(' .. from_ms)
-- Those of the cursor's own millisecond that earlier pages have told.
if cursor_ms == from_ms then
  for _, id in ipairs(redis.call('ZRANGE', smallest, from_ms, from_ms, 'BYSCORE')) do
    if id <= cursor_id then first = first + 1 end
  end
end
local scanned = redis.call('ZRANGE', smallest, first, first + SETTINGS.page_scan - 1, 'WITHSCORES')
local page, bytes, last_id, last_ms, complete = {}, 0, '', '', first + #scanned / 2 >= size
for index = 1, #scanned, 2 do
  local id, create_ms = scanned[index], scanned[index + 1]
  if before_ms and tonumber(create_ms) >= before_ms then
    complete = true
    break
  end
  if #page == page_size or bytes > SETTINGS.page_bytes then
    complete = false
    break
  end
  last_id, last_ms = id, create_ms
  if matches(id) then
    local found = listed_record(id)
    if found then
      page[#page + 1] = found
      for _, value in ipairs(found) do bytes = bytes + #value end
    else
      redis.call('ZREM', smallest, id)
    end
  end
end
if complete then return { page, '', '' } end
return { page, last_ms, last_id }
