-- Reads images of an owner's. Writes nothing.
-- KEYS: 1 the first image's hash.
-- ARGV: 1 owner, then SHA-256 of each.
-- Returns for each in turn: size in bytes, media type and time of the upload in ms; '' thrice for one that the owner
-- did not upload.
local found = {}
for index = 2, #ARGV do
  local image = redis.call('HMGET', image_key(ARGV[index]), 'size_bytes', 'media_type', 'owner:' .. ARGV[1])
  for field = 1, 3 do found[#found + 1] = image[3] and image[field] or '' end
end
return found
