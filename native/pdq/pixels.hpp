// Pixels wherever and however they lie, and the luma of a row of them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "machine/instruction_set.hpp"

#if defined(__FAST_MATH__)
#error "Fingerprints need exact float32 arithmetic: compile without -ffast-math."
#endif

namespace takeback {

inline constexpr size_t kSmallestSide = 5;        // below it the reference gives hash 0, quality 0
inline constexpr size_t kLargestSide = 1u << 24;  // window counts stay exact as float32

// Pixels as somebody else holds them. Strides are in bytes and may be negative.
struct Pixels {
  const uint8_t* data;
  size_t width;
  size_t height;
  int channels;  // 1: grey; 3: red, green, blue; 4: the same and alpha, which is not looked at
  ptrdiff_t row_stride;
  ptrdiff_t pixel_stride;
  ptrdiff_t channel_stride;
};

inline namespace TAKEBACK_ISA {

namespace detail {

// 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded once to float32. The sum of thousandths is an
// exact integer below 2^24, and one IEEE division rounds correctly.
constexpr float luma_of(int32_t red, int32_t green, int32_t blue) {
  return static_cast<float>(299 * red + 587 * green + 114 * blue) / 1000.0f;
}

// Channels and strides known at compile time let the compiler make a fast loop of it.
template <ptrdiff_t PixelStride>
inline void luma_of_packed_row(const uint8_t* row, size_t width, float* luma) {
  for (size_t x = 0; x < width; ++x) {
    const uint8_t* p = row + static_cast<ptrdiff_t>(x) * PixelStride;
    luma[x] = luma_of(p[0], p[1], p[2]);
  }
}

inline void luma_of_row(const Pixels& pixels, size_t y, float* luma) {
  const uint8_t* row = pixels.data + static_cast<ptrdiff_t>(y) * pixels.row_stride;
  const ptrdiff_t step = pixels.pixel_stride;
  const ptrdiff_t channel = pixels.channel_stride;
  if (pixels.channels == 1) {
    for (size_t x = 0; x < pixels.width; ++x) {
      luma[x] = static_cast<float>(row[static_cast<ptrdiff_t>(x) * step]);
    }
  } else if (channel == 1 && step == 3) {
    luma_of_packed_row<3>(row, pixels.width, luma);
  } else if (channel == 1 && step == 4) {
    luma_of_packed_row<4>(row, pixels.width, luma);
  } else {
    for (size_t x = 0; x < pixels.width; ++x) {
      const uint8_t* p = row + static_cast<ptrdiff_t>(x) * step;
      luma[x] = luma_of(p[0], p[channel], p[2 * channel]);
    }
  }
}

}  // namespace detail
}  // namespace TAKEBACK_ISA
}  // namespace takeback
