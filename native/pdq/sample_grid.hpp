// Where PDQ looks at a picture: 64x64 places, and how wide a window is averaged around each.
#pragma once

#include <stddef.h>

#include "machine/instruction_set.hpp"

namespace takeback {
inline namespace TAKEBACK_ISA {

namespace detail {

inline constexpr size_t kSide = 64;  // samples that are taken along each side after the filter

// Where row or column `k` of the 64 samples lies in a side of `length` pixels: the middle of its
// share, rounded down.
constexpr size_t sample_position(size_t k, size_t length) {
  return (2 * k + 1) * length / (2 * kSide);
}

// The window of the box filter along a side of `length` pixels. Output i is the mean of inputs
// i - behind() .. i + ahead, as far as they exist.
struct Window {
  size_t length;
  size_t full;
  size_t ahead;

  constexpr explicit Window(size_t side)
      : length(side), full((side + 2 * kSide - 1) / (2 * kSide)), ahead((full + 2) / 2 - 1) {}

  constexpr size_t behind() const { return full - 1 - ahead; }

  // How many inputs lie under the window of output i.
  constexpr size_t count(size_t i) const {
    const size_t first = i > behind() ? i - behind() : 0;
    const size_t last = i + ahead < length ? i + ahead : length - 1;
    return last - first + 1;
  }
};

}  // namespace detail
}  // namespace TAKEBACK_ISA
}  // namespace takeback
