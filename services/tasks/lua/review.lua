-- Takes a reviewer's decision on the stage that a task shows.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 reviewer, 4 1 for one who may review every owner's tasks, else 0, 5 sequence of the
--   review, 6 decision, 7 reason, 8 error of a rejection, 9 parameters that the reviewer sets, 10 all parameters with
--   them, both JSON or '', then file name and SHA-256 of each replacement.
-- Returns {'FOUND', fields, queue position}, {'NOT_FOUND'}, {'NOT_AWAITING', state}, {'CHANGED', sequence of the open
-- review} or {'NO_IMAGE', sha256}.
local now, task = clock(ARGV[1]), load_task(ARGV[2])
if not task or not may_see(task, ARGV[3], ARGV[4]) then return { 'NOT_FOUND' } end

local reviews = load_reviews(task)
local said = redis.sha1hex(pack(ARGV[3], unpack(ARGV, 6)))
for _, review in ipairs(reviews) do
  if review.sequence == tonumber(ARGV[5]) and review.said == said then
    even_when_full()
    note_repeat(KEYS[1])
    return { 'FOUND', unpack(record(task.id, task.pipeline)) }
  end
end
if task.state ~= STATE.AWAITING_REVIEW then return { 'NOT_AWAITING', task.state } end
local open = reviews[#reviews]
if open.sequence ~= tonumber(ARGV[5]) then return { 'CHANGED', open.sequence } end

even_when_full()
local replacements = {}
for index = 11, #ARGV, 2 do
  local image = redis.call('HMGET', image_key(ARGV[index + 1]), 'owner:' .. ARGV[3], 'size_bytes', 'media_type')
  if not image[1] then return { 'NO_IMAGE', ARGV[index + 1] } end
  replacements[#replacements + 1] = { file_name = ARGV[index], image = ARGV[index + 1], size_bytes = tonumber(image[2]),
    media_type = image[3] }
end
-- The task holds them as it holds its own images, and its owner may look at them.
for _, one in ipairs(replacements) do
  redis.call('HINCRBY', image_key(one.image), 'references', 1)
  redis.call('HSETNX', image_key(one.image), 'owner:' .. task.owner, now)
  redis.call('HSET', KEYS[1], 'review_images', (redis.call('HGET', KEYS[1], 'review_images') or '') .. ' ' .. one.image)
end

local accepted = tonumber(ARGV[6]) == REVIEW.ACCEPTED
close_review(task, now, reviews, { decision = tonumber(ARGV[6]), reviewer = ARGV[3], reason = ARGV[7], said = said,
  replacements = #replacements > 0 and replacements or nil, parameters_json = ARGV[9] ~= '' and ARGV[9] or nil })
if ARGV[10] ~= '' then
  local before = redis.call('HGET', KEYS[1], 'parameters_json')
  redis.call('HSET', KEYS[1], 'parameters_json', ARGV[10], 'parameters_before_json', before)
end
if accepted then redis.call('HSET', KEYS[1], 'stage', open.stage + 1) end
move(task, accepted and 'REVIEW_ACCEPTED' or 'REVIEW_REJECTED', now, { error = ARGV[8] })
return { 'FOUND', unpack(record(task.id, task.pipeline)) }
