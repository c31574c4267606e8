// Which of the Hamming kernels this machine can run.
#include "hamming_kernels.hpp"

namespace takeback {

namespace {

struct Here {
  const HammingKernels* all[3];
  size_t count = 0;

  Here() : all{} {
#ifdef TAKEBACK_X86_64_LEVELS
    if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vpopcntdq")) {
      all[count++] = &hamming_avx512;
    }
    if (__builtin_cpu_supports("x86-64-v3")) all[count++] = &hamming_avx2;
#endif
    all[count++] = &hamming_plain;
  }
};

}  // namespace

std::span<const HammingKernels* const> hamming_kernels_here() {
  static const Here here;
  return {here.all, here.count};
}

}  // namespace takeback
