#!/usr/bin/env bash
# Ask the gate once, keep its reports, and leave the answer for the steps that follow.
# Needs: CONTRACTS, FOLDER, and AGAINST or BASE_REF; OPTIONS are more words for the command.
set -euo pipefail

baseline=$AGAINST
if [ -z "$baseline" ]; then
    if [ -n "${BASE_REF:-}" ]; then
        # a checkout of a pull request has one commit; the branch that it goes to has to be fetched
        git fetch --quiet --no-tags --depth=1 origin "+refs/heads/$BASE_REF:refs/remotes/origin/$BASE_REF"
        baseline=origin/$BASE_REF
    else
        echo "::error title=contracts::say what to compare with: this is no pull request, and \`against\` is empty"
        { echo "code=2"; echo "standing=misuse"; echo "folder=$FOLDER"; } >>"$GITHUB_OUTPUT"
        exit 0
    fi
fi

mkdir -p "$FOLDER"
read -r -a options <<<"${OPTIONS:-}"
code=0
penstock-contracts diff --against "$baseline" "$CONTRACTS" --format github \
    --report "markdown=$FOLDER/contracts.md" --report "html=$FOLDER/contracts.html" \
    --report "sarif=$FOLDER/contracts.sarif" --report "json=$FOLDER/contracts.json" \
    --report "junit=$FOLDER/contracts.junit.xml" ${options[@]+"${options[@]}"} || code=$?

case $code in
    0) standing=compatible ;;
    1) standing=breaking ;;
    3) standing=undecided ;;
    *) standing=misuse ;;
esac
{ echo "code=$code"; echo "standing=$standing"; echo "folder=$FOLDER"; } >>"$GITHUB_OUTPUT"
if [ -f "$FOLDER/contracts.md" ]; then
    cat "$FOLDER/contracts.md" >>"$GITHUB_STEP_SUMMARY"
fi
