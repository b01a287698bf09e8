#!/bin/sh
# Draws the pictures of docs/detectors from the bundled clips and from tones made here, each with
# what the page's detector says and when. Needs sox, ImageMagick and the built packages. Run from
# anywhere: npm run setup && sh docs/pictures/make.sh
set -eu
cd "$(dirname "$0")"
assets=../../packages/session/assets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Up to 4 kHz, 60 dB deep, quantised to few colours: small files.
draw() { # file title [detector [early]]
  sox "$work/$1.wav" -n rate 8k spectrogram -x 640 -y 129 -z 60 -q 48 -l -t "$2" -c "" -o "$1.png"
  if [ $# -gt 2 ]; then node mark-verdicts.mjs "$work/$1.wav" "$1.png" "$3" "${4:-}"; fi
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
tone wait 3.5 sine 0 vol 0

# Greeting: a person beside a machine.
join greeting "$work/moment.wav" "$assets/hello.wav" "$work/long_gap.wav" "$work/moment.wav"
join machine "$work/moment.wav" "$assets/voicemail_greeting.wav" "$work/moment.wav" "$assets/ivr_menu.wav" "$work/long_gap.wav"
draw greeting "a person: a hello, and then a wait" greeting
draw machine "a machine: it talks on" greeting
convert greeting.png machine.png -append +dither -colors 64 -strip greeting.png
rm machine.png

# Beep after a greeting.
tone tone_beep 0.4 sine 1000
join beep "$assets/voicemail_greeting.wav" "$work/gap.wav" "$work/tone_beep.wav" "$work/gap.wav"
draw beep "a greeting, 0.7 s, a beep of 1000 Hz" beep

# Special information tone: vacant code, then the announcement.
tone sit1 0.38 sine 985.2
tone sit2 0.274 sine 1370.6
tone sit3 0.38 sine 1776.7
join special-information-tone "$work/sit1.wav" "$work/sit2.wav" "$work/sit3.wav" "$work/moment.wav" "$assets/announcement_not_in_service.wav"
draw special-information-tone "vacant code: 985, 1371, 1777 Hz, then words" specialInformationTone early

# Call progress: US busy, US ringback, German busy.
tone half 0.5 sine 0 vol 0
tone busy_on 0.5 sine 480 sine 620 remix -
join call-progress "$work/busy_on.wav" "$work/half.wav" "$work/busy_on.wav" "$work/half.wav" "$work/busy_on.wav" "$work/half.wav"
draw call-progress "US busy tone: 480 and 620 Hz, 500 ms on, 500 ms off" callProgress early

# Fax: calling tones, then an answer tone.
tone cng 0.5 sine 1100
tone ced 2.6 sine 2100
tone pause3 3 sine 0 vol 0
join fax "$work/cng.wav" "$work/pause3.wav" "$work/cng.wav" "$work/gap.wav" "$work/ced.wav"
draw fax "two calling tones (1100 Hz), then an answer tone (2100 Hz)" fax

# Post-connect voicemail: a greeting, then silence.
tone quiet 4 sine 0 vol 0
join post-connect-voicemail "$work/moment.wav" "$assets/voicemail_greeting.wav" "$work/quiet.wav" "$work/wait.wav"
draw post-connect-voicemail "a greeting, then silence of both sides" postConnectVoicemail

# Silence: nothing but line noise.
sox -n -r 8000 -c 1 -b 16 "$work/silence.wav" synth 7 whitenoise gain -26
draw silence "seven seconds of line noise: nobody speaks" silence

# A hello, for the plain rule.
join human-hello "$work/moment.wav" "$assets/hello.wav" "$work/quiet.wav"
draw human-hello "a hello, then the caller waits" humanHello

# Music: four chords, without a pause.
chord() { # file three frequencies
  sox -n -r 8000 -c 1 -b 16 "$work/$1.wav" synth 0.5 triangle "$2" triangle "$3" triangle "$4" remix - gain -12
}
chord chord1 262 330 392
chord chord2 220 262 330
chord chord3 175 220 262
chord chord4 196 247 294
join verse "$work/chord1.wav" "$work/chord2.wav" "$work/chord3.wav" "$work/chord4.wav"
join music "$work/moment.wav" "$work/verse.wav" "$work/verse.wav" "$work/verse.wav" "$work/verse.wav" "$work/verse.wav" "$work/verse.wav"
draw music "four chords, over and over, without a pause" music

# A message of ours, then a key of theirs (digit 1: 697 and 1209 Hz).
tone key 0.2 sine 697 sine 1209 remix -
join prompt-and-key-press "$assets/reminder.wav" "$work/half.wav" "$work/half.wav" "$work/key.wav" "$work/half.wav"
draw prompt-and-key-press "our message, a second, then the key 1"

# A menu that waits for a key, and says the same again.
join repeated-prompt "$work/moment.wav" "$assets/ivr_menu.wav" "$work/wait.wav" "$assets/ivr_menu.wav" "$work/half.wav"
draw repeated-prompt "a menu, 3.5 s, the same menu" repeatedPrompt

# Answered at once, a question, and silence.
join screening "$work/moment.wav" "$assets/screening.wav" "$work/quiet.wav"
draw screening "answered at once: a question, then silence" screening

# A greeting that the network plays before answer.
join early-speech "$work/moment.wav" "$assets/voicemail_greeting.wav" "$work/quiet.wav"
draw early-speech "before answer: a greeting, then silence" earlySpeech early

# Words: a menu.
join transcript "$work/moment.wav" "$assets/ivr_menu.wav"
draw transcript "For sales, press one. For support, press two."

# Signalling alone: a time line of ringing, 11 px per second from 60 on.
ticks=$(for s in 0 10 20 30 40 50; do
  x=$((60 + 11 * s))
  printf 'line %d,86 %d,92 text %d,106 "%d s" ' "$x" "$x" $((x - 6)) "$s"
done)
convert -size 700x120 xc:white -font DejaVu-Sans -pointsize 12 \
  -fill "#dfe9d8" -draw "rectangle 60,62 93,86" -draw "rectangle 555,62 660,86" \
  -fill "#f3d6d0" -draw "rectangle 93,62 555,86" \
  -fill black -draw "line 60,50 60,86 line 93,40 93,86 line 192,50 192,86 line 555,40 555,86" \
  -draw "text 20,46 '180 Ringing'" -draw "text 98,34 'from 3 s: voicemail'" \
  -draw "text 196,56 '480 after 12 s: voicemail'" -draw "text 470,34 'until 45 s'" \
  -draw "text 562,79 'not picked up'" -draw "$ticks" \
  -draw "text 330,118 'of ringing'" \
  -colors 32 -strip pre-connect-voicemail.png
