// PDQ's box filter over float32 rows that come one after the other: along each row, and down the
// columns with only the rows under the window kept.
//
// Sums are running sums, as in the reference: one input enters, one leaves. Several rows or columns
// go side by side, but the order of operations within each is never changed.
#pragma once

#include <stddef.h>

#include "machine/instruction_set.hpp"
#include "pdq/sample_grid.hpp"

namespace takeback {
inline namespace TAKEBACK_ISA {

namespace detail {

inline constexpr size_t kBatch = 4;  // rows that are filtered side by side

// Slides the window along kBatch rows at once and hands each output's sums to keep(i, sums). The
// additions and subtractions of one row wait for each other; those of the rows beside it fill the
// wait.
template <typename Keep>
inline void slide(const float* const (&rows)[kBatch], const Window& window, Keep keep) {
  float sums[kBatch] = {};
  const auto enter = [&](size_t i) {
    for (size_t r = 0; r < kBatch; ++r) sums[r] += rows[r][i];
  };
  const auto leave = [&](size_t i) {
    for (size_t r = 0; r < kBatch; ++r) sums[r] -= rows[r][i];
  };
  const size_t first_to_leave = window.behind() + 1;
  const size_t last_to_enter = window.length - window.ahead;
  for (size_t i = 0; i < window.ahead; ++i) enter(i);
  size_t i = 0;
  for (; i < first_to_leave; ++i) {
    enter(i + window.ahead);
    keep(i, sums);
  }
  for (; i < last_to_enter; ++i) {
    enter(i + window.ahead);
    leave(i - first_to_leave);
    keep(i, sums);
  }
  for (; i < window.length; ++i) {
    leave(i - first_to_leave);
    keep(i, sums);
  }
}

// The box filter down the columns, fed one row at a time. It keeps the sum of each column and the
// rows that are still under the window.
class ColumnFilter {
 public:
  // Rows that must be kept: those under the window and the one batch that is being fed.
  static constexpr size_t ring_rows(const Window& window) { return window.full + kBatch; }
  static constexpr size_t floats(const Window& window, size_t width) {
    return (ring_rows(window) + 1) * width;
  }

  ColumnFilter(const Window& window, size_t width, float* memory)
      : window_(window), width_(width), sums_(memory), ring_(memory + width) {
    for (size_t x = 0; x < width; ++x) sums_[x] = 0.0f;
  }

  // Where the caller writes input row y before it calls enter(y).
  float* slot(size_t y) { return ring_ + (y % ring_rows(window_)) * width_; }

  // Takes input row y; emit(i, sums, count) is called for the output row that it completes.
  template <typename Emit>
  void enter(size_t y, Emit emit) {
    const float* entering = slot(y);
    if (y < window_.full) {
      for (size_t x = 0; x < width_; ++x) sums_[x] += entering[x];
    } else {
      const float* leaving = slot(y - window_.full);
      for (size_t x = 0; x < width_; ++x) {
        float sum = sums_[x];
        sum += entering[x];
        sum -= leaving[x];
        sums_[x] = sum;
      }
    }
    if (y >= window_.ahead) emit_row(y - window_.ahead, emit);
    if (y + 1 == window_.length) finish(emit);
  }

 private:
  // After the last input the window runs out over the edge.
  template <typename Emit>
  void finish(Emit& emit) {
    for (size_t i = window_.length - window_.ahead; i < window_.length; ++i) {
      const float* leaving = slot(i - window_.behind() - 1);
      for (size_t x = 0; x < width_; ++x) sums_[x] -= leaving[x];
      emit_row(i, emit);
    }
  }

  template <typename Emit>
  void emit_row(size_t i, Emit& emit) {
    emit(i, static_cast<const float*>(sums_), static_cast<float>(window_.count(i)));
  }

  Window window_;
  size_t width_;
  float* sums_;
  float* ring_;
};

}  // namespace detail
}  // namespace TAKEBACK_ISA
}  // namespace takeback
