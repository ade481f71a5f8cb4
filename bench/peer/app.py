"""The same list endpoint in FastAPI and Pydantic, as the peer that Blueberry's own is measured against.

PEER_MODE=rows     checks the token and reads the same rows of the same SQLite file, per request
PEER_MODE=memory   answers from models in memory and checks nothing
"""

import hashlib
import json
import os
import sqlite3
from typing import Any, Literal

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel


class Condition(BaseModel):
    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    last_transition_time: str
    observed_revision: int


class Git(BaseModel):
    repository_id: str
    repository_url: str
    branch: str
    commit_sha: str | None
    pull_request: int | None


class Kubernetes(BaseModel):
    cluster: str
    namespace: str
    application: str
    sync_status: str
    health_status: str


class Source(BaseModel):
    kind: str
    fork: bool


class EnvironmentResponse(BaseModel):
    id: str
    name: str
    status: Literal["pending", "ready", "failed", "deleting", "terminated"]
    message: str
    urls: list[str]
    created_at: str
    updated_at: str
    expires_at: str
    terminated_at: str | None
    ttl_hours: int
    owner: str
    repository_id: str
    config_set_id: str | None
    config_set_revision: int | None
    git: Git
    kubernetes: Kubernetes
    conditions: list[Condition]
    generation: int
    observed_generation: int
    asleep: bool
    auto_update: bool
    helm_values_override: dict[str, Any] | None
    source: Source


class EnvironmentList(BaseModel):
    items: list[EnvironmentResponse]
    next_cursor: str | None
    total: int


app = FastAPI()
database = sqlite3.connect(f"file:{os.environ['PEER_DATABASE']}?mode=ro", uri=True, check_same_thread=False)


def response_of(body: str) -> EnvironmentResponse:
    record = json.loads(body)
    metadata, spec, status = record["metadata"], record["spec"], record["status"]
    component = spec["components"][0]
    config_set = spec["configSet"] or {}
    return EnvironmentResponse(
        id=metadata["id"],
        name=metadata["name"],
        status=status["phase"],
        message=status["message"],
        urls=status["urls"],
        created_at=metadata["createdAt"],
        updated_at=metadata["updatedAt"],
        expires_at=spec["expiresAt"],
        terminated_at=status["archivedAt"],
        ttl_hours=spec["ttlHours"],
        owner=metadata["owner"]["email"],
        repository_id=component["repositoryId"],
        config_set_id=config_set.get("id"),
        config_set_revision=config_set.get("revision"),
        git=Git(
            repository_id=component["repositoryId"],
            repository_url=component["repositoryUrl"],
            branch=component["branch"],
            commit_sha=component["commit"],
            pull_request=component["pullRequest"],
        ),
        kubernetes=Kubernetes(
            cluster="local",
            namespace=metadata["name"],
            application=metadata["name"],
            sync_status=status["sync"],
            health_status=status["health"],
        ),
        conditions=[
            Condition(
                type=condition["type"],
                status=condition["status"],
                reason=condition["reason"],
                message=condition["message"],
                last_transition_time=condition["lastTransitionTime"],
                observed_revision=condition["observedRevision"],
            )
            for condition in status["conditions"]
        ],
        generation=metadata["generation"],
        observed_generation=status["observedGeneration"],
        asleep=spec["asleep"],
        auto_update=spec["autoUpdate"],
        helm_values_override=spec["helmValuesOverride"],
        source=Source(**metadata["source"]),
    )


def read_page(limit: int) -> EnvironmentList:
    rows = database.execute(
        "SELECT body FROM environment WHERE living = 1 ORDER BY created_at DESC, id DESC LIMIT ?", (limit,)
    ).fetchall()
    total = database.execute("SELECT count(*) FROM environment WHERE living = 1").fetchone()[0]
    return EnvironmentList(items=[response_of(row[0]) for row in rows], next_cursor=None, total=total)


def check_token(authorization: str | None) -> None:
    if authorization is None or not authorization.startswith("Bearer "):
        raise HTTPException(401)
    digest = hashlib.sha256(authorization[7:].encode()).hexdigest()
    pointer = database.execute("SELECT body FROM token_secret WHERE id = ?", (digest,)).fetchone()
    if pointer is None:
        raise HTTPException(401)
    token = json.loads(database.execute("SELECT body FROM api_token WHERE id = ?", (json.loads(pointer[0])["tokenId"],)).fetchone()[0])
    user = json.loads(database.execute("SELECT body FROM user WHERE id = ?", (token["owner"]["id"],)).fetchone()[0])
    if token["revokedAt"] is not None or user["disabled"] or "environments:read" not in token["scopes"]:
        raise HTTPException(403)


if os.environ["PEER_MODE"] == "rows":

    @app.get("/api/environments", response_model=EnvironmentList)
    async def list_environments(limit: int = 50, authorization: str | None = Header(default=None)) -> EnvironmentList:
        check_token(authorization)
        return read_page(limit)

else:
    page = read_page(50)

    @app.get("/api/environments", response_model=EnvironmentList)
    async def list_environments(limit: int = 50) -> EnvironmentList:
        return page
