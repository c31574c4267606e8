// A picture's brightness at a size at which PDQ still tells it apart: each pixel is the mean of
// `scale` x `scale` pixels of the full picture.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "machine/instruction_set.hpp"

namespace takeback {

// Below this many pixels on the short side, the mean of a few neighbours begins to hide what moves
// bits of PDQ.
inline constexpr size_t kShortestReducedSide = 512;

// Rows are read in strips of so many pixels: a shorter row must still have them to read, whatever
// they hold.
inline constexpr size_t kStrip = 64;

// Pixels as somebody else holds them, `row_stride` bytes from one row to the next: at least `width`,
// and kStrip. The last column and row may stand for fewer than `scale` pixels of the full picture.
struct ReducedLuma {
  const uint8_t* data;
  size_t row_stride;
  size_t scale;
  size_t full_width;
  size_t full_height;

  constexpr size_t width() const { return (full_width + scale - 1) / scale; }
  constexpr size_t height() const { return (full_height + scale - 1) / scale; }
  const uint8_t* row(size_t y) const { return data + y * row_stride; }
};

inline namespace TAKEBACK_ISA {

// The largest whole number by which both sides can be divided with kShortestReducedSide left.
constexpr size_t scale_for(size_t width, size_t height) {
  const size_t scale = (width < height ? width : height) / kShortestReducedSide;
  return scale > 1 ? scale : 1;
}

// Makes a ReducedLuma from the rows of brightness of a full picture, given from top to bottom.
class LumaReducer {
 public:
  static constexpr size_t stride(size_t full_width, size_t scale) {
    const size_t width = (full_width + scale - 1) / scale;
    return width > kStrip ? width : kStrip;
  }
  static constexpr size_t bytes(size_t full_width, size_t full_height, size_t scale) {
    return stride(full_width, scale) * ((full_height + scale - 1) / scale);
  }

  // `sums` are full_width floats, `memory` is `bytes(...)` of zeros; both are lent.
  LumaReducer(size_t full_width, size_t full_height, size_t scale, float* sums, uint8_t* memory)
      : full_width_(full_width),
        full_height_(full_height),
        scale_(scale),
        sums_(sums),
        memory_(memory) {}

  // Takes the next row, full_width floats of 0 to 255.
  void add(const float* luma) {
    if (rows_in_ % scale_ == 0) {
      for (size_t x = 0; x < full_width_; ++x) sums_[x] = luma[x];
    } else {
      for (size_t x = 0; x < full_width_; ++x) sums_[x] += luma[x];
    }
    ++rows_in_;
    if (rows_in_ % scale_ == 0 || rows_in_ == full_height_) finish_row();
  }

  // To be asked when all rows are in.
  ReducedLuma reduced() const {
    return {memory_, stride(full_width_, scale_), scale_, full_width_, full_height_};
  }

 private:
  void finish_row() {
    const size_t row = (rows_in_ - 1) / scale_;
    uint8_t* out = memory_ + row * stride(full_width_, scale_);
    const size_t summed = rows_in_ - row * scale_;
    const size_t whole = full_width_ / scale_;
    const float each = 1.0f / static_cast<float>(summed * scale_);
    for (size_t x = 0; x < whole; ++x) {
      float sum = 0.0f;
      for (size_t i = 0; i < scale_; ++i) sum += sums_[x * scale_ + i];
      out[x] = rounded(sum * each);
    }
    const size_t left_over = full_width_ - whole * scale_;
    if (left_over == 0) return;
    float sum = 0.0f;
    for (size_t i = 0; i < left_over; ++i) sum += sums_[whole * scale_ + i];
    out[whole] = rounded(sum / static_cast<float>(summed * left_over));
  }

  static uint8_t rounded(float mean) {
    const float up = mean + 0.5f;
    return up < 255.0f ? static_cast<uint8_t>(up) : uint8_t{255};
  }

  size_t full_width_;
  size_t full_height_;
  size_t scale_;
  float* sums_;
  uint8_t* memory_;
  size_t rows_in_ = 0;
};

namespace detail {

// The sum of `times` neighbours each. Known at compile time, it becomes a few vector instructions.
template <size_t Times>
inline void add_neighbours(const uint16_t* sums, size_t count, size_t times, uint32_t* out) {
  const size_t each = Times == 0 ? times : Times;
  for (size_t x = 0; x < count; ++x) {
    uint32_t sum = 0;
    for (size_t i = 0; i < each; ++i) sum += sums[x * each + i];
    out[x] = sum;
  }
}

}  // namespace detail

// How many bytes `reduced_further` needs to work with.
constexpr size_t reduction_workspace_bytes(const ReducedLuma& luma) {
  return luma.width() * (sizeof(uint32_t) + sizeof(uint16_t));
}

// Takes the mean of `times` x `times` reduced pixels, `times` at most 256. `workspace` is aligned for
// numbers, `memory` is LumaReducer::bytes(full_width, full_height, luma.scale * times).
inline ReducedLuma reduced_further(const ReducedLuma& luma, size_t times, uint8_t* workspace,
                                   uint8_t* memory) {
  const size_t scale = luma.scale * times;
  const ReducedLuma result{memory, LumaReducer::stride(luma.full_width, scale), scale,
                           luma.full_width, luma.full_height};
  const size_t width = luma.width();
  const size_t height = luma.height();
  const size_t whole = width / times;
  auto* totals = reinterpret_cast<uint32_t*>(workspace);
  auto* sums = reinterpret_cast<uint16_t*>(workspace + width * sizeof(uint32_t));
  for (size_t y = 0; y < result.height(); ++y) {
    const size_t rows = height - y * times < times ? height - y * times : times;
    for (size_t x = 0; x < width; ++x) sums[x] = luma.row(y * times)[x];
    for (size_t r = 1; r < rows; ++r) {
      const uint8_t* row = luma.row(y * times + r);
      for (size_t x = 0; x < width; ++x) sums[x] = static_cast<uint16_t>(sums[x] + row[x]);
    }
    if (times == 2) {
      detail::add_neighbours<2>(sums, whole, times, totals);
    } else if (times == 3) {
      detail::add_neighbours<3>(sums, whole, times, totals);
    } else {
      detail::add_neighbours<0>(sums, whole, times, totals);
    }
    uint8_t* out = memory + y * result.row_stride;
    const float each = 1.0f / static_cast<float>(rows * times);
    for (size_t x = 0; x < whole; ++x) {
      const float mean = static_cast<float>(static_cast<int32_t>(totals[x])) * each;
      out[x] = static_cast<uint8_t>(static_cast<int32_t>(mean + 0.5f));
    }
    if (whole * times < width) {
      uint32_t sum = 0;
      for (size_t x = whole * times; x < width; ++x) sum += sums[x];
      const auto count = static_cast<uint32_t>(rows * (width - whole * times));
      out[whole] = static_cast<uint8_t>((sum + count / 2) / count);
    }
  }
  return result;
}

}  // namespace TAKEBACK_ISA
}  // namespace takeback
