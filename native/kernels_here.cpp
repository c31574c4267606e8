#include "kernels.hpp"

namespace takeback {

namespace {

struct Here {
  const Kernels* all[3];
  size_t count = 0;

  Here() : all{} {
#ifdef TAKEBACK_X86_64_LEVELS
    if (__builtin_cpu_supports("x86-64-v4")) all[count++] = &kernels_avx512;
    if (__builtin_cpu_supports("x86-64-v3")) all[count++] = &kernels_avx2;
#endif
    // Without flags this is SSE2 on x86-64 and NEON on 64-bit ARM: all of them have it.
    all[count++] = &kernels_plain;
  }
};

}  // namespace

std::span<const Kernels* const> kernels_here() {
  static const Here here;
  return {here.all, here.count};
}

}  // namespace takeback
