// A whole picture as 256x256 soft samples: enough to take the PDQ of any large part of it, upright
// or slightly turned, for the price of 64x64 look-ups.
//
// PDQ keeps 8 waves a side at most. Against these, tents four times as dense as PDQ's lose nothing
// that counts, so that looking between them is as good as filtering the picture anew for each view.
#pragma once

#include <stddef.h>

#include "machine/instruction_set.hpp"
#include "pdq/reduced_luma.hpp"
#include "pdq/sampling.hpp"
#include "pdq/spectrum.hpp"

namespace takeback {

inline constexpr size_t kGridSide = 256;

// Brightness, 0 to 255: [row][column]; place (i, j) is the middle of its 256th of each side.
using PictureGrid = float[kGridSide][kGridSide];

// A part of a picture: edges as shares of its sides, 0 to 1, and the sine and cosine of the angle by
// which its content is turned anticlockwise about the middle of the part before it is looked at.
struct View {
  float left;
  float top;
  float right;
  float bottom;
  float sine;
  float cosine;
};

inline namespace TAKEBACK_ISA {

// How often the reduced picture can be reduced again and still have a pixel for each sample.
constexpr size_t times_for_grid(const ReducedLuma& luma) {
  const size_t shorter = luma.width() < luma.height() ? luma.width() : luma.height();
  // 16 bits hold the sum of so many brightnesses.
  constexpr size_t most = 256;
  const size_t times = shorter / kGridSide;
  return times < 1 ? 1 : times > most ? most : times;
}

constexpr size_t grid_workspace_bytes(const ReducedLuma& luma) {
  using namespace detail;
  const size_t times = times_for_grid(luma);
  const size_t scale = luma.scale * times;
  const size_t runs = RunsMemory::floats(kGridSide, CentredTents::stride(luma.full_width, scale)) +
                      RunsMemory::floats(kGridSide, CentredTents::stride(luma.full_height, scale));
  return runs * sizeof(float) + reduction_workspace_bytes(luma) +
         LumaReducer::bytes(luma.full_width, luma.full_height, scale);
}

// `workspace` is aligned for floats.
inline void make_grid(const ReducedLuma& luma, uint8_t* workspace, PictureGrid& grid) {
  using namespace detail;
  const size_t times = times_for_grid(luma);
  const size_t scale = luma.scale * times;
  const auto runs_along = [&](size_t full) {
    const size_t stride = CentredTents::stride(full, scale);
    const TentRuns runs =
        RunsMemory::lay_out(kGridSide, stride, reinterpret_cast<float*>(workspace));
    workspace += RunsMemory::floats(kGridSide, stride) * sizeof(float);
    CentredTents(full, scale, kGridSide).write(runs);
    return runs;
  };
  const TentRuns columns = runs_along(luma.full_width);
  const TentRuns rows = runs_along(luma.full_height);
  const ReducedLuma smaller =
      times == 1 ? luma
                 : reduced_further(luma, times, workspace,
                                   workspace + reduction_workspace_bytes(luma));
  sample<kGridSide>(smaller, rows, columns, &grid[0][0]);
}

namespace detail {

// Between which two places of the grid something lies, and how far towards the second.
struct GridPlace {
  int32_t first;
  float share;
};

// `share_of_side` is 0 to 1; what lies beyond the outermost samples is taken to be as they are.
inline GridPlace grid_place(float share_of_side) {
  // A little less than the last place: there is always one beyond to look between.
  constexpr float most = static_cast<float>(kGridSide - 1) - 1.0f / 1024;
  const float place = share_of_side * kGridSide - 0.5f;
  const float inside = place < 0 ? 0 : place > most ? most : place;
  const auto first = static_cast<int32_t>(inside);
  return {first, inside - static_cast<float>(first)};
}

inline float between(float a, float b, float share) { return a + (b - a) * share; }

// Where sample `k` lies in a part of a side.
inline float share_in(float from, float to, int32_t k) {
  return from + (to - from) * (static_cast<float>(k) + 0.5f) / static_cast<float>(kSide);
}

inline void sample_upright(const PictureGrid& grid, const View& view, Samples& samples) {
  GridPlace across[kSide];
  for (int32_t k = 0; k < static_cast<int32_t>(kSide); ++k) {
    across[k] = grid_place(share_in(view.left, view.right, k));
  }
  for (size_t row = 0; row < kSide; ++row) {
    const GridPlace down =
        grid_place(share_in(view.top, view.bottom, static_cast<int32_t>(row)));
    const float* above = grid[down.first];
    const float* below = grid[down.first + 1];
    float line[kGridSide];
    for (size_t i = 0; i < kGridSide; ++i) line[i] = between(above[i], below[i], down.share);
    for (size_t column = 0; column < kSide; ++column) {
      const float* at = line + across[column].first;
      samples[row][column] = between(at[0], at[1], across[column].share);
    }
  }
}

inline void sample_turned(const PictureGrid& grid, float width, float height, const View& view,
                          Samples& samples) {
  const float middle_x = (view.left + view.right) / 2;
  const float middle_y = (view.top + view.bottom) / 2;
  for (size_t row = 0; row < kSide; ++row) {
    const float v = (share_in(view.top, view.bottom, static_cast<int32_t>(row)) - middle_y) * height;
    // Three loops, so that only the looking up is done one by one.
    int32_t at[kSide];
    float across[kSide], down[kSide];
    for (int32_t column = 0; column < static_cast<int32_t>(kSide); ++column) {
      const float u = (share_in(view.left, view.right, column) - middle_x) * width;
      // Turned back: what is now at (u, v) was there before the content was turned. Down is positive.
      const GridPlace x = grid_place(middle_x + (u * view.cosine - v * view.sine) / width);
      const GridPlace y = grid_place(middle_y + (u * view.sine + v * view.cosine) / height);
      at[column] = y.first * static_cast<int32_t>(kGridSide) + x.first;
      across[column] = x.share;
      down[column] = y.share;
    }
    float corners[4][kSide];
    for (size_t column = 0; column < kSide; ++column) {
      const float* corner = &grid[0][0] + at[column];
      corners[0][column] = corner[0];
      corners[1][column] = corner[1];
      corners[2][column] = corner[kGridSide];
      corners[3][column] = corner[kGridSide + 1];
    }
    for (size_t column = 0; column < kSide; ++column) {
      samples[row][column] =
          between(between(corners[0][column], corners[1][column], across[column]),
                  between(corners[2][column], corners[3][column], across[column]), down[column]);
    }
  }
}

}  // namespace detail

// What PDQ sees in a view of a picture of `width` by `height` pixels.
inline void sample_view(const PictureGrid& grid, float width, float height, const View& view,
                        Samples& samples) {
  if (view.sine == 0) {
    detail::sample_upright(grid, view, samples);
  } else {
    detail::sample_turned(grid, width, height, view, samples);
  }
}

}  // namespace TAKEBACK_ISA
}  // namespace takeback
