-- Reviews of a task's stages: a JSON list in the field `reviews` of its hash, which only tasks of reviewed pipelines
-- have. The last one is open while the task is AWAITING_REVIEW.

local function load_reviews(task)
  local stored = redis.call('HGET', task_key(task.id), 'reviews')
  return stored and cjson.decode(stored) or {}
end

local function keep_reviews(task, reviews)
  redis.call('HSET', task_key(task.id), 'reviews', cjson.encode(reviews))
end

-- Shows a stage that an attempt has done, after the move whose event tells it.
-- outcome: what the worker said, for the case that it says it again when another stage runs.
local function show_stage(task, now, reviews, stage, attempt, outcome)
  local expire_ms = now + redis.call('HGET', task_key(task.id), 'review_timeout_ms')
  reviews[#reviews + 1] = { stage = stage, attempt = attempt, sequence = task.sequence, open_ms = now,
    expire_ms = expire_ms, decision = REVIEW.UNDECIDED, outcome = outcome }
  keep_reviews(task, reviews)
  redis.call('HSET', task_key(task.id), 'stage', stage)
  redis.call('ZADD', REVIEW_TIMEOUTS, expire_ms, task.id)
  redis.call('ZADD', UNDECIDED, task.create_ms, task.id)
end

-- Opens the review of the stage that an attempt has finished.
local function open_review(task, now, stage_result, outcome)
  show_stage(task, now, load_reviews(task), math.max(task.stage, 1), task.attempt, outcome)
  redis.call('HSET', task_key(task.id), 'stage_result', stage_result)
end

-- Of a program that answers wrongly for ever: the reviews have to fit into one message.
local MOST_REVIEWS = 20

-- Whether the stage before the one that runs may be shown again.
local function can_ask_again(task)
  return task.stage > 1 and #load_reviews(task) < MOST_REVIEWS
end

-- Shows the stage of the last review again, as its answer could not be used, with the parameters from before it.
-- refused: why, as JSON.
local function ask_again(task, now, refused, outcome)
  local reviews = load_reviews(task)
  local answered = reviews[#reviews]
  answered.refused_json = refused
  if answered.parameters_json then
    local before = redis.call('HGET', task_key(task.id), 'parameters_before_json')
    redis.call('HSET', task_key(task.id), 'parameters_json', before)
  end
  show_stage(task, now, reviews, answered.stage, answered.attempt, outcome)
end

-- Notes in the open review what was decided.
local function close_review(task, now, reviews, decided)
  local review = reviews[#reviews]
  review.decide_ms = now
  for name, value in pairs(decided) do review[name] = value end
  keep_reviews(task, reviews)
end

-- Whether an outcome has finished one of the stages. Its worker may have missed the answer; told that the outcome came
-- too late, it would delete the artifacts.
local function has_finished_stage(task, outcome)
  for _, review in ipairs(load_reviews(task)) do
    if review.outcome == outcome then return true end
  end
  return false
end

local function expire_review(task, now)
  local timeout_ms = tonumber(redis.call('HGET', task_key(task.id), 'review_timeout_ms'))
  close_review(task, now, load_reviews(task), { decision = REVIEW.EXPIRED })
  move(task, 'REVIEW_EXPIRED', now, { error = timer_error('review_timeout', timeout_ms) })
end

-- Whether a principal may look at a task: its owner; a reviewer, once a stage of it was shown.
local function may_see(task, principal, is_reviewer)
  return task.owner == principal or is_reviewer == '1' and redis.call('HEXISTS', task_key(task.id), 'reviews') == 1
end

-- Keeps the artifacts of a finished stage beside those of the stages before. The worker has to name them apart, as an
-- artifact's name is that of its task and file.
-- Returns whether it did.
local function add_artifacts(task, now, file_names, artifacts)
  local kept = redis.call('HMGET', task_key(task.id), 'artifacts', 'file_names')
  local used = ' ' .. (kept[2] or '') .. ' '
  for name in file_names:gmatch('%S+') do
    if used:find(' ' .. name .. ' ', 1, true) then return false end
  end
  for _, artifact in ipairs(artifacts) do append_event(task, now, { artifact = artifact }) end
  redis.call('HSET', task_key(task.id), 'artifacts', (kept[1] or '') .. pack(unpack(artifacts)),
    'file_names', (kept[2] or '') .. ' ' .. file_names)
  return true
end
