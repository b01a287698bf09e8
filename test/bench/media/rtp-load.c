// A peer for many RTP streams at once: sends 50 PCMU packets a second on each, and measures what
// comes back by the kernel's own time stamps, so that its own lateness is not taken for the other's.
//
//   rtp-load STREAMS SECONDS [SPEECH]
//
// SPEECH is a file of 16-bit samples at 8 kHz, which the streams send from different places in it.
// What comes back in the first second is not timed: programs warm up.
//
// Prints its ports on one line and reads as many target ports from stdin, sending one packet to each
// as soon as it is known. With the last one it begins to run, and prints one line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 172, PERIOD_US = 20000, BATCH = 64 };
static const long long WARM_UP_NS = 1000000000LL, SLICE_NS = 100000000LL;
static long long timed_from_ns;

struct stream {
  int fd;
  struct sockaddr_in target;
  uint16_t sequence;
  uint32_t timestamp;
  long sent, timed, capacity;
  int first_sequence, furthest;
  long long first_ns, last_ns, max_gap_ns;
  struct arrival {
    double late_ms;
    long long at_ns;
  } *arrivals;
};

static uint8_t *speech;
static long speech_bytes;

static long long now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// ITU-T G.711, the straightforward way.
static uint8_t mu_law(int sample) {
  int sign = sample < 0 ? 0x80 : 0, exponent = 7;
  int magnitude = (sample < 0 ? -sample : sample) + 132;
  if (magnitude > 32767) magnitude = 32767;
  while (exponent > 0 && !(magnitude & (0x80 << exponent))) exponent--;
  return ~(sign | exponent << 4 | (magnitude >> (exponent + 3) & 15));
}

static int read_speech(const char *path) {
  FILE *file = fopen(path, "rb");
  int16_t sample;
  if (!file) return perror(path), 0;
  fseek(file, 0, SEEK_END);
  speech_bytes = ftell(file) / 2;
  rewind(file);
  speech = malloc(speech_bytes + 1);
  for (long i = 0; i < speech_bytes && fread(&sample, 2, 1, file) == 1; i++)
    speech[i] = mu_law(sample);
  fclose(file);
  return speech_bytes >= PACKET;
}

static void send_one(struct stream *s, int index) {
  uint8_t packet[PACKET];
  memset(packet, 0x80 + (s->sequence & 0x1f), sizeof packet);
  if (speech) {
    long at = (index * 7919L + s->sequence) * 160 % (speech_bytes - 160);
    memcpy(packet + 12, speech + at, 160);
  }
  packet[0] = 0x80;
  packet[1] = 0;
  uint16_t sequence = htons(s->sequence++);
  uint32_t timestamp = htonl(s->timestamp), source = htonl(1000 + index);
  memcpy(packet + 2, &sequence, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &source, 4);
  s->timestamp += 160;
  if (sendto(s->fd, packet, PACKET, 0, (void *)&s->target, sizeof s->target) == PACKET) s->sent++;
}

static void take(struct stream *s, const uint8_t *packet, int length, long long at_ns) {
  if (length < 12 || (packet[1] & 0x7f) >= 64 || at_ns < timed_from_ns) return;
  int sequence = packet[2] << 8 | packet[3];
  if (s->timed == 0) {
    s->first_sequence = sequence;
    s->first_ns = at_ns;
  } else if (at_ns - s->last_ns > s->max_gap_ns) {
    s->max_gap_ns = at_ns - s->last_ns;
  }
  s->last_ns = at_ns;
  int ahead = (uint16_t)(sequence - s->first_sequence);
  if (ahead > s->furthest) s->furthest = ahead;
  if (s->timed < s->capacity)
    s->arrivals[s->timed++] = (struct arrival){(at_ns - s->first_ns) / 1e6 - ahead * 20.0, at_ns};
}

static void receive_all(struct stream *s) {
  static uint8_t data[BATCH][2048];
  static char control[BATCH][128];
  static struct iovec parts[BATCH];
  static struct mmsghdr messages[BATCH];
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      parts[i] = (struct iovec){data[i], sizeof data[i]};
      memset(&messages[i], 0, sizeof messages[i]);
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_control = control[i];
      messages[i].msg_hdr.msg_controllen = sizeof control[i];
    }
    int count = recvmmsg(s->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0) return;
    for (int i = 0; i < count; i++) {
      long long at_ns = 0;
      struct msghdr *header = &messages[i].msg_hdr;
      for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        struct timespec t;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        at_ns = t.tv_sec * 1000000000LL + t.tv_nsec;
      }
      if (at_ns) take(s, data[i], messages[i].msg_len, at_ns);
    }
    if (count < BATCH) return;
  }
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static int by_time(const void *a, const void *b) {
  long long x = ((const struct arrival *)a)->at_ns, y = ((const struct arrival *)b)->at_ns;
  return x < y ? -1 : x > y;
}

// The value below which a share of them lies. Leaves them sorted.
static double percentile(double *values, long count, double share) {
  qsort(values, count, sizeof *values, by_value);
  return count ? values[(long)(share * (count - 1))] : -1;
}

static void report(struct stream *streams, int count) {
  long sent = 0, expected = 0, received = 0, at = 0;
  double max_gap_ms = 0;
  for (int i = 0; i < count; i++) {
    sent += streams[i].sent;
    received += streams[i].timed;
    expected += streams[i].timed ? streams[i].furthest + 1 : 0;
    if (streams[i].max_gap_ns / 1e6 > max_gap_ms) max_gap_ms = streams[i].max_gap_ns / 1e6;
  }
  struct arrival *all = malloc(sizeof *all * (received + 1));
  double *values = malloc(sizeof *values * (received + 1));
  for (int i = 0; i < count; i++) {
    struct stream *s = &streams[i];
    // Lateness against the stream's own schedule, which is where its middle packet is.
    for (long k = 0; k < s->timed; k++) values[k] = s->arrivals[k].late_ms;
    double middle = percentile(values, s->timed, 0.5);
    for (long k = 0; k < s->timed; k++, at++) {
      double off = s->arrivals[k].late_ms - middle;
      all[at] = (struct arrival){off < 0 ? -off : off, s->arrivals[k].at_ns};
    }
  }
  qsort(all, at, sizeof *all, by_time);
  printf("{\"sent\":%ld,\"expected\":%ld,\"received\":%ld,\"maxGapMs\":%.3f,\"p99JitterOverTimeMs\":[",
         sent, expected, received, max_gap_ms);
  for (long from = 0, to; from < at; from = to) {
    long long until_ns = all[from].at_ns + SLICE_NS;
    for (to = from; to < at && all[to].at_ns < until_ns; to++) values[to - from] = all[to].late_ms;
    printf("%s%.3f", from ? "," : "", percentile(values, to - from, 0.99));
  }
  for (long k = 0; k < at; k++) values[k] = all[k].late_ms;
  printf("],\"p50JitterMs\":%.3f,", percentile(values, at, 0.5));
  printf("\"p99JitterMs\":%.3f}\n", percentile(values, at, 0.99));
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1;
  int seconds = argc > 2 ? atoi(argv[2]) : 5;
  if (argc > 3 && !read_speech(argv[3])) return 1;
  struct stream *streams = calloc(count, sizeof *streams);
  long long *told_ns = calloc(count, sizeof *told_ns);
  int poll = epoll_create1(0);
  for (int i = 0; i < count; i++) {
    struct stream *s = &streams[i];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int on = 1;
    s->fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (s->fd < 0 || bind(s->fd, (void *)&at, sizeof at) < 0) return perror("bind"), 1;
    setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    getsockname(s->fd, (void *)&at, &length);
    s->capacity = 50L * (seconds + 2);
    s->arrivals = calloc(s->capacity, sizeof *s->arrivals);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    epoll_ctl(poll, EPOLL_CTL_ADD, s->fd, &event);
    printf("%d ", ntohs(at.sin_port));
  }
  printf("\n");
  fflush(stdout);
  for (int i = 0; i < count; i++) {
    int port;
    if (scanf("%d", &port) != 1) return 1;
    streams[i].target = (struct sockaddr_in){.sin_family = AF_INET,
                                             .sin_port = htons(port),
                                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    send_one(&streams[i], i);
    told_ns[i] = now_ns(CLOCK_MONOTONIC);
  }
  long long start = now_ns(CLOCK_MONOTONIC), end = start + seconds * 1000000000LL;
  // A pause is not a late packet.
  for (int i = 0; i < count; i++) streams[i].timestamp += (start - told_ns[i]) / 125000;
  long long total = (long long)count * seconds * 50, done = 0;
  struct epoll_event events[256];
  timed_from_ns = now_ns(CLOCK_REALTIME) + WARM_UP_NS;
  for (;;) {
    long long now = now_ns(CLOCK_MONOTONIC);
    if (now >= end + 300000000LL) break;
    // Streams are spread evenly over the 20 ms.
    long long due = (now - start) * count / (PERIOD_US * 1000LL);
    if (due > total) due = total;
    for (; done < due; done++) send_one(&streams[done % count], done % count);
    int ready = epoll_wait(poll, events, 256, 1);
    for (int i = 0; i < ready; i++) receive_all(events[i].data.ptr);
  }
  report(streams, count);
  return 0;
}
