/*
 * A client that costs next to nothing, so that the server is what is measured: bodies of answers are dropped in the
 * kernel (MSG_TRUNC), bodies of requests go out by sendfile.
 *
 *   blob-client get HOST PORT AUTHORIZATION CONNECTIONS REPEATS PATH [PATH ...]
 *   blob-client put HOST PORT AUTHORIZATION UPLOADS-PATH FILE DIGEST [FILE DIGEST ...]
 *
 * get: each connection fetches REPEATS times, going round the paths. put: one connection for each file, all at once.
 * AUTHORIZATION is the header's value, or "-". Prints: bytes, seconds of wall time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 16384, DROP = 1 << 20 };

static const char *host, *authorization, *uploads_path;
static int port, repeats, path_count;
static char **paths;

struct job {
	int index;
	const char *file, *digest;
	long long bytes;
	pthread_t thread;
};

static void die(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	exit(1);
}

static int dial(void) {
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("not an address: %s", host);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die("cannot connect to %s:%d", host, port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static void send_head(int fd, const char *method, const char *path, long long length) {
	char head[HEAD_MAX];
	int size = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s:%d\r\n", method, path, host, port);
	if (strcmp(authorization, "-") != 0) size += snprintf(head + size, sizeof head - size, "Authorization: %s\r\n", authorization);
	if (length >= 0) size += snprintf(head + size, sizeof head - size, "Content-Type: application/octet-stream\r\nContent-Length: %lld\r\n", length);
	size += snprintf(head + size, sizeof head - size, "\r\n");
	if (size >= (int)sizeof head || send(fd, head, size, MSG_NOSIGNAL) != size) die("cannot send the request");
}

static int header(const char *head, const char *name, char *value, size_t size) {
	size_t length = strlen(name);
	for (const char *line = strstr(head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':') continue;
		const char *from = line + 3 + length + strspn(line + 3 + length, " ");
		snprintf(value, size, "%.*s", (int)strcspn(from, "\r"), from);
		return 1;
	}
	return 0;
}

/* Reads an answer whole, drops its body, and returns the length of the body. */
static long long receive(int fd, int status, char *head) {
	static __thread char drop[DROP];
	int have = 0;
	char *end, value[64];
	while (head[have] = 0, (end = strstr(head, "\r\n\r\n")) == NULL) {
		ssize_t got = have < HEAD_MAX - 1 ? recv(fd, head + have, HEAD_MAX - 1 - have, 0) : 0;
		if (got <= 0) die("the connection ended before the answer's head");
		have += got;
	}
	int answered = atoi(head + 9);
	if (answered != status) die("answered %d, not %d: %.300s", answered, status, head);
	long long total = header(head, "content-length", value, sizeof value) ? atoll(value) : 0;
	long long left = total - (have - (end + 4 - head));
	end[2] = 0;
	while (left > 0) {
		ssize_t got = recv(fd, drop, left < DROP ? left : DROP, MSG_TRUNC);
		if (got <= 0) die("the connection ended %lld bytes early", left);
		left -= got;
	}
	return total;
}

static void *get(void *argument) {
	struct job *job = argument;
	char head[HEAD_MAX];
	int fd = dial();
	for (int i = 0; i < repeats; i++) {
		send_head(fd, "GET", paths[(job->index + i) % path_count], -1);
		job->bytes += receive(fd, 200, head);
	}
	close(fd);
	return NULL;
}

static void *put(void *argument) {
	struct job *job = argument;
	char head[HEAD_MAX], location[4096], path[4400];
	struct stat stat;
	int fd = dial(), file = open(job->file, O_RDONLY);
	if (file < 0 || fstat(file, &stat) < 0) die("cannot read %s", job->file);
	send_head(fd, "POST", uploads_path, 0);
	receive(fd, 202, head);
	if (!header(head, "location", location, sizeof location)) die("no Location");
	char *from = strncmp(location, "http", 4) == 0 ? strchr(location + 8, '/') : location;
	snprintf(path, sizeof path, "%s%cdigest=%s", from, strchr(from, '?') ? '&' : '?', job->digest);
	send_head(fd, "PUT", path, stat.st_size);
	for (off_t offset = 0; offset < stat.st_size;) {
		if (sendfile(fd, file, &offset, stat.st_size - offset) <= 0) die("cannot send %s", job->file);
	}
	receive(fd, 201, head);
	job->bytes = stat.st_size;
	close(file);
	close(fd);
	return NULL;
}

int main(int count, char **arguments) {
	if (count < 7) die("usage: blob-client get|put HOST PORT AUTHORIZATION ...");
	int putting = strcmp(arguments[1], "put") == 0;
	host = arguments[2];
	port = atoi(arguments[3]);
	authorization = arguments[4];
	int jobs = putting ? (count - 6) / 2 : atoi(arguments[5]);
	if (putting) {
		uploads_path = arguments[5];
	} else {
		repeats = atoi(arguments[6]);
		paths = arguments + 7;
		path_count = count - 7;
	}
	struct job *job = calloc(jobs, sizeof *job);
	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < jobs; i++) {
		job[i].index = i;
		if (putting) {
			job[i].file = arguments[6 + 2 * i];
			job[i].digest = arguments[7 + 2 * i];
		}
		if (pthread_create(&job[i].thread, NULL, putting ? put : get, &job[i]) != 0) die("no thread");
	}
	long long bytes = 0;
	for (int i = 0; i < jobs; i++) {
		pthread_join(job[i].thread, NULL);
		bytes += job[i].bytes;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%lld %.6f\n", bytes, (end.tv_sec - begin.tv_sec) + (end.tv_nsec - begin.tv_nsec) / 1e9);
	return 0;
}
