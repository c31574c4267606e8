// A whole picture as 256x256 soft samples: enough to take the PDQ of any large part of it, upright
// or slightly turned, for the price of 64x64 look-ups.
//
// PDQ keeps 8 waves a side at most. Against these, tents four times as dense as PDQ's lose nothing
// that counts, so that looking between them is as good as filtering the picture anew for each view.
#pragma once

#include <stddef.h>

#include "instruction_set.hpp"
#include "reduced_luma.hpp"
#include "sampling.hpp"
#include "spectrum.hpp"

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
  return runs * sizeof(float) + luma.width() * sizeof(uint16_t) +
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
  auto* sums = reinterpret_cast<uint16_t*>(workspace);
  workspace += luma.width() * sizeof(uint16_t);
  const ReducedLuma smaller =
      times == 1 ? luma : reduced_further(luma, times, sums, workspace);
  sample<kGridSide>(smaller, rows, columns, &grid[0][0]);
}

// What PDQ sees in a view of a picture of `width` by `height` pixels. Beyond the picture's edge its
// outermost samples go on.
inline void sample_view(const PictureGrid& grid, float width, float height, const View& view,
                        Samples& samples) {
  using namespace detail;
  // A little less than the last place: there is always one beyond to look between.
  constexpr float most = static_cast<float>(kGridSide - 1) - 1.0f / 1024;
  const auto inside = [](float place) { return place < 0 ? 0 : place > most ? most : place; };
  const auto between = [](float a, float b, float share) { return a + (b - a) * share; };
  const float middle_x = (view.left + view.right) / 2;
  const float middle_y = (view.top + view.bottom) / 2;
  const float box_width = (view.right - view.left) * width;
  const float box_height = (view.bottom - view.top) * height;
  for (size_t row = 0; row < kSide; ++row) {
    const float v = ((static_cast<float>(row) + 0.5f) / kSide - 0.5f) * box_height;
    float across[kSide], down[kSide];
    int32_t at[kSide];
    for (size_t column = 0; column < kSide; ++column) {
      const float u = ((static_cast<float>(column) + 0.5f) / kSide - 0.5f) * box_width;
      // Turned back: what is now at (u, v) was there before the content was turned. Down is positive.
      const float x = middle_x + (u * view.cosine - v * view.sine) / width;
      const float y = middle_y + (u * view.sine + v * view.cosine) / height;
      const float i = inside(x * kGridSide - 0.5f);
      const float j = inside(y * kGridSide - 0.5f);
      const auto i0 = static_cast<int32_t>(i);
      const auto j0 = static_cast<int32_t>(j);
      at[column] = j0 * static_cast<int32_t>(kGridSide) + i0;
      across[column] = i - static_cast<float>(i0);
      down[column] = j - static_cast<float>(j0);
    }
    const float* here = &grid[0][0];
    for (size_t column = 0; column < kSide; ++column) {
      const float* corner = here + at[column];
      const float above = between(corner[0], corner[1], across[column]);
      const float below = between(corner[kGridSide], corner[kGridSide + 1], across[column]);
      samples[row][column] = between(above, below, down[column]);
    }
  }
}

}  // namespace TAKEBACK_ISA
}  // namespace takeback
