// Which kernels the bindings call.
#pragma once

#include "kernels.hpp"

namespace takeback {

// The fastest that this machine can run, unless a test chose others.
inline const Kernels*& chosen_kernels() {
  static const Kernels* chosen = kernels_here().front();
  return chosen;
}

inline const Kernels& kernels() { return *chosen_kernels(); }

}  // namespace takeback
