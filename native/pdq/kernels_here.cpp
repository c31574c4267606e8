#include "pdq/kernels.hpp"

#include <vector>

#include "machine/abilities.hpp"

namespace takeback {

template <>
std::span<const Kernels* const> kernels_here() {
  static const std::vector<const Kernels*> here = [] {
    std::vector<const Kernels*> all;
#ifdef TAKEBACK_X86_64_LEVELS
    if (has_x86_64_v4()) all.push_back(&kernels_avx512);
    if (has_x86_64_v3()) all.push_back(&kernels_avx2);
#endif
    // Without flags this is SSE2 on x86-64 and NEON on 64-bit ARM: all of them have it.
    all.push_back(&kernels_plain);
    return all;
  }();
  return here;
}

}  // namespace takeback
