"""Building the web pages: what is shown of a build that failed."""

from exports_app.launch import build


def test_of_a_failed_install_npms_errors_are_shown() -> None:
    lines = [
        "npm verbose stack FetchError: request to https://registry.example/yaml failed",
        "npm error code SELF_SIGNED_CERT_IN_CHAIN",
        "npm error request to https://registry.example/yaml failed, reason: self-signed",
        "certificate in certificate chain",
        *["npm silly unfinished npm timer", "reifyNode:node_modules/yaml 1796"] * 100,
        "npm verbose exit 1",
    ]
    assert build.reason_of(lines) == lines[1:4]


def test_of_another_failed_build_the_last_lines_are_shown() -> None:
    lines = [f"line {number}" for number in range(100)]
    assert build.reason_of(lines) == lines[-build.TAIL :]
