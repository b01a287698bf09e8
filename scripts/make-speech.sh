#!/usr/bin/env bash
# Makes the speech that simulated callees say: packages/session/assets/*.wav, 8 kHz mono µ-law, as a
# telephone would carry it. Needs espeak-ng and sox. The clips are checked in; run this again only
# to change what is said.
set -euo pipefail
cd "$(dirname "$0")/.."
out=packages/session/assets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
rm -f "$out"/*.wav

# clip NAME VOICE WORDS_PER_MINUTE PITCH TEXT...: more than one TEXT are joined by PAUSE seconds.
clip() {
  local name=$1 voice=$2 speed=$3 pitch=$4 text index=0 parts=()
  shift 4
  for text in "$@"; do
    index=$((index + 1))
    espeak-ng -v "$voice" -s "$speed" -p "$pitch" -w "$work/raw.wav" "$text"
    # Telephone band, no silence at either end, one loudness for every voice.
    sox -R -D "$work/raw.wav" -r 8000 -c 1 -b 16 "$work/$index.wav" \
      highpass 250 lowpass 3400 norm -6 \
      silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse \
      compand 0.01,0.2 6:-50,-40,-25,-18,0,-9 -3 norm -4 fade 0.005 reverse fade 0.02 reverse
    [ "$index" -gt 1 ] && parts+=("$work/pause.wav")
    parts+=("$work/$index.wav")
  done
  sox -R -D -n -r 8000 -c 1 -b 16 "$work/pause.wav" trim 0 "${PAUSE:-0.3}"
  sox -R -D "${parts[@]}" -e mu-law -b 8 "$out/$name.wav"
}

clip hello                       en-us+f3 130 55 "Hello?"
clip name                        en-us+m3 170 45 "Hello, this is Daniel."
clip business_greeting           en-gb+f2 185 55 "Good morning, Riverside Dental, how can I help you?"
clip conversation_agree          en-us+f3 190 55 "Yes, that works for me. Thank you."
clip conversation_question       en-us+m3 175 45 "Sorry, who is calling please?"
clip goodbye                     en-us+f3 165 55 "Bye bye."
PAUSE=0.2 clip voicemail_greeting en-us+m7 190 40 \
  "Hi, you've reached Tom. I can't talk right now." "Please leave a message after the tone."
PAUSE=1.6 clip hesitant_greeting en-us+f4 175 50 \
  "Hello?" "You've reached the Parkers. Leave us a message."
PAUSE=0.3 clip ivr_menu          en-gb+f5 190 50 "For sales, press one." "For support, press two."
clip screening                   en-us+f1 195 60 \
  "Record your name and reason for calling, and I'll see if this person is available."
clip announcement_number_changed en-us+f2 185 45 "The number you have dialed has been changed."
clip announcement_not_in_service en-us+f2 185 45 "The number you have dialed is not in service."
clip reminder                    en-us+m1 175 50 "Hello, this is a reminder of your appointment tomorrow at ten."
clip talk_on                     en-gb+m4 205 45 \
  "and then I told them that we would need three more weeks to finish the kitchen because nobody had ordered the tiles"

total=$(cat "$out"/*.wav | wc -c)
for file in "$out"/*.wav; do printf '%-32s %5.2f s\n' "$(basename "$file" .wav)" "$(soxi -D "$file")"; done
echo "$total bytes in all"
[ "$total" -lt 300000 ]
