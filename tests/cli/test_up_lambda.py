"""`up --runner lambda`: the built bundle in the emulator's Lambda does what the direct run does, errors included."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC

from bootstrap.aws import AwsEndpoint, aws_client
from graph.errors import CloudError
from local.handlers.function import built

pytestmark = pytest.mark.server
FUNCTION = "clinic-local-bootstrap"


@pytest.fixture(scope="module")
def code() -> Path:
    try:
        return built(CLINIC)
    except CloudError as error:
        pytest.skip(f"the wheels cannot be fetched: {error}")


def test_the_bundle_runs_in_the_emulator(project: Any, code: Path) -> None:
    up = project.ok("up", "--runner", "lambda", "--json").json
    assert (up["report"]["access"]["failed"], up["report"]["migration"]["dirty"]) == (0, False)
    assert up["report"]["access"]["refused"] > 100

    endpoint = AwsEndpoint(url=up["emulator"]["endpoint"], credentials=up["emulator"]["credentials"])
    function = aws_client("lambda", "eu-west-1", endpoint).get_function_configuration(FunctionName=FUNCTION)
    assert base64.b64decode(function["CodeSha256"]) == hashlib.sha256(code.read_bytes()).digest()
    log = aws_client("logs", "eu-west-1", endpoint).filter_log_events(logGroupName=f"/aws/lambda/{FUNCTION}")
    told = "\n".join(event["message"] for event in log["events"])
    assert told.count("START RequestId") == 1
    secrets = project.ok("env", "local", "--reveal", "--json").json
    hidden = [value for name, value in secrets.items() if name.endswith("PASSWORD")]
    assert hidden
    assert not [value for value in hidden if value in told or value in json.dumps(up["report"])]

    assert "nothing to do" in project.ok("up", "--runner", "lambda").out
    # What stops the function stops the deployment, with the same sentence.
    access = project.folder / "access.yaml"
    access.write_text(access.read_text().replace("privileges: migrator", "privileges: readonly"))
    stopped = project.run("up", "--runner", "lambda")
    assert stopped.code == 1
    assert f"the bootstrap stopped in the function {FUNCTION}: access.yaml has no identity with" in stopped.err
    assert "Traceback" not in stopped.err + stopped.out


def test_an_unknown_runner_is_wrong_input(project: Any) -> None:
    answer = project.run("up", "--runner", "lamda")
    assert (answer.code, "Did you mean `lambda`?" in answer.err) == (2, True)
