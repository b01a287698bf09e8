// A peer for many RTP streams at once: sends 50 PCMU packets a second on each, and measures what
// comes back by the kernel's own time stamps, so that its own lateness is not taken for the other's.
//
//   rtp-load STREAMS SECONDS [silent]
//
// What comes back in the first second is counted but not timed: programs warm up.
//
// Prints its ports on one line, reads as many target ports from stdin, runs, prints one line of JSON.
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
static const long long WARM_UP_NS = 1000000000LL;
static long long timed_from_ns;

struct stream {
  int fd;
  struct sockaddr_in target;
  uint16_t sequence;
  uint32_t timestamp;
  long sent, received, timed, capacity;
  int first_sequence;
  long long first_ns, last_ns, max_gap_ns;
  double *late_ms;
};

static long long now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void send_one(struct stream *s, uint32_t ssrc) {
  uint8_t packet[PACKET];
  memset(packet, 0x80 + (s->sequence & 0x1f), sizeof packet);
  packet[0] = 0x80;
  packet[1] = 0;
  uint16_t sequence = htons(s->sequence++);
  uint32_t timestamp = htonl(s->timestamp), source = htonl(ssrc);
  memcpy(packet + 2, &sequence, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &source, 4);
  s->timestamp += 160;
  if (sendto(s->fd, packet, PACKET, 0, (void *)&s->target, sizeof s->target) == PACKET) s->sent++;
}

static void take(struct stream *s, const uint8_t *packet, int length, long long at_ns) {
  if (length < 12 || (packet[1] & 0x7f) >= 64) return;
  int sequence = packet[2] << 8 | packet[3];
  s->received++;
  if (at_ns < timed_from_ns) return;
  if (s->timed == 0) {
    s->first_sequence = sequence;
    s->first_ns = at_ns;
  } else if (at_ns - s->last_ns > s->max_gap_ns) {
    s->max_gap_ns = at_ns - s->last_ns;
  }
  s->last_ns = at_ns;
  int ahead = (uint16_t)(sequence - s->first_sequence);
  if (s->timed < s->capacity) {
    s->late_ms[s->timed++] = (at_ns - s->first_ns) / 1e6 - ahead * 20.0;
  }
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

static void report(struct stream *streams, int count) {
  long sent = 0, received = 0, values = 0, at = 0;
  double max_gap_ms = 0;
  for (int i = 0; i < count; i++) {
    sent += streams[i].sent;
    received += streams[i].received;
    values += streams[i].timed;
    if (streams[i].max_gap_ns / 1e6 > max_gap_ms) max_gap_ms = streams[i].max_gap_ns / 1e6;
  }
  double *all = malloc(sizeof(double) * (values + 1));
  for (int i = 0; i < count; i++) {
    struct stream *s = &streams[i];
    long n = s->timed;
    if (n == 0) continue;
    // Lateness against the stream's own schedule, which is where its middle packet is.
    double *sorted = malloc(sizeof(double) * n);
    memcpy(sorted, s->late_ms, sizeof(double) * n);
    qsort(sorted, n, sizeof(double), by_value);
    double middle = sorted[n / 2];
    for (long k = 0; k < n; k++) {
      double off = s->late_ms[k] - middle;
      all[at++] = off < 0 ? -off : off;
    }
    free(sorted);
  }
  qsort(all, at, sizeof(double), by_value);
  printf("{\"sent\":%ld,\"received\":%ld,\"p50JitterMs\":%.3f,\"p99JitterMs\":%.3f,\"maxGapMs\":%.3f}\n",
         sent, received, at ? all[at / 2] : -1, at ? all[at * 99 / 100] : -1, max_gap_ms);
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1;
  int seconds = argc > 2 ? atoi(argv[2]) : 5;
  int silent = argc > 3 && strcmp(argv[3], "silent") == 0;
  struct stream *streams = calloc(count, sizeof *streams);
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
    s->late_ms = calloc(s->capacity, sizeof(double));
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
  }
  long long start = now_ns(CLOCK_MONOTONIC), end = start + seconds * 1000000000LL;
  long long total = (long long)count * seconds * 50, done = 0;
  struct epoll_event events[256];
  timed_from_ns = now_ns(CLOCK_REALTIME) + WARM_UP_NS;
  for (;;) {
    long long now = now_ns(CLOCK_MONOTONIC);
    if (now >= end + 300000000LL) break;
    // Streams are spread evenly over the 20 ms.
    long long due = (now - start) * count / (PERIOD_US * 1000LL);
    if (due > total) due = total;
    while (!silent && done < due) send_one(&streams[done % count], 1000 + done % count), done++;
    int ready = epoll_wait(poll, events, 256, 1);
    for (int i = 0; i < ready; i++) receive_all(events[i].data.ptr);
  }
  report(streams, count);
  return 0;
}
