-- Looks how images stand. Writes nothing.
-- KEYS: 1 the images to delete.
-- ARGV: SHA-256 of each.
-- Returns for each in turn: 'RECORDED', 'LET_GO' or 'UNKNOWN'.
local found = {}
for index, sha256 in ipairs(ARGV) do
  found[index] = redis.call('EXISTS', image_key(sha256)) == 1 and 'RECORDED'
    or redis.call('ZSCORE', KEYS[1], sha256) and 'LET_GO' or 'UNKNOWN'
end
return found
