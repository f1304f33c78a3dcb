#!/bin/sh
# Fails if the committed page is not what build makes.
set -eu
cd "$(dirname "$0")"
OUT=$(mktemp -d)
export OUT
trap 'rm -rf "$OUT"' EXIT
npx tsc --noEmit
npx vite build --logLevel warn
if diff -r "$OUT" ../../cmd/curlew/internal/demo/page/dist; then
	echo "1 passed, 0 failed"
else
	echo "the page is not current: npm run build"
	echo "0 passed, 1 failed"
	exit 1
fi
