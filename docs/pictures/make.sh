#!/bin/sh
# Draws the pictures of docs/detectors from the bundled clips and from tones made here.
# Needs sox. Run from anywhere: sh docs/pictures/make.sh
set -eu
cd "$(dirname "$0")"
assets=../../packages/session/assets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Up to 4 kHz, 60 dB deep, quantised to few colours: small files.
draw() {
  sox "$work/$1.wav" -n rate 8k spectrogram -x 640 -y 129 -z 60 -q 48 -l -t "$2" -c "" -o "$1.png"
}
tone() { # file seconds synth-arguments...
  out=$1
  seconds=$2
  shift 2
  sox -n -r 8000 -c 1 -b 16 "$work/$out.wav" synth "$seconds" "$@" gain -12
}
join() { # file parts...
  out=$1
  shift
  set -- "$@" "$work/$out.wav"
  sox "$@"
}

tone gap 0.7 sine 0 vol 0
tone long_gap 2.6 sine 0 vol 0
tone moment 0.3 sine 0 vol 0

# Greeting: a person beside a machine.
join greeting "$work/moment.wav" "$assets/hello.wav" "$work/long_gap.wav" "$assets/voicemail_greeting.wav"
draw greeting "a hello and a pause, then a voicemail greeting"

# Beep after a greeting.
tone tone_beep 0.4 sine 1000
join beep "$assets/voicemail_greeting.wav" "$work/gap.wav" "$work/tone_beep.wav" "$work/gap.wav"
draw beep "a greeting, 0.7 s, a beep of 1000 Hz"

# Special information tone: vacant code, then the announcement.
tone sit1 0.38 sine 985.2
tone sit2 0.274 sine 1370.6
tone sit3 0.38 sine 1776.7
join special-information-tone "$work/sit1.wav" "$work/sit2.wav" "$work/sit3.wav" "$work/moment.wav" "$assets/announcement_not_in_service.wav"
draw special-information-tone "vacant code: 985, 1371, 1777 Hz, then words"

# Call progress: US busy, US ringback, German busy.
tone half 0.5 sine 0 vol 0
tone busy_on 0.5 sine 480 sine 620 remix -
join call-progress "$work/busy_on.wav" "$work/half.wav" "$work/busy_on.wav" "$work/half.wav" "$work/busy_on.wav" "$work/half.wav"
draw call-progress "US busy tone: 480 and 620 Hz, 500 ms on, 500 ms off"

# Fax: calling tones, then an answer tone.
tone cng 0.5 sine 1100
tone ced 2.6 sine 2100
tone pause3 3 sine 0 vol 0
join fax "$work/cng.wav" "$work/pause3.wav" "$work/cng.wav" "$work/gap.wav" "$work/ced.wav"
draw fax "two calling tones (1100 Hz), then an answer tone (2100 Hz)"

# Post-connect voicemail: a greeting, then silence.
tone quiet 4 sine 0 vol 0
join post-connect-voicemail "$work/moment.wav" "$assets/voicemail_greeting.wav" "$work/quiet.wav"
draw post-connect-voicemail "a greeting, then silence of both sides"

# Silence: nothing but line noise.
sox -n -r 8000 -c 1 -b 16 "$work/silence.wav" synth 7 whitenoise gain -58
draw silence "seven seconds of line noise: nobody speaks"
