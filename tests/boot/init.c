/* All of the user space of a test boot. It works through /plan, a step a line:
 *
 *     load ID NAME PATH    loads the module in PATH, then takes /sys/kernel/btf/NAME
 *     unload ID NAME
 *
 * and writes to the raw disk /dev/vda, which the first steps may have to bring a driver for: for each ID the records
 * ID.status (0, an errno, "signal N" or "hung"), ID.btf when there is one, and ID.log, what the kernel said meanwhile. A record
 * is a line "NAME SIZE", that many bytes, and a newline; the last one is named "end".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { seconds_for_a_load = 240, pause_us = 2000 };

/* What is to be written: all of it is kept, as the disk is there only after some steps. */
static char *kept;
static size_t kept_size, kept_room, written;
static int disk = -1;

static void fail(const char *what) {
  perror(what);
  sync();
  reboot(RB_AUTOBOOT);
  exit(1);
}

static void keep(const void *data, size_t size) {
  if (kept_size + size > kept_room) {
    kept_room = (kept_size + size) * 2;
    kept = realloc(kept, kept_room);
    if (!kept) fail("memory");
  }
  memcpy(kept + kept_size, data, size);
  kept_size += size;
}

static void record(const char *id, const char *what, const void *data, size_t size) {
  char line[300];
  const int length = snprintf(line, sizeof line, "%s%s %zu\n", id, what, size);
  keep(line, (size_t)length);
  keep(data, size);
  keep("\n", 1);
}

static void write_out(void) {
  if (disk < 0) disk = open("/dev/vda", O_WRONLY);
  while (disk >= 0 && written < kept_size) {
    const ssize_t count = write(disk, kept + written, kept_size - written);
    if (count <= 0) fail("/dev/vda");
    written += (size_t)count;
  }
}

/* The contents of a file, to be freed; null when it cannot be read. */
static char *contents(const char *path, size_t *size) {
  size_t room = 1 << 16;
  const int file = open(path, O_RDONLY);
  if (file < 0) return NULL;
  char *data = malloc(room + 1);
  *size = 0;
  for (;;) {
    if (!data) fail("memory");
    const ssize_t count = read(file, data + *size, room - *size);
    if (count < 0) {
      free(data);
      data = NULL;
    }
    if (count <= 0) break;
    *size += (size_t)count;
    if (*size == room) data = realloc(data, (room *= 2) + 1);
  }
  close(file);
  if (data) data[*size] = 0;
  return data;
}

/* A record of /dev/kmsg is "priority,number,time,flags;text", then lines that begin with a blank. */
static void record_log(int kmsg, const char *id) {
  static char text[1 << 20];
  size_t size = 0;
  char line[9000];
  for (;;) {
    const ssize_t count = read(kmsg, line, sizeof line - 1);
    if (count < 0 && errno == EPIPE) continue; /* some were overwritten */
    if (count <= 0) break;
    line[count] = 0;
    const char *start = strchr(line, ';');
    if (!start) continue;
    const size_t length = strcspn(++start, "\n");
    if (size + length + 1 > sizeof text) continue;
    memcpy(text + size, start, length);
    text[size + length] = '\n';
    size += length + 1;
  }
  record(id, ".log", text, size);
}

/* In a child: a module that brings its loader down does not end the run. */
static void load(const char *path, char *status, size_t room) {
  int result = 0;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  const pid_t child = fork();
  if (child == 0) _exit(file < 0 || syscall(SYS_finit_module, file, "", 0) != 0 ? errno : 0);
  if (child < 0) fail("fork");
  long left = seconds_for_a_load * 1000000L / pause_us;
  while (waitpid(child, &result, WNOHANG) != child && left-- > 0) usleep(pause_us);
  if (left < 0)
    snprintf(status, room, "hung");
  else if (WIFSIGNALED(result))
    snprintf(status, room, "signal %d", WTERMSIG(result));
  else
    snprintf(status, room, "%d", WEXITSTATUS(result));
  if (file >= 0) close(file);
}

static void unload(const char *name, char *status, size_t room) {
  int error = 0;
  for (int attempt = 0; attempt < 50; attempt++) {
    error = syscall(SYS_delete_module, name, O_NONBLOCK) == 0 ? 0 : errno;
    if (error != EAGAIN && error != EBUSY) break;
    usleep(100000);
  }
  snprintf(status, room, "%d", error);
}

int main(void) {
  mkdir("/proc", 0755);
  mkdir("/sys", 0755);
  mkdir("/dev", 0755);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  const int console = open("/dev/console", O_RDWR);
  for (int number = 0; console >= 0 && number < 3; number++) dup2(console, number);
  const int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
  if (kmsg < 0) fail("/dev/kmsg");
  record_log(kmsg, "boot");

  size_t size = 0;
  char *plan = contents("/plan", &size);
  if (!plan) fail("/plan");
  for (char *line = strtok(plan, "\n"); line; line = strtok(NULL, "\n")) {
    char action[16], id[64], name[64], path[200] = "", status[32], btf_path[100];
    if (sscanf(line, "%15s %63s %63s %199s", action, id, name, path) < 3) fail("/plan");
    printf("step %s %s\n", id, name);
    if (strcmp(action, "load") == 0) {
      load(path, status, sizeof status);
      snprintf(btf_path, sizeof btf_path, "/sys/kernel/btf/%s", name);
      char *btf = contents(btf_path, &size);
      if (btf) record(id, ".btf", btf, size);
      free(btf);
    } else {
      unload(name, status, sizeof status);
    }
    record(id, ".status", status, strlen(status));
    record_log(kmsg, id);
    write_out();
    /* What oopsed or hangs still holds locks of the module loader. */
    if (status[0] == 's' || status[0] == 'h') break;
  }
  record("end", "", "", 0);
  static char zeros[1 << 12]; /* the driver may write whole blocks only */
  keep(zeros, sizeof zeros);
  write_out();
  if (disk < 0) fail("/dev/vda");
  fsync(disk);
  sync();
  reboot(RB_AUTOBOOT);
  return 1;
}
