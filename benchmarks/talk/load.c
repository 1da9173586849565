/* The load of benchmarks.chat: many sockets that are signed in already, on one epoll.

   It is told on its standard input who is in which conversation and who speaks, and hands back one line of
   JSON. Whatever the protocol, a message carries a mark with its conversation, its sender, its number and
   the moment it was sent; the mark is looked for in the bytes that arrive, so nothing is parsed. Of every
   message it is checked that each member hears it once, in the order of each sender, and that all members
   of a conversation hear all of it in the same order. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 1 << 18, MARK = 43, BODY = 200, ID = 19, RING = 1024, BUCKET_US = 10, BUCKETS = 1 << 21 };

typedef struct { int fd, stopped; size_t kept, waiting, room; char *out, tail[MARK]; } Client;
typedef struct { int conversation, client, local; char *text; size_t size, id, body; uint32_t sent; uint16_t missing[RING]; } Sender;
typedef struct { int members, echo, senders; int16_t *place; uint32_t *last; uint64_t *order; char *deaf; } Conversation;

static Client *clients; static Sender *senders; static Conversation *conversations;
static int clients_n, senders_n, conversations_n, picks_n, epoll_, ws, run, *picks, next_pick;
static uint32_t *histogram;
static uint64_t sent, heard, in_flight, longest_us, last_us, due_n;
static double seconds, per_s;
static int each, at_once;

static void end(const char *wrong, ...) {
    char text[300];
    va_list args;
    va_start(args, wrong);
    vsnprintf(text, sizeof text, wrong, args);
    va_end(args);
    printf("{\"wrong\": \"%s\"}\n", text);
    exit(0);
}

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void *many(size_t count, size_t size) {
    void *found = calloc(count ? count : 1, size);
    if (!found) end("out of memory");
    return found;
}

/* Saying ------------------------------------------------------------------------------------- */

static void watch(Client *one, int how) {
    struct epoll_event event = {.events = (one->stopped ? 0 : EPOLLIN) | how, .data.u32 = one - clients};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, one->fd, &event);
}

static void push(Client *one) {
    ssize_t went = write(one->fd, one->out, one->waiting);
    if (went < 0 && errno != EAGAIN) end("a socket broke while writing: %s", strerror(errno));
    if (went > 0) memmove(one->out, one->out + went, one->waiting -= went);
    watch(one, one->waiting ? EPOLLOUT : 0);
}

static void put(Client *one, const char *bytes, size_t size) {
    if (!one->waiting) {
        ssize_t went = write(one->fd, bytes, size);
        if (went == (ssize_t)size) return;
        if (went < 0 && errno != EAGAIN) end("a socket broke while writing: %s", strerror(errno));
        if (went > 0) { bytes += went; size -= went; }
    }
    if (one->waiting + size > one->room) one->out = realloc(one->out, one->room = 2 * (one->waiting + size));
    memcpy(one->out + one->waiting, bytes, size);
    one->waiting += size;
    watch(one, EPOLLOUT);
}

static void say(int number, uint64_t at_us) {
    Sender *by = &senders[number];
    Conversation *in = &conversations[by->conversation];
    char id[32], mark[64], frame[8 + 4096];
    uint32_t count = ++by->sent;
    if (by->missing[count % RING]) end("more than %d messages of one sender are under way", RING);
    snprintf(id, sizeof id, "r%02d.%06d.%08u", run % 100, number, count);
    snprintf(mark, sizeof mark, "@@%06d.%06d.%08u.%016llu@@", by->conversation, number, count, (unsigned long long)at_us);
    memcpy(by->text + by->id, id, ID);
    memcpy(by->text + by->body, mark, MARK);
    int hearers = in->members - !in->echo;
    for (int m = 0; m < in->members; m++) hearers -= in->deaf[m];
    by->missing[count % RING] = hearers;
    in_flight++, sent++;
    if (!ws) { put(&clients[by->client], by->text, by->size); return; }
    static const unsigned char mask[4] = {0x5a, 0x17, 0xc3, 0x2e};
    size_t size = by->size;
    frame[0] = (char)0x81, frame[1] = (char)0xfe, frame[2] = size >> 8, frame[3] = size & 255;
    memcpy(frame + 4, mask, 4);
    for (size_t i = 0; i < size; i++) frame[8 + i] = by->text[i] ^ mask[i & 3];
    put(&clients[by->client], frame, 8 + size);
}

/* Hearing ------------------------------------------------------------------------------------ */

static void complete(int number, uint64_t now, uint64_t until) {
    in_flight--;
    last_us = now;
    if (now >= until || per_s > 0) return;
    if (each) say(number, now);
    else say(picks[next_pick++ % picks_n], now);
}

static void hear(int client, const char *mark, uint64_t now, uint64_t until) {
    unsigned conversation, number, count;
    unsigned long long at;
    char text[MARK + 1];
    memcpy(text, mark, MARK);
    text[MARK] = 0;
    if (sscanf(text, "@@%6u.%6u.%8u.%16llu@@", &conversation, &number, &count, &at) != 4) return;
    if (conversation >= (unsigned)conversations_n || number >= (unsigned)senders_n) end("a message of another run");
    Conversation *in = &conversations[conversation];
    Sender *by = &senders[number];
    int place = in->place[client];
    if (place < 0) end("client %d heard of conversation %u, which it is not in", client, conversation);
    uint32_t *last = &in->last[place * in->senders + by->local];
    if (count != *last + 1) end("client %d heard %u of sender %u after %u", client, count, number, *last);
    *last = count;
    in->order[place] = (in->order[place] * 1099511628211ULL) ^ (((uint64_t)number << 32) | count);
    uint64_t took = now > at ? now - at : 0, bucket = took / BUCKET_US;
    histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    if (took > longest_us) longest_us = took;
    heard++;
    if (!--by->missing[count % RING]) complete(number, now, until);
}

static void take(Client *one, uint64_t until) {
    static char bytes[MARK + CHUNK];
    memcpy(bytes, one->tail, one->kept);
    ssize_t came = read(one->fd, bytes + one->kept, CHUNK);
    if (came == 0) end("the server closed client %d", (int)(one - clients));
    if (came < 0) { if (errno == EAGAIN) return; end("a socket broke: %s", strerror(errno)); }
    uint64_t now = now_us();
    char *at = bytes, *stop = bytes + one->kept + came, *found;
    while ((found = memmem(at, stop - at, "@@", 2)) && stop - found >= MARK) {
        if (found[MARK - 1] == '@' && found[8] == '.') { hear(one - clients, found, now, until); at = found + MARK; }
        else at = found + 1;
    }
    size_t rest = stop - (found ? found : at);
    if (!found && rest > 1) rest = 1;  /* Half of a mark's beginning. */
    memmove(one->tail, stop - rest, one->kept = rest);
}

/* The run ------------------------------------------------------------------------------------ */

static uint64_t percentile(double share) {
    uint64_t want = heard * share, so_far = 0;
    for (int i = 0; i < BUCKETS; i++) if ((so_far += histogram[i]) > want) return (uint64_t)i * BUCKET_US;
    return longest_us;
}

static void same_order(void) {
    for (int c = 0; c < conversations_n; c++) {
        Conversation *in = &conversations[c];
        int first = -1;
        for (int m = 0; in->echo && m < in->members; m++) {
            if (in->deaf[m]) continue;
            if (first < 0) first = m;
            else if (in->order[m] != in->order[first]) end("members %d and %d of conversation %d heard another order", first, m, c);
        }
    }
}

static void go(void) {
    uint64_t begun = now_us(), until = begun + seconds * 1e6, give_up = until + 60000000;
    if (each) for (int k = 0; k < each; k++) for (int s = 0; s < senders_n; s++) say(s, begun);
    else if (per_s <= 0) for (int k = 0; k < at_once; k++) say(picks[next_pick++ % picks_n], begun);
    struct epoll_event events[512];
    for (;;) {
        uint64_t now = now_us();
        while (per_s > 0 && now < until && begun + due_n * 1e6 / per_s <= now) {
            uint64_t due = begun + due_n++ * 1e6 / per_s;
            say(picks[next_pick++ % picks_n], due);
        }
        if (now >= until && !in_flight) break;
        if (now > give_up) end("%llu messages did not reach everybody", (unsigned long long)in_flight);
        int n = epoll_wait(epoll_, events, 512, per_s > 0 ? 1 : 100);
        for (int i = 0; i < n; i++) {
            Client *one = &clients[events[i].data.u32];
            if (one->stopped) { epoll_ctl(epoll_, EPOLL_CTL_DEL, one->fd, 0); continue; }
            if (events[i].events & EPOLLOUT) push(one);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) take(one, until);
        }
    }
    same_order();
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"wrong\": \"\", \"sent\": %llu, \"heard\": %llu, \"seconds\": %.6f, \"p50_us\": %llu, \"p99_us\": %llu,"
           " \"longest_us\": %llu, \"own_cpu_s\": %.3f}\n",
           (unsigned long long)sent, (unsigned long long)heard, (last_us - begun) / 1e6,
           (unsigned long long)percentile(0.5), (unsigned long long)percentile(0.99), (unsigned long long)longest_us,
           used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
}

/* What it is told ---------------------------------------------------------------------------- */

static int number(void) {
    int found;
    if (scanf("%d", &found) != 1) end("bad input");
    return found;
}

static void read_conversation(Conversation *in) {
    in->echo = number();
    in->members = number();
    in->place = many(clients_n, sizeof *in->place);
    memset(in->place, 255, clients_n * sizeof *in->place);
    in->deaf = many(in->members, 1);
    in->order = many(in->members, sizeof *in->order);
    for (int m = 0; m < in->members; m++) {
        int client = number();
        in->place[client] = m;
        in->deaf[m] = clients[client].stopped;
    }
}

static void read_sender(Sender *by) {
    static char text[8192];
    by->conversation = number();
    by->client = number();
    by->local = conversations[by->conversation].senders++;
    if (scanf(" %8191[^\n]", text) != 1) end("bad input");
    by->text = strdup(text);
    by->size = strlen(text);
    char *id = strchr(by->text, 1), *body = strchr(by->text, 2);
    if (!id || !body || by->size > 4096) end("bad template");
    by->id = id - by->text, by->body = body - by->text;
    memset(body, 'x', BODY);
}

int main(void) {
    char protocol[8];
    if (scanf("%7s", protocol) != 1) end("bad input");
    ws = !strcmp(protocol, "ws");
    run = number();
    if (scanf("%lf %d %d %lf", &seconds, &each, &at_once, &per_s) != 4) end("bad input");
    histogram = many(BUCKETS, sizeof *histogram);
    epoll_ = epoll_create1(0);
    clients = many(clients_n = number(), sizeof *clients);
    for (int i = 0; i < clients_n; i++) clients[i].fd = number(), clients[i].stopped = number();
    conversations = many(conversations_n = number(), sizeof *conversations);
    for (int i = 0; i < conversations_n; i++) read_conversation(&conversations[i]);
    senders = many(senders_n = number(), sizeof *senders);
    for (int i = 0; i < senders_n; i++) read_sender(&senders[i]);
    picks = many(picks_n = number(), sizeof *picks);
    for (int i = 0; i < picks_n; i++) picks[i] = number();
    for (int i = 0; i < conversations_n; i++)
        conversations[i].last = many((size_t)conversations[i].members * conversations[i].senders, sizeof(uint32_t));
    for (int i = 0; i < clients_n; i++) {
        fcntl(clients[i].fd, F_SETFL, fcntl(clients[i].fd, F_GETFL) | O_NONBLOCK);
        struct epoll_event event = {.events = clients[i].stopped ? 0 : EPOLLIN, .data.u32 = i};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, clients[i].fd, &event)) end("cannot watch a socket");
    }
    go();
    return 0;
}
