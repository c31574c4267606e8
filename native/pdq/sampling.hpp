// From reduced pixels straight to PDQ's samples, of the whole picture or of a part of it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "machine/instruction_set.hpp"
#include "pdq/pixels.hpp"
#include "pdq/reduced_luma.hpp"
#include "pdq/spectrum.hpp"
#include "pdq/tent_weights.hpp"

namespace takeback {

// A part of a picture in pixels of the full picture: columns left to right - 1, rows top to
// bottom - 1; not empty, and inside of it.
struct PixelBox {
  size_t left;
  size_t top;
  size_t right;
  size_t bottom;

  constexpr size_t width() const { return right - left; }
  constexpr size_t height() const { return bottom - top; }
};

inline namespace TAKEBACK_ISA {

namespace detail {

// The weighted sums of a few columns of kLanes runs of rows: [column][run].
using StripSums = float[kStrip][kLanes];

// Sums rows of pixels with a run's weights, for the kStrip columns from `x` on.
inline void sum_rows(const ReducedLuma& luma, const TentRuns& down, size_t run, size_t x,
                     StripSums& sums) {
  const float* weights = down.weights + run * down.stride;
  float strip[kStrip] = {};
  for (size_t r = 0; r < down.length[run]; ++r) {
    const uint8_t* row = luma.row(down.first[run] + r) + x;
    const float weight = weights[r];
    for (size_t i = 0; i < kStrip; ++i) strip[i] += weight * static_cast<float>(row[i]);
  }
  for (size_t i = 0; i < kStrip; ++i) sums[i][run % kLanes] = strip[i];
}

// out[r * across.count + c] = the sum of the pixels weighed by down's run r and across's run c. Both
// counts are multiples of kLanes. Everything but the pixels stays in the nearest cache: a strip of
// columns is summed down for kLanes runs, then across.
template <size_t Columns>
inline void sample(const ReducedLuma& luma, const TentRuns& down, const TentRuns& across,
                   float* out) {
  const size_t end = across.first[Columns - 1] + across.length[Columns - 1];
  const size_t latest = luma.width() > kStrip ? luma.width() - kStrip : 0;
  for (size_t block = 0; block < down.count; block += kLanes) {
    float totals[Columns][kLanes] = {};
    size_t open = 0;  // the first column whose run is not summed to its end
    for (size_t next = across.first[0]; next < end; next += kStrip) {
      const size_t x = next < latest ? next : latest;  // a strip ends where the row ends
      StripSums sums;
      for (size_t run = block; run < block + kLanes; ++run) sum_rows(luma, down, run, x, sums);
      for (size_t c = open; c < Columns && across.first[c] < next + kStrip; ++c) {
        const size_t run_begin = across.first[c];
        const size_t run_end = run_begin + across.length[c];
        const float* weights = across.weights + c * across.stride;
        const size_t from = run_begin > next ? run_begin : next;
        const size_t to = run_end < next + kStrip ? run_end : next + kStrip;
        for (size_t i = from; i < to; ++i) {
          for (size_t lane = 0; lane < kLanes; ++lane) {
            totals[c][lane] += weights[i - run_begin] * sums[i - x][lane];
          }
        }
        if (run_end <= next + kStrip && c == open) ++open;
      }
    }
    for (size_t c = 0; c < Columns; ++c) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        out[(block + lane) * Columns + c] = totals[c][lane];
      }
    }
  }
}

// Lays runs for `count` places out in lent memory.
class RunsMemory {
 public:
  static constexpr size_t floats(size_t count, size_t stride) { return count * (stride + 2); }

  static TentRuns lay_out(size_t count, size_t stride, float* memory) {
    auto* numbers = reinterpret_cast<uint32_t*>(memory + count * stride);
    return {count, stride, numbers, numbers + count, memory};
  }
};

}  // namespace detail

// How many floats sample_box needs to work with.
constexpr size_t box_workspace_floats(const ReducedLuma& luma, const PixelBox& box) {
  using namespace detail;
  const Span across{box.left, box.right, luma.scale};
  const Span down{box.top, box.bottom, luma.scale};
  return RunsMemory::floats(kSide, run_stride(across)) +
         RunsMemory::floats(kSide, run_stride(down));
}

// What PDQ sees of the picture cropped to `box`, but for what reduced pixels hide.
inline void sample_box(const ReducedLuma& luma, const PixelBox& box, float* workspace,
                       Samples& samples) {
  using namespace detail;
  const Span across{box.left, box.right, luma.scale};
  const Span down{box.top, box.bottom, luma.scale};
  const TentRuns columns = RunsMemory::lay_out(kSide, run_stride(across), workspace);
  workspace += RunsMemory::floats(kSide, columns.stride);
  const TentRuns rows = RunsMemory::lay_out(kSide, run_stride(down), workspace);
  ReferenceTents(across).write(columns);
  ReferenceTents(down).write(rows);
  sample<kSide>(luma, rows, columns, &samples[0][0]);
}

// The spectrum of a part of a picture; a part with a side under kSmallestSide has none.
inline Spectrum spectrum_of_box(const ReducedLuma& luma, const PixelBox& box, float* workspace) {
  if (box.width() < kSmallestSide || box.height() < kSmallestSide) return {};
  Samples samples;
  sample_box(luma, box, workspace, samples);
  return spectrum_of(samples);
}

}  // namespace TAKEBACK_ISA
}  // namespace takeback
