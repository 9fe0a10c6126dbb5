"""What follows a call."""

import pytest

from services.tasks.webhooks.caller import retry_after
from services.tasks.webhooks.records import CallbackState
from services.tasks.webhooks.schedule import Answer, CallFailure, next_state, pause, retry_delay


@pytest.mark.parametrize(
    ("status", "state", "failure"),
    [
        (200, "DELIVERED", None),
        (204, "DELIVERED", None),
        (299, "DELIVERED", None),
        (300, "PENDING", "REDIRECT_REFUSED"),
        (308, "PENDING", "REDIRECT_REFUSED"),
        (400, "PENDING", "HTTP_ERROR"),
        (404, "PENDING", "HTTP_ERROR"),
        (410, "FAILED", "GONE"),
        (429, "PENDING", "HTTP_ERROR"),
        (500, "PENDING", "HTTP_ERROR"),
        (999, "PENDING", "HTTP_ERROR"),
    ],
)
def test_what_a_status_leads_to(status: int, state: str, failure: str | None) -> None:
    answer = Answer.of_status(status)
    assert next_state(answer) is CallbackState(state)
    assert answer.failure == (CallFailure(failure) if failure else None)
    assert not answer.missed


def test_only_a_refused_address_is_final_among_calls_without_an_answer() -> None:
    answers = [Answer(failure=one) for one in CallFailure]
    final = {answer.failure for answer in answers if next_state(answer) is CallbackState.FAILED}
    assert final == {CallFailure.ADDRESS_REFUSED, CallFailure.GONE}


def test_calls_back_off_over_a_day() -> None:
    answer = Answer(500)
    delays = [retry_delay(answer, attempts, 5.0, 1.0) for attempts in range(1, 70)]
    assert delays[:4] == [5, 10, 20, 40]
    assert max(delays) == 1800
    calls_in_a_day = next(index for index in range(70) if sum(delays[:index]) > 86_400)
    assert 50 < calls_in_a_day < 60
    assert retry_delay(answer, 10_000, 5.0, 0.0) == 900


def test_calls_that_failed_together_do_not_come_again_together() -> None:
    assert retry_delay(Answer(500), 1, 5.0, 0.0) == 2.5
    assert retry_delay(Answer(500), 1, 5.0, 0.5) == 3.75


def test_retry_after_counts_up_to_an_hour() -> None:
    assert retry_delay(Answer.of_status(503, 120), 1, 5.0, 1.0) == 120
    assert retry_delay(Answer.of_status(503, 1), 1, 5.0, 1.0) == 5
    assert retry_delay(Answer.of_status(503, 1e9), 1, 5.0, 1.0) == 3600


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"", 0),
        (b"120", 120),
        (b" 7 ", 7),
        (b"-5", 0),
        (b"1.5", 0),
        (b"soon", 0),
        (b"\xff\xfe", 0),
        (b"9" * 500, 999_999_999),
        (b"Wed, 21 Oct 2015 07:28:00 GMT", 0),
        (b"Wed, 99 Oct 99999 07:28:00 GMT", 0),
    ],
)
def test_retry_after_is_read(value: bytes, seconds: float) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date_is_read() -> None:
    assert retry_after(b"Thu, 01 Jan 2099 00:00:00 GMT") > 1e9


def test_a_destination_that_misses_is_left_alone_for_a_minute_at_most() -> None:
    assert [pause(failures, 5.0, 1.0) for failures in (0, 1, 2, 3, 4, 5, 1000)] == [0, 5, 10, 20, 40, 60, 60]
