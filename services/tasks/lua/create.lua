-- Creates a task, or finds the one that an earlier call with the same request id created, or that is active under the
-- same dedupe key.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 labels as JSON, 4 images joined by spaces, then fields and values of the hash.
-- Returns {'CREATED', create time, queue position}, {'KNOWN' or 'DEDUPLICATED', fields, queue position}, {'REUSED'},
--   {'DELETED', task} or {'NO_IMAGE', sha256}.
local now = clock(ARGV[1])
local outcome, found = create_task(now, read_new(2, #ARGV))
if outcome == 'CREATED' then return { outcome, now, queue_position(found.id, found.pipeline) } end
if HAS_TASK[outcome] then return { outcome, unpack(record(found.id, found.pipeline)) } end
return { outcome, found }
