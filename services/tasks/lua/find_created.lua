-- Finds what an earlier create with a request id returned.
-- KEYS: 1 the request's hash.
-- ARGV: 1 fingerprint.
-- Returns {'KNOWN' or 'DEDUPLICATED', fields, queue position}, {'REUSED'}, {'DELETED', task} or {'NONE'}.
local outcome, found = find_created(KEYS[1], ARGV[1])
if not outcome then return { 'NONE' } end
if HAS_TASK[outcome] then return { outcome, unpack(record(found.id, found.pipeline)) } end
return { outcome, found }
