#include "hamming/kernels.hpp"

#include <vector>

namespace takeback {

template <>
std::span<const HammingKernels* const> kernels_here() {
  static const std::vector<const HammingKernels*> here = [] {
    std::vector<const HammingKernels*> all;
#ifdef TAKEBACK_X86_64_LEVELS
    if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vpopcntdq")) {
      all.push_back(&hamming_avx512);
    }
    if (__builtin_cpu_supports("x86-64-v3")) all.push_back(&hamming_avx2);
#endif
    all.push_back(&hamming_plain);
    return all;
  }();
  return here;
}

}  // namespace takeback
