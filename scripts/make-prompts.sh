#!/usr/bin/env bash
# Makes the lines that an agent can say where no synthesiser is installed: packages/agent/assets,
# 8 kHz mono µ-law. Needs espeak-ng and sox. The recordings are checked in; their texts stand in
# packages/agent/src/conversation/offline-voice.ts and rescue.ts.
set -euo pipefail
cd "$(dirname "$0")/.."
out=packages/agent/assets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out/prompts"

record() {
  espeak-ng -v en-us -s 165 -w "$work/raw.wav" "$2"
  sox -R -D "$work/raw.wav" -r 8000 -c 1 -e mu-law -b 8 "$out/$1.wav" \
    highpass 250 lowpass 3400 norm -4 silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse
}

record fallback "I am sorry, we have a technical problem at the moment. Please try again later. Goodbye."
record prompts/appointment "Hello, this is the Riverside Dental clinic."
record prompts/question "Does tomorrow at ten o'clock still work for you?"
record prompts/confirmed "Wonderful, see you tomorrow."
record prompts/goodbye "Thank you, and goodbye."
record prompts/one_moment "One moment please."
record prompts/still_there "Are you still there?"
record prompts/not_understood "Sorry, I did not catch that."
record prompts/say_again "Could you say it again?"
