#!/usr/bin/env bash
# Write the comment on the pull request, over the one of the time before when there is one.
# Needs: COMMENT (a file), REPOSITORY, NUMBER, and the program `gh` with GH_TOKEN.
set -euo pipefail

if [ ! -f "$COMMENT" ]; then
    exit 0 # the gate could not run, and has said why
fi
mark=$(head -n 1 "$COMMENT")
known=$(gh api --paginate "repos/$REPOSITORY/issues/$NUMBER/comments" \
    --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
if [ -n "$known" ]; then
    gh api --silent --method PATCH "repos/$REPOSITORY/issues/comments/$known" --field "body=@$COMMENT"
else
    gh api --silent --method POST "repos/$REPOSITORY/issues/$NUMBER/comments" --field "body=@$COMMENT"
fi
