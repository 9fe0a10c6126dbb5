-- The names of all keys, in one place. One hash tag keeps them in one slot, so that a script may touch them all.
local function key(...)
  return '{radmesh}:' .. table.concat({ ... }, ':')
end

-- Sorted sets by time in milliseconds; members are task ids, in IMAGE_PINS and IMAGE_DELETIONS SHA-256.
local DELAYED, LEASES = key('delayed'), key('leases')
local ATTEMPT_TIMEOUTS, QUEUE_TIMEOUTS = key('attempt-timeouts'), key('queue-timeouts')
local PROGRESS_TIMEOUTS, REVIEW_TIMEOUTS = key('progress-timeouts'), key('review-timeouts')
local RETENTION = key('retention')
-- Every owner's tasks that await a review, by create time.
local UNDECIDED = key('undecided')
local IMAGE_PINS, IMAGE_DELETIONS = key('image-pins'), key('image-deletions')
-- Hash: when blobs were swept first and last by this store; token of the sweep that runs, and until when it counts.
local SWEEP = key('sweep')
-- The feed is a stream whose entries are numbered without a gap by FEED_NUMBER.
local FEED, FEED_NUMBER = key('feed'), key('feed-number')
-- Hash: '{pipeline} {state}' to the number of tasks.
local COUNTS = key('counts')
-- The number of the newest session of any worker; '{time} {run id of the server}' of the last tick that wrote.
local SESSIONS, LAST_TICK = key('sessions'), key('last-tick')
-- Hashes by pipeline: why it is paused; when it was last resumed.
local PAUSED, RESUMED = key('paused'), key('resumed')
-- Hashes by pipeline: its description, the digest of its descriptor set. By digest: the set, when it was put.
local PIPELINES, PIPELINE_SETS = key('pipelines'), key('pipeline-sets')
local DESCRIPTOR_SETS, DESCRIPTOR_SET_TIMES = key('descriptor-sets'), key('descriptor-set-times')

-- Sorted sets of the numbers of audit records: all of them, and those of calls that changed nothing.
local AUDIT, AUDIT_UNCHANGED, AUDIT_NUMBER = key('audit'), key('audit-unchanged'), key('audit-number')

local function task_key(id) return key('task', id) end
local function log_key(id) return key('log', id) end
-- Sorted set of a pipeline's ready tasks; the lowest score is first in turn.
local function ready_key(pipeline) return key('ready', pipeline) end
-- List of the latest attempts of a pipeline that ended, newest first, '{queue_ms} {run_ms} {cause}' each: time from
-- ready to leased, time from leased to the end, and the lifecycle's cause of the end. It stays with the pipeline.
local function runtimes_key(pipeline) return key('runtimes', pipeline) end
-- Hashes of a pipeline: 'retries {cause}' and 'recoveries {finding}' to their number; failed tasks by reason.
local function tally_key(pipeline) return key('tally', pipeline) end
local function failures_key(pipeline) return key('failures', pipeline) end
-- The active task that was created with a dedupe key, by the keyed hash of owner, pipeline and that key.
local function dedupe_key(hash) return key('dedupe', hash) end
-- Hash of a worker's session and pipelines; set of the tasks that it holds leases on.
local function worker_key(worker) return key('worker', worker) end
local function held_key(worker) return key('held', worker) end
-- Sorted set of a pipeline's workers by the time until which they count as connected.
local function connected_key(pipeline) return key('connected', pipeline) end
-- List of what an acquire with this operation id was given, '{task} {attempt} {token}' each.
local function operation_key(worker, operation) return key('operation', operation, worker) end
-- Hash of the fingerprint and the task of a create, and `deduplicated` where that task was there before. The owner
-- is last, as it may hold any character.
local function request_key(owner, request_id) return key('request', 'create', request_id, owner) end
-- The same of a batch: the fingerprint and the batch.
local function batch_request_key(owner, request_id) return key('request', 'batch', request_id, owner) end
-- Hash of a batch, and the list of its events: where in the logs of its tasks each of them stands.
local function batch_key(id) return key('batch', id) end
local function batch_log_key(id) return key('batch-log', id) end
-- Hash of an image: size_bytes, media_type, references, and 'owner:{owner}' with the time of the upload.
local function image_key(sha256) return key('image', sha256) end

-- Hash of an audit record.
local function audit_key(number) return key('audit', number) end

-- Sorted sets of an owner's tasks by create time: all of them, and those with one value of a field.
local function owner_index(owner) return key('index', 'owner', owner) end
local function state_index(owner, state) return key('index', 'state', state, owner) end
local function pipeline_index(owner, pipeline) return key('index', 'pipeline', pipeline, owner) end
-- The value's length keeps value and owner apart, as both may hold any character.
local function label_index(owner, name, value) return key('index', 'label', name, #value, value, owner) end
