"""Play an identity provider: issue tokens for people and for CI jobs, and check them.

Takes:   claims.
Gives:   `TokenIssuer`: `person`, `job`, `claims_of`.
Ignores: log-in pages; a token is handed out to whoever asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

ACCOUNTS = "https://accounts.example.org"
GITHUB = "https://token.actions.githubusercontent.com"


class TokenIssuer:
    """Signs tokens with a key that the local Fulcio knows, in the name of any issuer."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def token(self, at: datetime, issuer: str, subject: str, **claims: Any) -> str:
        """A token with these claims, good for an hour."""
        standard = {"iss": issuer, "sub": subject, "aud": "sigstore", "iat": at, "exp": at + timedelta(hours=1)}
        return jwt.encode({**standard, **claims}, self._key, algorithm="ES256")

    def person(self, at: datetime, email: str = "ann@example.org", issuer: str = ACCOUNTS) -> str:
        """The token of somebody who logged in."""
        return self.token(at, issuer, email, email=email, email_verified=True)

    def job(
        self,
        at: datetime,
        repository: str = "acme/site",
        workflow: str = "release.yml",
        ref: str = "refs/tags/v1.0.0",
        **claims: Any,
    ) -> str:
        """The token of a GitHub-like CI job; `claims` replace those that it has by default."""
        owner = repository.partition("/")[0]
        path = f"{repository}/.github/workflows/{workflow}@{ref}"
        said = {
            "repository": repository,
            "repository_id": "1001",
            "repository_owner": owner,
            "repository_owner_id": "2002",
            "repository_visibility": "private",
            "ref": ref,
            "sha": "ab" * 20,
            "event_name": "push",
            "job_workflow_ref": path,
            "workflow_ref": path,
            "runner_environment": "github-hosted",
            "run_id": "3003",
        }
        return self.token(at, GITHUB, f"repo:{repository}:ref:{ref}", **{**said, **claims})

    def claims_of(self, token: str) -> dict[str, Any]:
        """What a token says. Raises `jwt.InvalidTokenError` for one that we did not sign, or too late."""
        claims: dict[str, Any] = jwt.decode(token, self._key.public_key(), algorithms=["ES256"], audience="sigstore")
        return claims
