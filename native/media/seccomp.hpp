// Takes from this process every system call that decoding does not need (seccomp(2), Linux).
#pragma once

#include <cerrno>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace takeback {

// A program of the kernel's packet filter, built up rule by rule; the first that fits decides.
class SystemCallRules {
 public:
  SystemCallRules() {
    load(offsetof(seccomp_data, arch));
    answer_unless(BPF_JEQ, kArchitecture, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#ifdef __x86_64__
    // The calls of the x32 interface go by the same architecture and would slip past all rules.
    constexpr uint32_t kX32Calls = 0x40000000;
    add(BPF_JMP | BPF_JGE | BPF_K, kX32Calls, 0, 1);
    answer(SECCOMP_RET_KILL_PROCESS);
#endif
  }

  void allow(long call) { on(call, SECCOMP_RET_ALLOW); }

  // The caller is told that it may not, and goes on: for what libraries try and do without.
  void refuse(long call, int error) {
    on(call, SECCOMP_RET_ERRNO | (static_cast<uint32_t>(error) & SECCOMP_RET_DATA));
  }

  // Refused with other arguments, compared by their lower 32 bits: all looked at are ints.
  // `values` are those of the first arguments.
  void allow_if_equal(long call, std::initializer_list<uint32_t> values) {
    constexpr size_t kRulesAValue = 3;
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0,
        static_cast<uint8_t>(kRulesAValue * values.size() + 1));
    int argument = 0;
    for (const uint32_t value : values) {
      load_argument(argument++);
      answer_unless(BPF_JEQ, value, SECCOMP_RET_ERRNO | EPERM);
    }
    answer(SECCOMP_RET_ALLOW);
  }
  void allow_if_any_bit(long call, int argument, uint32_t bits) {
    allow_if_bits(call, argument, bits, true);
  }
  void allow_if_no_bit(long call, int argument, uint32_t bits) {
    allow_if_bits(call, argument, bits, false);
  }

  // Puts the rules in force for all threads, for good; whatever no rule allows kills the process.
  // Returns 0, or the error number for which the kernel would not.
  int enforce() {
    answer(SECCOMP_RET_KILL_PROCESS);
    const sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
    // Nothing here is worth guarding from itself: no slower speculation for having a filter.
    constexpr unsigned kFlags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    const long result = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &program);
    if (result > 0) return EAGAIN;  // a thread that could not be brought along
    return result == 0 ? 0 : errno;
  }

 private:
#ifdef __x86_64__
  static constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#else
  static constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

  void add(int code, uint32_t value, uint8_t if_true = 0, uint8_t if_false = 0) {
    program_.push_back({static_cast<uint16_t>(code), if_true, if_false, value});
  }
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  void answer(uint32_t action) { add(BPF_RET | BPF_K, action); }
  void answer_unless(int test, uint32_t value, uint32_t action) {
    add(BPF_JMP | test | BPF_K, value, 1, 0);
    answer(action);
  }
  void on(long call, uint32_t action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 1);
    answer(action);
  }
  void load_argument(int argument) {
    load(offsetof(seccomp_data, args) + sizeof(uint64_t) * static_cast<size_t>(argument));
  }
  void allow_if_bits(long call, int argument, uint32_t bits, bool expected) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 4);
    load_argument(argument);
    add(BPF_JMP | BPF_JSET | BPF_K, bits, expected ? 0 : 1, expected ? 1 : 0);
    answer(SECCOMP_RET_ALLOW);
    answer(SECCOMP_RET_ERRNO | EPERM);
  }

  std::vector<sock_filter> program_;
};

// Leaves this process what it needs to compute and to talk over what is open: memory, threads,
// clocks. It can open nothing, connect nowhere, start nothing, signal nobody else, and make no
// memory executable. What libraries try and do without is refused; all else kills it (SIGSYS).
// It must have given up new privileges (PR_SET_NO_NEW_PRIVS) before. For good. Returns 0, or the
// error number for which the kernel would not.
inline int forbid_system_calls() {
  SystemCallRules rules;
  // Talking to the parent, and files that are open.
  for (const long call : {__NR_read, __NR_write, __NR_recvfrom, __NR_recvmsg, __NR_sendto,
                          __NR_ppoll, __NR_close, __NR_lseek, __NR_fstat,
                          __NR_getcwd}) {
    rules.allow(call);
  }
#ifdef __NR_poll
  rules.allow(__NR_poll);
#endif
  // Memory.
  for (const long call : {__NR_brk, __NR_munmap, __NR_mremap, __NR_madvise}) rules.allow(call);
  rules.allow_if_no_bit(__NR_mmap, 2, PROT_EXEC);
  rules.allow_if_no_bit(__NR_mprotect, 2, PROT_EXEC);
  // Threads: the HEVC decoder starts some. New processes come by the same call.
  rules.allow_if_any_bit(__NR_clone, 0, CLONE_THREAD);
  rules.refuse(__NR_clone3, ENOSYS);  // its arguments can't be looked at; libc then uses clone
  for (const long call : {__NR_futex, __NR_set_robust_list, __NR_rseq, __NR_sched_yield,
                          __NR_sched_getaffinity, __NR_gettid, __NR_getpid, __NR_exit}) {
    rules.allow(call);
  }
  // Clocks, chance, what was used and may be used.
  for (const long call : {__NR_clock_gettime, __NR_clock_nanosleep, __NR_nanosleep,
                          __NR_gettimeofday, __NR_getrandom, __NR_getrusage, __NR_sysinfo}) {
    rules.allow(call);
  }
  // Its own processor time, which is bounded anew for each picture; no other limit.
  rules.allow_if_equal(__NR_prlimit64, {0, RLIMIT_CPU});
  // Signals to itself, and the end.
  for (const long call : {__NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigreturn,
                          __NR_sigaltstack, __NR_restart_syscall, __NR_exit_group}) {
    rules.allow(call);
  }
  rules.allow_if_equal(__NR_tgkill, {static_cast<uint32_t>(getpid())});
  // What is tried and done without.
  for (const long call : {__NR_openat, __NR_faccessat, __NR_readlinkat}) {
    rules.refuse(call, EACCES);
  }
#ifdef __NR_open
  for (const long call : {__NR_open, __NR_access, __NR_stat, __NR_lstat, __NR_readlink}) {
    rules.refuse(call, EACCES);
  }
#endif
  // glibc 2.33 to 2.38 ask for the size of an open file by newfstatat, with AT_EMPTY_PATH and an
  // empty path. That the path is empty can't be seen from here, and with another one the same call
  // tells of any file; who asks does without (Python's files, C's streams).
  for (const long call : {__NR_prctl, __NR_fcntl, __NR_newfstatat, __NR_statx}) {
    rules.refuse(call, EPERM);
  }
  rules.refuse(__NR_ioctl, ENOTTY);
  return rules.enforce();
}

}  // namespace takeback

#else

namespace takeback {

inline int forbid_system_calls() { return ENOSYS; }

}  // namespace takeback

#endif
