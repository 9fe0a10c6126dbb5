-- Records that an owner uploaded an image, and pins it.
-- KEYS: 1 the image's hash.
-- ARGV: 1 now or '', 2 sha256, 3 owner, 4 size in bytes, 5 media type.
-- Returns {time of the upload in ms}.
local now = clock(ARGV[1])
redis.call('HSET', KEYS[1], 'size_bytes', ARGV[4], 'media_type', ARGV[5], 'owner:' .. ARGV[3], now)
redis.call('ZADD', IMAGE_PINS, 'GT', now + SETTINGS.image_pin_ms, ARGV[2])
redis.call('ZREM', IMAGE_DELETIONS, ARGV[2])
return { now }
