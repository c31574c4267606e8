#include "pdq/kernels.hpp"

#include <vector>

namespace takeback {

template <>
std::span<const Kernels* const> kernels_here() {
  static const std::vector<const Kernels*> here = [] {
    std::vector<const Kernels*> all;
#ifdef TAKEBACK_X86_64_LEVELS
    if (__builtin_cpu_supports("x86-64-v4")) all.push_back(&kernels_avx512);
    if (__builtin_cpu_supports("x86-64-v3")) all.push_back(&kernels_avx2);
#endif
    // Without flags this is SSE2 on x86-64 and NEON on 64-bit ARM: all of them have it.
    all.push_back(&kernels_plain);
    return all;
  }();
  return here;
}

}  // namespace takeback
