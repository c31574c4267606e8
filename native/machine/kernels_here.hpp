// Kernels are compiled once for each instruction set: which of them this machine can run, and which
// the bindings call. There are two kinds, Kernels and HammingKernels.
#pragma once

#include <span>

namespace takeback {

// Those that this machine can run, the fastest first.
template <typename Kind>
std::span<const Kind* const> kernels_here();

// The fastest of them, unless a test chose others.
template <typename Kind>
const Kind*& chosen_kernels() {
  static const Kind* chosen = kernels_here<Kind>().front();
  return chosen;
}

}  // namespace takeback
