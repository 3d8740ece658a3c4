"""The environment is read once, typed; what is wrong is told by the variable's name."""

from __future__ import annotations

import pytest

from functions.core import settings
from functions.core.settings import InvalidSetting

GIVEN = {
    "AWS_ACCOUNT_ID": "111122223333",
    "AWS_REGION": "eu-west-1",
    "S3_BUCKET_NAME": "the-bucket",
    "STATE_TABLE_NAME": "the-table",
}


def test_the_least_that_is_needed_and_the_defaults() -> None:
    read = settings.parse(GIVEN)
    assert (read.aws_account_id, read.s3_bucket_name, read.state_table_name) == ("111122223333", "the-bucket", "the-table")
    assert (read.analysis_period_days, read.thresholds, read.log_format, read.enable_cloudwatch_metrics) == (None, {}, "json", True)
    assert read.bucket_region == "eu-west-1"
    assert (read.bedrock_model_id, read.bedrock_timeout_seconds, read.max_advice_groups) == (settings.DEFAULT_MODEL, 10, 20)
    assert (read.circuit_breaker_threshold, read.circuit_breaker_timeout_seconds) == (5, 60)


def test_what_is_given_is_typed() -> None:
    more = {
        "S3_REGION": "us-east-1",
        "THRESHOLDS": '{"ebs-unattached-volume.min_age_days": 3}',
        "ENABLE_CLOUDWATCH_METRICS": "false",
        "ANALYSIS_PERIOD_DAYS": "14",
    }
    read = settings.parse({**GIVEN, **more})
    assert read.bucket_region == "us-east-1"
    assert read.thresholds == {"ebs-unattached-volume.min_age_days": 3.0}
    assert read.enable_cloudwatch_metrics is False
    assert read.analysis_period_days == 14


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_a_missing_or_empty_variable_is_named(name: str) -> None:
    for environment in ({**GIVEN, name: ""}, {key: value for key, value in GIVEN.items() if key != name}):
        with pytest.raises(InvalidSetting, match=f"{name}: Field required"):
            settings.parse(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ACCOUNT_ID", "1234"),
        ("ANALYSIS_PERIOD_DAYS", "0"),
        ("ANALYSIS_PERIOD_DAYS", "366"),
        ("ANALYSIS_PERIOD_DAYS", "thirty"),
        ("THRESHOLDS", "{"),
        ("THRESHOLDS", '{"a.b": "many"}'),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("ENABLE_CLOUDWATCH_METRICS", "perhaps"),
        ("BEDROCK_TIMEOUT_SECONDS", "0.5"),
        ("BEDROCK_TIMEOUT_SECONDS", "soon"),
        ("CIRCUIT_BREAKER_THRESHOLD", "0"),
        ("CIRCUIT_BREAKER_THRESHOLD", "2.5"),
        ("CIRCUIT_BREAKER_TIMEOUT_SECONDS", "0"),
        ("MAX_ADVICE_GROUPS", "-1"),
        ("MAX_ADVICE_GROUPS", "101"),
        ("AWS_ACCOUNT_ID", "١١١١٢٢٢٢٣٣٣٣"),
        ("BEDROCK_TIMEOUT_SECONDS", "nan"),
        ("THRESHOLDS", '{"a.b": NaN}'),
        ("THRESHOLDS", '{"a.b": Infinity}'),
    ],
)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        settings.parse({**GIVEN, name: value})
    assert f"{name}: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidSetting, match=r"AWS_ACCOUNT_ID: .*LOG_LEVEL: "):
        settings.parse({**GIVEN, "AWS_ACCOUNT_ID": "x", "LOG_LEVEL": "x"})


def test_an_empty_optional_variable_is_its_default() -> None:
    assert settings.parse({**GIVEN, "LOG_LEVEL": "", "MEMBER_EXTERNAL_ID": ""}).log_level == "INFO"


def test_the_process_reads_its_environment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    settings.settings.cache_clear()
    try:
        first = settings.settings()
        monkeypatch.setenv("S3_BUCKET_NAME", "another-bucket")
        assert settings.settings() is first
    finally:
        settings.settings.cache_clear()


def test_the_mails_settings() -> None:
    read = settings.parse(GIVEN)
    assert (read.email_from, read.email_to, read.sns_topic_arn) == (None, (), None)
    assert (read.send_email_on_error, read.report_link_hours) == (True, 12)
    more = {"EMAIL_FROM": "a@example.com", "EMAIL_TO": "b@example.com, c@example.com", "SEND_EMAIL_ON_ERROR": "false"}
    read = settings.parse({**GIVEN, **more, "SNS_TOPIC_ARN": "arn:aws:sns:eu-west-1:111122223333:told"})
    assert (read.email_from, read.email_to, read.send_email_on_error) == ("a@example.com", ("b@example.com", "c@example.com"), False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_FROM", "finops"),
        ("EMAIL_TO", "b@example.com;c@example.com"),
        ("EMAIL_TO", "b@example.com\r\nBcc: d@example.com"),
        ("SEND_EMAIL_ON_ERROR", "perhaps"),
        ("REPORT_LINK_HOURS", "0"),
        ("REPORT_LINK_HOURS", "13"),
        ("SNS_TOPIC_ARN", "told"),
    ],
)
def test_a_mail_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        settings.parse({**GIVEN, name: value})
