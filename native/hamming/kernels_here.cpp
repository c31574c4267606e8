#include "hamming/kernels.hpp"

#include <vector>

#include "machine/abilities.hpp"

namespace takeback {

template <>
std::span<const HammingKernels* const> kernels_here() {
  static const std::vector<const HammingKernels*> here = [] {
    std::vector<const HammingKernels*> all;
#ifdef TAKEBACK_X86_64_LEVELS
    if (has_x86_64_v4() && has_avx512vpopcntdq()) all.push_back(&hamming_avx512);
    if (has_x86_64_v3()) all.push_back(&hamming_avx2);
#endif
    all.push_back(&hamming_plain);
    return all;
  }();
  return here;
}

}  // namespace takeback
