// The weights that lead from a row (or column) of reduced pixels straight to PDQ's samples.
//
// Two passes of a box filter are one tent-shaped filter, and PDQ looks at its output in 64 places
// only. So each sample is a weighted sum of a few pixels, and the tents of neighbouring samples
// hardly overlap: every pixel is read about once. Where a pixel stands for several of the full
// picture, it weighs what all of them would: the samples are those of the full picture, but for
// what the mean of a few neighbours hides.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "machine/instruction_set.hpp"
#include "pdq/sample_grid.hpp"

namespace takeback {
inline namespace TAKEBACK_ISA {

namespace detail {

inline constexpr size_t kLanes = 16;  // floats that are worked on side by side

// For each of `count` places a run of weights, which together make 1.
struct TentRuns {
  size_t count;
  size_t stride;     // floats from one run to the next
  uint32_t* first;   // the reduced pixel of each run's first weight
  uint32_t* length;  // how many weights each run has, up to `stride`
  float* weights;
};

// A side of a picture or a part of one, from `begin` to before `end` in pixels of the full picture, of
// which `scale` make a reduced one.
struct Span {
  size_t begin;
  size_t end;
  size_t scale;

  constexpr size_t length() const { return end - begin; }
};

// How long a run may become.
constexpr size_t run_stride(const Span& span) {
  return 2 * Window(span.length()).full / span.scale + 3;
}

// The sum of the tent's heights full - |u| over all whole u up to `x`, for -full <= x < full.
constexpr int64_t tent_up_to(int64_t x, int64_t full) {
  if (x < -full) return 0;
  if (x >= full) return full * full;
  if (x < 0) return (x + full) * (x + full + 1) / 2;
  return full * full - (full - 1 - x) * (full - x) / 2;
}

// Weights of the reference's own samples of a span: positions rounded down, windows that are half a
// pixel off where they are even, and cut off at the edge.
class ReferenceTents {
 public:
  explicit ReferenceTents(const Span& span) : span_(span), window_(span.length()) {}

  void write(const TentRuns& runs) const {
    for (size_t k = 0; k < kSide; ++k) write_run(runs, k, sample_position(k, span_.length()));
  }

 private:
  // From this width on, what is cut off at the edge weighs less than a thousandth.
  static constexpr size_t kWidestCut = 64;

  void write_run(const TentRuns& runs, size_t k, size_t at) const {
    const size_t behind = 2 * window_.behind();
    const size_t ahead = 2 * window_.ahead;
    const size_t last = span_.length() - 1;
    const size_t from = at > behind ? at - behind : 0;
    const size_t to = at + ahead < last ? at + ahead : last;
    const size_t first = (span_.begin + from) / span_.scale;
    const size_t length = (span_.begin + to) / span_.scale - first + 1;
    float* weights = runs.weights + k * runs.stride;
    runs.first[k] = static_cast<uint32_t>(first);
    runs.length[k] = static_cast<uint32_t>(length);
    const bool cut = at < behind || at + ahead > last;
    if (cut && window_.full <= kWidestCut) {
      write_cut(weights, at, first, length);
    } else {
      write_whole(weights, at, first, length, from, to);
    }
  }

  void write_whole(float* weights, size_t at, size_t first, size_t length, size_t from,
                   size_t to) const {
    const auto full = static_cast<int64_t>(window_.full);
    const auto centre = static_cast<int64_t>(at + window_.ahead) -
                        static_cast<int64_t>(window_.behind());
    const auto up_to = [&](size_t x) { return tent_up_to(static_cast<int64_t>(x) - centre, full); };
    const auto before = [&](size_t x) {
      return tent_up_to(static_cast<int64_t>(x) - 1 - centre, full);
    };
    const int64_t beginning = before(from);
    const auto all = static_cast<double>(up_to(to) - beginning);
    int64_t done = beginning;
    for (size_t i = 0; i < length; ++i) {
      const size_t end = (first + i + 1) * span_.scale - span_.begin - 1;
      const int64_t now = up_to(end < to ? end : to);
      weights[i] = static_cast<float>(static_cast<double>(now - done) / all);
      done = now;
    }
  }

  void write_cut(float* weights, size_t at, size_t first, size_t length) const {
    const size_t last = span_.length() - 1;
    for (size_t i = 0; i < length; ++i) weights[i] = 0.0f;
    const auto from = [&](size_t i) { return i > window_.behind() ? i - window_.behind() : 0; };
    const auto to = [&](size_t i) { return i + window_.ahead < last ? i + window_.ahead : last; };
    const double outer = 1.0 / static_cast<double>(window_.count(at));
    for (size_t j = from(at); j <= to(at); ++j) {
      const double inner = outer / static_cast<double>(window_.count(j));
      for (size_t t = from(j); t <= to(j); ++t) {
        weights[(span_.begin + t) / span_.scale - first] += static_cast<float>(inner);
      }
    }
  }

  Span span_;
  Window window_;
};

// Weights of `count` evenly spaced places along a whole side, where the tents are as wide as PDQ's
// but stand at the very middle of each place's share and cover parts of pixels. This is what the
// reference's samples come to in a large picture; in a small one its rounding moves them by up to
// 0.4 of their distance.
class CentredTents {
 public:
  CentredTents(size_t full, size_t scale, size_t count)
      : full_(static_cast<double>(full)),
        scale_(static_cast<double>(scale)),
        last_((full + scale - 1) / scale - 1),
        count_(static_cast<double>(count)) {}

  static constexpr size_t stride(size_t full, size_t scale) {
    return full / kSide / scale + 3;
  }

  void write(const TentRuns& runs) const {
    const double half_width = full_ / (2 * kSide);
    for (size_t k = 0; k < runs.count; ++k) {
      const double centre = (static_cast<double>(k) + 0.5) * full_ / count_;
      const size_t first = pixel_at(centre - half_width);
      const size_t length = pixel_at(centre + half_width) - first + 1;
      float* weights = runs.weights + k * runs.stride;
      const double beginning = share((edge(first) - centre) / half_width);
      const double all = share((edge(first + length) - centre) / half_width) - beginning;
      double done = beginning;
      for (size_t i = 0; i < length; ++i) {
        const double now = share((edge(first + i + 1) - centre) / half_width);
        weights[i] = static_cast<float>((now - done) / all);
        done = now;
      }
      runs.first[k] = static_cast<uint32_t>(first);
      runs.length[k] = static_cast<uint32_t>(length);
    }
  }

 private:
  size_t pixel_at(double place) const {
    if (place <= 0) return 0;
    const auto pixel = static_cast<size_t>(place / scale_);
    return pixel < last_ ? pixel : last_;
  }

  // Where pixel `i` begins; the last may be cut short by the picture's end.
  double edge(size_t i) const {
    const double place = static_cast<double>(i) * scale_;
    return place < full_ ? place : full_;
  }

  // How much of a tent of half width 1 lies left of `x`.
  static double share(double x) {
    if (x <= -1) return 0;
    if (x >= 1) return 1;
    return x < 0 ? (x + 1) * (x + 1) / 2 : 1 - (1 - x) * (1 - x) / 2;
  }

  double full_;
  double scale_;
  size_t last_;
  double count_;
};

}  // namespace detail
}  // namespace TAKEBACK_ISA
}  // namespace takeback
