#include "base/mapped_files.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>

#include "base/printable.h"

namespace btfx {

// A signal handler may neither lock nor allocate, so what it needs is in tables whose slots are taken and freed with
// atomic operations only.
struct MappingRecord::Slot {
  std::atomic<bool> is_taken = false;
  std::atomic<std::uintptr_t> start = 0, end = 0;
  std::atomic<const char*> path = nullptr;
};

struct TemporaryRecord::Slot {
  std::atomic<bool> is_taken = false, is_set = false;
  char path[PATH_MAX] = {};
};

namespace {

// Many more than the inputs and outputs in flight. When the first table is full, a file is read instead of mapped; when
// the second is, a signal may leave a temporary file behind.
std::array<MappingRecord::Slot, 1024> mappings;
std::array<TemporaryRecord::Slot, 256> temporaries;
std::atomic<bool> is_ending = false;
std::atomic<int> creating = 0;  // threads that are creating a temporary file
std::atomic<void (*)(const char*)> end_program = nullptr;

template <typename Table>
auto* take_place(Table& table) {
  for (auto& place : table) {
    if (!place.is_taken.load(std::memory_order_relaxed) && !place.is_taken.exchange(true)) return &place;
  }
  return static_cast<typename Table::value_type*>(nullptr);
}

const char* path_at(std::uintptr_t address) {
  for (const MappingRecord::Slot& place : mappings) {
    if (address >= place.start && address < place.end) return place.path;
  }
  return nullptr;
}

void sleep_for_milliseconds(long count) {
  const timespec time{.tv_sec = 0, .tv_nsec = count * 1000 * 1000};
  ::nanosleep(&time, nullptr);
}

constexpr std::array stopping_signals{SIGHUP, SIGINT, SIGTERM};

/// `is_ending` is true. Other threads go on, but create no more temporary files; one that was just doing so is waited
/// for, unless its file system does not answer.
void remove_temporaries() {
  constexpr int longest_wait = 5000;  // milliseconds
  for (int i = 0; i < longest_wait && creating != 0; ++i) sleep_for_milliseconds(1);
  for (const TemporaryRecord::Slot& place : temporaries) {
    if (place.is_set) ::unlink(place.path);
  }
}

void handle_lost_mapping(int signal, siginfo_t* details, void* /*context*/) {
  const bool is_sent = details->si_code <= 0;  // by a process, so that there is no address
  const char* path = is_sent ? nullptr : path_at(reinterpret_cast<std::uintptr_t>(details->si_addr));
  if (path == nullptr) {
    std::signal(signal, SIG_DFL);     // NOLINT(cert-err33-c): cannot fail; a fault happens again
    if (is_sent) std::raise(signal);  // NOLINT(cert-err33-c): once the handler is left
    return;
  }
  if (is_ending.exchange(true)) {
    while (true) ::pause();  // another thread got here first
  }
  remove_temporaries();
  end_program.load()(path);
}

void handle_stop(int signal) {
  if (is_ending.exchange(true)) return;  // an earlier signal, perhaps on this thread, is about to end it
  remove_temporaries();
  std::signal(signal, SIG_DFL);  // NOLINT(cert-err33-c): cannot fail
  sigset_t these;
  ::sigemptyset(&these);
  ::sigaddset(&these, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &these, nullptr);
  std::raise(signal);  // NOLINT(cert-err33-c): returns in process 1 alone
  ::_exit(128 + signal);
}

}  // namespace

void on_lost_mapping(void (*end)(const char* path)) {
  end_program = end;
  struct sigaction action {};
  action.sa_sigaction = handle_lost_mapping;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

void clean_up_when_stopped() {
  for (const int signal : stopping_signals) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_DFL) continue;  // nohup, or a shell's background job: it is to go on
    action.sa_handler = handle_stop;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
  }
}

MappingRecord::MappingRecord(const void* start, std::size_t size, std::string_view path)
    : path_(printable(path)), place_(take_place(mappings)) {
  if (place_ == nullptr) return;
  place_->path = path_.c_str();
  place_->start = reinterpret_cast<std::uintptr_t>(start);
  place_->end = reinterpret_cast<std::uintptr_t>(start) + size;
}

MappingRecord::~MappingRecord() {
  if (place_ == nullptr) return;
  place_->end = 0;
  place_->is_taken = false;
}

CreatingTemporary::CreatingTemporary() {
  sigset_t stopping;
  ::sigemptyset(&stopping);
  for (const int signal : stopping_signals) ::sigaddset(&stopping, signal);
  ::pthread_sigmask(SIG_BLOCK, &stopping, &signals_before_);  // else the handler could wait for this thread itself
  ++creating;
  if (!is_ending) return;
  --creating;  // `creating` is read after `is_ending` is set, so that one of the two sides sees the other
  while (true) ::pause();
}

CreatingTemporary::~CreatingTemporary() {
  --creating;
  ::pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
}

TemporaryRecord::TemporaryRecord(const std::string& path) {
  if (path.size() >= sizeof(Slot::path)) return;
  place_ = take_place(temporaries);
  if (place_ == nullptr) return;
  std::memcpy(place_->path, path.c_str(), path.size() + 1);
  place_->is_set = true;
}

TemporaryRecord::~TemporaryRecord() {
  if (place_ == nullptr) return;
  // In this order: a place is free when the handler does not look at it any more.
  place_->is_set = false;
  place_->is_taken = false;
}

}  // namespace btfx
