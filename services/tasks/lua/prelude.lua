-- Generated from lifecycle.py by `python -m services.tasks.prelude`; not to be edited.
local STATE = {
  NONE = 0,
  QUEUED = 1,
  RUNNING = 2,
  CANCELLING = 3,
  AWAITING_REVIEW = 4,
  SUCCEEDED = 5,
  FAILED = 6,
  CANCELLED = 7,
}
local REVIEW = {
  UNDECIDED = 0,
  ACCEPTED = 1,
  REJECTED = 2,
  EXPIRED = 3,
}
local TERMINAL = {
  [5] = true,
  [6] = true,
  [7] = true,
}
local LEASED = {
  [2] = true,
  [3] = true,
}
-- By state and cause: the next state.
local TRANSITIONS = {
  [0] = { CREATED = 1 },
  [1] = { ASSIGNED = 2, CANCEL_REQUESTED = 7, QUEUE_TIMEOUT = 6, RECOVERED = 1 },
  [2] = { CANCEL_REQUESTED = 3, COMPLETED = 5, ATTEMPT_FAILED = 6, TRANSIENT_FAILURE = 1, ATTEMPT_TIMEOUT = 6, WORKER_CRASHED = 1, LEASE_EXPIRED = 1, NO_PROGRESS = 1, RELEASED = 1, RECOVERED = 1, REVIEW_REQUESTED = 4, ANSWER_REFUSED = 4 },
  [3] = { COMPLETED = 5, ATTEMPT_CANCELLED = 7, ATTEMPT_FAILED = 7, TRANSIENT_FAILURE = 7, ATTEMPT_TIMEOUT = 7, WORKER_CRASHED = 7, LEASE_EXPIRED = 7, NO_PROGRESS = 7, RELEASED = 7, RECOVERED = 7, REVIEW_REQUESTED = 7, ANSWER_REFUSED = 7 },
  [4] = { REVIEW_ACCEPTED = 1, REVIEW_REJECTED = 6, REVIEW_EXPIRED = 6, CANCEL_REQUESTED = 7 },
  [5] = {  },
  [6] = {  },
  [7] = {  },
}
local RETRIES = {
  TRANSIENT_FAILURE = { counts = true, backoff_ms = 1000, backoff_limit_ms = 60000, first_at_once = false, limit = 0, limit_reason = "" },
  WORKER_CRASHED = { counts = true, backoff_ms = 500, backoff_limit_ms = 30000, first_at_once = false, limit = 2, limit_reason = "WORKER_CRASHED_REPEATEDLY" },
  LEASE_EXPIRED = { counts = true, backoff_ms = 250, backoff_limit_ms = 30000, first_at_once = true, limit = 0, limit_reason = "" },
  NO_PROGRESS = { counts = true, backoff_ms = 250, backoff_limit_ms = 30000, first_at_once = true, limit = 0, limit_reason = "" },
  RELEASED = { counts = false, backoff_ms = 250, backoff_limit_ms = 60000, first_at_once = true, limit = 20, limit_reason = "HANDED_BACK_REPEATEDLY" },
  RECOVERED = { counts = false, backoff_ms = 0, backoff_limit_ms = 0, first_at_once = false, limit = 0, limit_reason = "" },
}
